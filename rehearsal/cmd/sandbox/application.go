package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"aurora-dsql-dr/rehearsal"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/rehearsal/workload"
)

// eventPatience is how long the demonstration waits for an event: a publisher that missed it runs every minute.
const eventPatience = 90 * time.Second

// recorded is a transaction as the application's API answers it.
type recorded struct {
	ID     string `json:"transaction_id"`
	Amount string `json:"amount"`
	Region string `json:"region"`
}

// useApplication writes through the API of one region, reads through that of the other, and follows the event into
// both.
func useApplication(ctx context.Context, p *printer, stage rehearsal.Stage) error {
	here, there := stack.Places()["primary"], stack.Places()["secondary"]
	done := p.begin("The application: writing in " + here + ", reading in " + there)
	defer done("")
	const id = "demo-001"
	begun := time.Now()
	order := map[string]string{
		"transaction_id": id,
		"amount":         "100.50",
		"details":        "a demonstration",
	}
	if _, err := call(ctx, stage, here, http.MethodPost, "/transactions", order); err != nil {
		return err
	}
	written := time.Now()
	found, err := call(ctx, stage, there, http.MethodGet, "/transactions/"+id, nil)
	if err != nil {
		return err
	}
	writing := millis(float64(written.Sub(begun).Milliseconds()))
	reading := millis(float64(time.Since(written).Milliseconds()))
	done(fmt.Sprintf("%s over %s, written in %s in %s, read in %s in %s",
		found.ID, found.Amount, found.Region, writing, there, reading))
	return awaitEvent(ctx, p, stage, id, written)
}

// awaitEvent waits until the event of a transaction is in the queues of both regions.
func awaitEvent(ctx context.Context, p *printer, stage rehearsal.Stage, id string, written time.Time) error {
	done := p.begin("Its event: through the outbox onto the bus of its region, and from there onto the other's")
	defer done("")
	ctx, cancel := context.WithTimeout(ctx, eventPatience)
	defer cancel()
	events := workload.NewEvents(stage.Sandbox, stage.Queues())
	go events.Follow(ctx)
	arrivals := events.Await(ctx, map[string]time.Time{id: written})
	if len(arrivals.Missing) > 0 {
		return fmt.Errorf("the event of %s has not arrived: %v", id, arrivals.Missing)
	}
	done("arrived in both regions")
	return nil
}

// call sends a request to a region's API as the account's administrator.
func call(
	ctx context.Context, stage rehearsal.Stage, region, method, path string, body any,
) (found recorded, err error) {
	caller, err := stack.Caller(stage.Sandbox, stage.Outputs, region)
	if err != nil {
		return found, err
	}
	status, answer, err := caller.Call(ctx, method, stage.Outputs.TransactionAPIURLs[region]+path, body)
	if err != nil {
		return found, err
	}
	if status >= http.StatusMultipleChoices {
		return found, fmt.Errorf("%s %s in %s answers %d: %s", method, path, region, status, answer)
	}
	return found, json.Unmarshal(answer, &found)
}
