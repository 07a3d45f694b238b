package service

import (
	"context"
	"encoding/json"
	"net/http"

	"aurora-dsql-dr/lambda/internal/transaction"
)

// DirectAnswer answers a direct invocation.
type DirectAnswer struct {
	StatusCode int `json:"statusCode"`
	// Body is JSON text: a directBody, or a problem.
	Body string `json:"body"`
}

type directBody struct {
	Message          string `json:"message"`
	TransactionID    string `json:"transaction_id,omitempty"`
	TransactionCount *int64 `json:"transaction_count,omitempty"`
	Region           string `json:"region"`
}

// direct answers {"operation": "write", "transaction_id": …, "amount": …} and {"operation": "read"}.
func (s *Service) direct(ctx context.Context, payload []byte) (DirectAnswer, int, error) {
	operation, order, err := transaction.DecodeEvent(payload)
	switch {
	case err != nil:
		return s.directProblem(ctx, err, "", 0)
	case operation == transaction.Write:
		return s.directWrite(ctx, order)
	default:
		return s.directRead(ctx)
	}
}

func (s *Service) directWrite(ctx context.Context, order transaction.Order) (DirectAnswer, int, error) {
	written, err := s.write(ctx, &order)
	if err != nil {
		return s.directProblem(ctx, err, order.ID, written.Retries)
	}
	status, message := http.StatusOK, "Transaction was recorded before"
	if written.EventID != "" {
		message = "Transaction recorded"
	}
	answer, err := directAnswer(status, directBody{Message: message, TransactionID: order.ID, Region: s.Region})
	return answer, written.Retries, err
}

func (s *Service) directRead(ctx context.Context) (DirectAnswer, int, error) {
	count, err := s.Ledger.Count(ctx)
	if err != nil {
		return s.directProblem(ctx, err, "", 0)
	}
	answer, err := directAnswer(http.StatusOK, directBody{
		Message:          "Transactions counted",
		TransactionCount: &count,
		Region:           s.Region,
	})
	return answer, 0, err
}

func (s *Service) directProblem(ctx context.Context, err error, id string, retries int) (DirectAnswer, int, error) {
	p := problemOf(err)
	if p == nil {
		return DirectAnswer{}, retries, err
	}
	s.explain(ctx, p, err, id)
	answer, err := directAnswer(p.Status, p)
	return answer, retries, err
}

func directAnswer(status int, body any) (DirectAnswer, error) {
	text, err := json.Marshal(body)
	return DirectAnswer{StatusCode: status, Body: string(text)}, err
}

// explain logs a failure whose cause the client is not told in full, and tells the client how to learn the outcome of
// an order.
func (s *Service) explain(ctx context.Context, p *problem, err error, id string) {
	if p.Status < http.StatusInternalServerError {
		return
	}
	s.Log.WarnContext(ctx, "request refused", "status", p.Status, "transaction", id, "error", err)
	if id != "" {
		p.TransactionID = id
		p.Detail += "; send the order again with its transaction_id, which records it once"
	}
}
