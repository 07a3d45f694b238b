// Package service is the transaction service: one Lambda handler for the HTTP API and for direct invocations.
package service

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/emf"
	"aurora-dsql-dr/lambda/internal/ledger"
	"aurora-dsql-dr/lambda/internal/transaction"
)

// Service answers requests. It is safe for concurrent use.
type Service struct {
	Ledger *ledger.Ledger
	// Region is the function's own.
	Region string
	// Notify asks for an event to be published. Its failure costs time, not the event: the publisher's schedule finds it.
	Notify func(ctx context.Context, eventID string) error
	// RequestLimit bounds the work on one request.
	RequestLimit time.Duration
	// Metrics takes lines of the embedded metric format.
	Metrics io.Writer
	Log     *slog.Logger
}

// Invoke answers an invocation: an HTTP API's request (payload format 2.0) with events.APIGatewayV2HTTPResponse,
// anything else as a direct invocation with DirectAnswer. What the client did wrong and what will pass is an answer; an
// error is a failure that somebody must look at, and Lambda counts it.
func (s *Service) Invoke(ctx context.Context, payload json.RawMessage) (any, error) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, s.RequestLimit)
	defer cancel()
	response, retries, err := s.dispatch(ctx, payload)
	s.record(start, retries)
	if err != nil {
		return nil, err
	}
	return response, nil
}

func (s *Service) dispatch(ctx context.Context, payload []byte) (response any, retries int, err error) {
	var request events.APIGatewayV2HTTPRequest
	if json.Unmarshal(payload, &request) == nil && request.RequestContext.HTTP.Method != "" {
		return s.serve(ctx, request)
	}
	return s.direct(ctx, payload)
}

func (s *Service) record(start time.Time, retries int) {
	open := 0.0
	if s.Ledger.Database.Open() {
		open = 1
	}
	s.measure(map[string]emf.Metric{
		contract.MetricTransactionLatency: {Unit: emf.Milliseconds, Values: []float64{emf.Millis(time.Since(start))}},
		contract.MetricBreakerOpen:        {Unit: emf.Count, Values: []float64{open}},
		contract.MetricConflictRetries:    {Unit: emf.Count, Values: []float64{float64(retries)}},
	})
}

// count is for what should not happen: without it there is no sample.
func (s *Service) count(metric string, n int) {
	if n > 0 {
		s.measure(map[string]emf.Metric{metric: {Unit: emf.Count, Values: []float64{float64(n)}}})
	}
}

func (s *Service) measure(metrics map[string]emf.Metric) {
	now := time.Now()
	line := emf.Line{
		Namespace:  contract.ApplicationNamespace,
		Dimensions: contract.ApplicationDimensions(s.Region),
		Metrics:    metrics,
	}
	if err := line.Write(s.Metrics, now); err != nil {
		s.Log.Warn("metrics of a request are lost", "error", err)
	}
}

// write records an order, under an ID that is made up if it brings none, and asks for its event to be published.
func (s *Service) write(ctx context.Context, order *transaction.Order) (ledger.Written, error) {
	if order.ID == "" {
		id, err := transaction.NewID()
		if err != nil {
			return ledger.Written{}, fmt.Errorf("new ID: %w", err)
		}
		order.ID = id
	}
	written, err := s.Ledger.Write(ctx, *order)
	if err == nil && written.EventID != "" {
		if err := s.Notify(ctx, written.EventID); err != nil {
			s.Log.WarnContext(ctx, "the publisher was not invoked, its schedule will find the event", "event", written.EventID,
				"error", err)
		}
	}
	return written, err
}
