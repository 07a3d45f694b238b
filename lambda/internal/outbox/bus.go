package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"aurora-dsql-dr/lambda/contract"
)

// Limits of PutEvents (EventBridge User Guide, "PutEvents" and "Calculating PutEvents event entry size"): an entry's size
// is that of its texts, and 14 bytes for its time.
const (
	maxEntries = 10
	maxBytes   = 256 << 10
	timeBytes  = 14
)

// EventBridge is the part of the EventBridge client that publishing needs.
type EventBridge interface {
	PutEvents(ctx context.Context, in *eventbridge.PutEventsInput, opts ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// Bus is the region's event bus.
type Bus struct {
	Client EventBridge
	// Name is the bus's name.
	Name string
	// Region is the bus's own.
	Region string
}

// Put puts a batch of events (see Batches) on the bus and returns the IDs of those that arrived. The error names the
// others, each with its reason: PutEvents may refuse single entries of a call that succeeds.
func (b Bus) Put(ctx context.Context, batch Batch) (sent []string, err error) {
	out, err := b.Client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: b.entries(batch)})
	if err != nil {
		return nil, fmt.Errorf("put %d events on the bus %s: %w", len(batch), b.Name, err)
	}
	var problems []error
	for i, e := range batch {
		switch {
		case i >= len(out.Entries):
			problems = append(problems, fmt.Errorf("event %s: the bus %s did not answer for it", e.ID, b.Name))
		case out.Entries[i].EventId == nil:
			result := out.Entries[i]
			problems = append(problems, fmt.Errorf("event %s: the bus %s refused it: %s: %s", e.ID, b.Name,
				aws.ToString(result.ErrorCode), aws.ToString(result.ErrorMessage)))
		default:
			sent = append(sent, e.ID)
		}
	}
	return sent, errors.Join(problems...)
}

func (b Bus) entries(batch Batch) []types.PutEventsRequestEntry {
	var entries []types.PutEventsRequestEntry
	for _, e := range batch {
		entries = append(entries, types.PutEventsRequestEntry{
			EventBusName: aws.String(b.Name), Source: aws.String(contract.EventSource), DetailType: aws.String(contract.EventTransactionCreated),
			Time: aws.Time(e.CreatedAt), Detail: aws.String(e.Detail),
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

// Batches splits events into as few batches as the limits of PutEvents allow, in their order. The error names events that
// cannot be read, which are left out.
func (b Bus) Batches(events []Event) ([]Batch, error) {
	var batches []Batch
	var problems []error
	var current Batch
	bytes := 0
	for _, e := range events {
		detail, err := e.detail(b.Region)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		size := timeBytes + len(contract.EventSource) + len(contract.EventTransactionCreated) + len(detail)
		if len(current) == maxEntries || bytes+size > maxBytes && len(current) > 0 {
			batches, current, bytes = append(batches, current), nil, 0
		}
		current, bytes = append(current, Ready{e, detail}), bytes+size
	}
	if len(current) > 0 {
		batches = append(batches, current)
	}
	return batches, errors.Join(problems...)
}
