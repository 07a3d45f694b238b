package projection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/transaction"
)

// Processor consumes the application's events from the bus of one region. An error makes Lambda try the event again
// and, in the end, put it to the dead letters.
type Processor struct {
	Database Database
	Region   string
	// Conflicts bounds the repetition of an insertion that lost a conflict.
	Conflicts dsqlconn.Policy
	// RecordDelay takes the time from the birth of an event of the other region to its processing here.
	RecordDelay func(time.Duration) error
}

// Process records one event.
func (p Processor) Process(ctx context.Context, envelope events.EventBridgeEvent) error {
	event, err := decode(envelope)
	if err != nil {
		return err
	}
	if _, err := Record(ctx, p.Database, p.Conflicts, event, p.Region); err != nil {
		return err
	}
	if event.Region == p.Region {
		return nil
	}
	// two clocks: a delay below their difference may come out negative
	return p.RecordDelay(max(0, time.Since(event.Time)))
}

// decode refuses what is not an event of the known schema. Members that it does not know are fine: they may be added
// without a new schema.
func decode(envelope events.EventBridgeEvent) (contract.TransactionCreated, error) {
	var event contract.TransactionCreated
	if envelope.Source != contract.EventSource || envelope.DetailType != contract.EventTransactionCreated {
		return event, fmt.Errorf("event %s: source %q, detail type %q: want %q, %q; correct the rule that sends it",
			envelope.ID, envelope.Source, envelope.DetailType, contract.EventSource, contract.EventTransactionCreated)
	}
	if err := json.Unmarshal(envelope.Detail, &event); err != nil {
		return event, fmt.Errorf("event %s: detail: %w", envelope.ID, err)
	}
	var problems []error
	if event.Schema != contract.EventSchema {
		problems = append(problems, fmt.Errorf("schema %d: want %d", event.Schema, contract.EventSchema))
	}
	if _, err := uuid.Parse(event.ID); err != nil {
		problems = append(problems, fmt.Errorf("id %q: %w", event.ID, err))
	}
	if event.Region == "" {
		problems = append(problems, errors.New("region: missing"))
	}
	if event.Time.IsZero() {
		problems = append(problems, errors.New("time: missing"))
	}
	if _, err := transaction.ParseAmount(event.Amount); err != nil {
		problems = append(problems, fmt.Errorf("amount %q: %w", event.Amount, err))
	}
	if len(problems) > 0 {
		return event, fmt.Errorf("event %s: detail: %w", envelope.ID, errors.Join(problems...))
	}
	return event, nil
}
