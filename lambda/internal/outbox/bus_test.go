package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/outbox"
)

// client is EventBridge as answer has it.
type client func(entries []types.PutEventsRequestEntry) ([]types.PutEventsResultEntry, error)

func (c client) PutEvents(
	_ context.Context, in *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options),
) (*eventbridge.PutEventsOutput, error) {
	results, err := c(in.Entries)
	if err != nil {
		return nil, err
	}
	out := &eventbridge.PutEventsOutput{Entries: results}
	for _, r := range results {
		if r.EventId == nil {
			out.FailedEntryCount++
		}
	}
	return out, nil
}

func accepted(entries []types.PutEventsRequestEntry) []types.PutEventsResultEntry {
	results := make([]types.PutEventsResultEntry, len(entries))
	for i := range results {
		results[i].EventId = aws.String(fmt.Sprint(i))
	}
	return results
}

func event(id, text string) outbox.Event {
	body, _ := json.Marshal(contract.TransactionCreated{
		Schema:        1,
		ID:            id,
		Region:        "us-east-2",
		TransactionID: text,
		Amount:        "100.50",
		AmountNumber:  100.5,
		Status:        "completed",
	})
	return outbox.Event{
		ID:            id,
		Region:        "us-east-2",
		TransactionID: text,
		Body:          string(body),
		CreatedAt:     time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC),
	}
}

func TestAnEventSaysWhereItWasPublishedAndWhenItWasBorn(t *testing.T) {
	var put []types.PutEventsRequestEntry
	bus := outbox.Bus{
		Name:   "application",
		Region: "us-east-1",
		Client: client(func(entries []types.PutEventsRequestEntry) ([]types.PutEventsResultEntry, error) {
			put = entries
			return accepted(entries), nil
		}),
	}
	batches, never := bus.Batches([]outbox.Event{event("a", "test-001")})
	assert.Empty(t, never)
	sent, never, err := bus.Put(t.Context(), batches[0])
	require.NoError(t, err)
	assert.Empty(t, never)
	assert.Equal(t, []string{"a"}, sent)

	require.Len(t, put, 1)
	assert.Equal(t, []string{"application", "dsql.application", "Transaction Created"},
		[]string{*put[0].EventBusName, *put[0].Source, *put[0].DetailType})
	assert.Equal(t, time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC), *put[0].Time)
	assert.JSONEq(t,
		`{"schema":1,"id":"a","region":"us-east-2","publishedIn":"us-east-1","time":"2026-01-02T03:04:05.678Z",
		"transactionId":"test-001","amount":"100.50","amountNumber":100.5,"status":"completed"}`, *put[0].Detail)
}

func TestBatchesKeepTheLimitsOfPutEvents(t *testing.T) {
	bus := outbox.Bus{Name: "application", Region: "us-east-1"}
	sizes := func(events ...outbox.Event) []int {
		batches, never := bus.Batches(events)
		assert.Empty(t, never)
		var sizes []int
		for _, b := range batches {
			bytes := 0
			for _, e := range b {
				bytes += 14 + len(contract.EventSource) + len(contract.EventTransactionCreated) + len(e.Detail)
			}
			assert.LessOrEqual(t, bytes, 256<<10)
			sizes = append(sizes, len(b))
		}
		return sizes
	}
	small := make([]outbox.Event, 25)
	for i := range small {
		small[i] = event(fmt.Sprint(i), "x")
	}
	large := event("large", strings.Repeat("x", 100<<10))
	assert.Equal(t, []int{10, 10, 5}, sizes(small...))
	assert.Equal(t, []int{10}, sizes(small[:10]...))
	assert.Equal(t, []int{2, 2, 1}, sizes(large, large, large, large, large))
	assert.Empty(t, sizes())
}

func TestAnEventThatCannotBeSentHoldsUpNoOther(t *testing.T) {
	broken := event("broken", "x")
	broken.Body = "{"
	large := event("large", strings.Repeat("x", 256<<10))
	batches, never := outbox.Bus{}.Batches([]outbox.Event{event("a", "x"), broken, large, event("b", "x")})
	require.Len(t, batches, 1)
	assert.Len(t, batches[0], 2)
	require.Len(t, never, 2)
	assert.Equal(t, []string{"broken", "large"}, []string{never[0].ID, never[1].ID})
	assert.Contains(t, never[0].Reason, "body: unexpected end of JSON input")
	assert.Contains(t, never[1].Reason, "are more than the 262144 that PutEvents takes")
}

func TestRefusedEntriesAreNotTakenForSent(t *testing.T) {
	bus := outbox.Bus{
		Name: "application",
		Client: client(func(entries []types.PutEventsRequestEntry) ([]types.PutEventsResultEntry, error) {
			results := accepted(entries)[:4]
			results[1] = types.PutEventsResultEntry{
				ErrorCode:    aws.String("ThrottlingException"),
				ErrorMessage: aws.String("slow down"),
			}
			results[2] = types.PutEventsResultEntry{
				ErrorCode:    aws.String("MalformedDetail"),
				ErrorMessage: aws.String("Detail is malformed."),
			}
			return results, nil
		}),
	}
	batches, _ := bus.Batches([]outbox.Event{event("a", "x"), event("b", "x"), event("c", "x"), event("d", "x"),
		event("e", "x")})
	sent, never, err := bus.Put(t.Context(), batches[0])
	assert.Equal(t, []string{"a", "d"}, sent)
	assert.Equal(t, []outbox.Unsendable{{
		ID:     "c",
		Reason: "the bus application refused it: MalformedDetail: Detail is malformed.",
	}}, never)
	assert.EqualError(t, err,
		"event b: the bus application refused it: ThrottlingException: slow down\n"+
			"event e: the bus application did not answer for it")

	bus.Client = client(func([]types.PutEventsRequestEntry) ([]types.PutEventsResultEntry, error) {
		return nil, errors.New("no route")
	})
	sent, never, err = bus.Put(t.Context(), batches[0])
	assert.Empty(t, sent)
	assert.Empty(t, never, "what was not answered may pass another time")
	assert.EqualError(t, err, "put 5 events on the bus application: no route")
}

func TestARepetitionIsForTheOwnBusOnly(t *testing.T) {
	bus := outbox.Bus{Name: "application", Region: "us-east-1"}
	batches := bus.Repetitions([]outbox.Sent{{Event: event("a", "test-001"), In: "us-east-2"}})
	require.Len(t, batches, 1)
	var detail contract.TransactionCreated
	require.NoError(t, json.Unmarshal([]byte(batches[0][0].Detail), &detail))
	assert.Equal(t, "us-east-2", detail.PublishedIn, "or it would be forwarded back")
	assert.Equal(t, "us-east-1", detail.CaughtUpIn, "consumers may tell")
}
