package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"aurora-dsql-dr/lambda/contract"
)

// Limits of PutEvents (EventBridge User Guide, "PutEvents" and "Calculating PutEvents event entry size"): an entry's
// size is that of its texts, and 14 bytes for its time.
const (
	maxEntries = 10
	maxBytes   = 256 << 10
	timeBytes  = 14
)

// EventBridge is the part of the EventBridge client that publishing needs.
type EventBridge interface {
	PutEvents(ctx context.Context, in *eventbridge.PutEventsInput,
		opts ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// Bus is the region's event bus.
type Bus struct {
	Client EventBridge
	// Name is the bus's name.
	Name string
	// Region is the bus's own.
	Region string
}

// Put puts a batch of events (see Batches) on the bus. It returns the IDs of those that arrived, and those that the bus
// will never take; the error names the others, each with its reason: PutEvents may refuse single entries of a call that
// succeeds.
func (b Bus) Put(ctx context.Context, batch Batch) (sent []string, never []Unsendable, err error) {
	out, err := b.Client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: b.entries(batch)})
	if err != nil {
		return nil, nil, fmt.Errorf("put %d events on the bus %s: %w", len(batch), b.Name, err)
	}
	var problems []error
	for i, e := range batch {
		if i >= len(out.Entries) {
			problems = append(problems, fmt.Errorf("event %s: the bus %s did not answer for it", e.ID, b.Name))
			continue
		}
		result := out.Entries[i]
		code := aws.ToString(result.ErrorCode)
		refusal := fmt.Sprintf("the bus %s refused it: %s: %s", b.Name, code, aws.ToString(result.ErrorMessage))
		switch {
		case result.EventId != nil:
			sent = append(sent, e.ID)
		case slices.Contains(malformed, code):
			never = append(never, Unsendable{e.ID, refusal})
		default:
			problems = append(problems, fmt.Errorf("event %s: %s", e.ID, refusal))
		}
	}
	return sent, never, errors.Join(problems...)
}

func (b Bus) entries(batch Batch) []types.PutEventsRequestEntry {
	var entries []types.PutEventsRequestEntry
	for _, e := range batch {
		entries = append(entries, types.PutEventsRequestEntry{
			EventBusName: aws.String(b.Name),
			Source:       aws.String(contract.EventSource),
			DetailType:   aws.String(contract.EventTransactionCreated),
			Time:         aws.Time(e.CreatedAt),
			Detail:       aws.String(e.Detail),
		})
	}
	return entries
}

// Batch is what one call of PutEvents takes.
type Batch []Ready

// Ready is an event with the detail to publish.
type Ready struct {
	Event
	Detail string
}

// Unsendable is an event that no later attempt can send, and why.
type Unsendable struct{ ID, Reason string }

// malformed are the error codes of an entry that is refused for what it is (EventBridge API Reference,
// PutEventsResultEntry); all others may pass.
var malformed = []string{"InvalidArgument", "MalformedDetail"}

// Batches splits events into as few batches as the limits of PutEvents allow, in their order, without those that cannot
// be sent.
func (b Bus) Batches(events []Event) ([]Batch, []Unsendable) {
	var ready []Ready
	var never []Unsendable
	for _, e := range events {
		detail, err := e.detail(b.Region, "")
		switch {
		case err != nil:
			never = append(never, Unsendable{e.ID, err.Error()})
		case size(detail) > maxBytes:
			never = append(never, Unsendable{e.ID, fmt.Sprintf("%d bytes are more than the %d that PutEvents takes",
				size(detail), maxBytes)})
		default:
			ready = append(ready, Ready{e, detail})
		}
	}
	return split(ready), never
}

// Repetitions are batches of events that another region sent, for this bus only.
func (b Bus) Repetitions(events []Sent) []Batch {
	var ready []Ready
	for _, e := range events {
		if detail, err := e.detail(e.In, b.Region); err == nil && size(detail) <= maxBytes {
			ready = append(ready, Ready{e.Event, detail})
		}
	}
	return split(ready)
}

func split(events []Ready) (batches []Batch) {
	var current Batch
	bytes := 0
	for _, e := range events {
		if len(current) == maxEntries || bytes+size(e.Detail) > maxBytes && len(current) > 0 {
			batches, current, bytes = append(batches, current), nil, 0
		}
		current, bytes = append(current, e), bytes+size(e.Detail)
	}
	if len(current) > 0 {
		batches = append(batches, current)
	}
	return batches
}

func size(detail string) int {
	return timeBytes + len(contract.EventSource) + len(contract.EventTransactionCreated) + len(detail)
}
