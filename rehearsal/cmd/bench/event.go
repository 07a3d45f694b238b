package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"aurora-dsql-dr/lambda/contract"
)

// details is free text of a client, which is stored encrypted.
const details = "forty characters of what the client said"

// order is a direct write of a new transaction.
func order(context.Context) ([]byte, error) {
	return json.Marshal(map[string]any{"operation": "write", "amount": 100.50, "details": details})
}

// eventOfDeployment is what the deployment itself has invoked the function with: the first check, the migration.
func (d *deployed) eventOfDeployment(binary string) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) {
		name, err := d.nameOf(binary)
		if err != nil {
			return nil, err
		}
		for _, r := range d.resources {
			if input, ok := r.Inputs["input"].(string); ok && r.Inputs["functionName"] == name {
				return []byte(input), nil
			}
		}
		return nil, fmt.Errorf("the deployment has not invoked %s", name)
	}
}

// unsent names a new event in the outbox to the publisher.
func (d *deployed) unsent(ctx context.Context) ([]byte, error) {
	event := created(d.region)
	if err := d.database.write(ctx, event, false); err != nil {
		return nil, err
	}
	return json.Marshal(contract.PublishEvent{IDs: []string{event.ID}})
}

// foreign is a new event of the other region, as its bus has forwarded it.
func (d *deployed) foreign(context.Context) ([]byte, error) {
	other := d.Account.Regions()[1].Name
	event := created(other)
	event.PublishedIn, event.Time = other, time.Now()
	detail, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	return json.Marshal(events.EventBridgeEvent{
		ID:         event.ID,
		Source:     contract.EventSource,
		DetailType: contract.EventTransactionCreated,
		Detail:     detail,
	})
}

// created is the event of a new transaction as it is kept in the outbox.
func created(region string) contract.TransactionCreated {
	return contract.TransactionCreated{
		Schema:        contract.EventSchema,
		ID:            uuid.NewString(),
		Region:        region,
		TransactionID: uuid.NewString(),
		Amount:        "100.50",
		AmountNumber:  100.50,
		Status:        "completed",
	}
}
