// Package liveness answers whether a region serves, for health checkers that ask often and from everywhere: a
// function's environment looks at its endpoint now and then, within a request, and answers with what it saw.
package liveness

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Watch remembers what the latest look saw. It is safe for concurrent use.
type Watch struct {
	// Look is why the region does not serve, nil if it does.
	Look func(context.Context) error
	// Interval is the least time between two looks, Limit bounds one.
	Interval, Limit time.Duration
	Log             *slog.Logger

	mu      sync.Mutex // held through a look: who asks meanwhile waits for what it sees
	looked  time.Time
	problem error
}

// Handle answers a request of the HTTP API, whatever it asks: 200 or 503, and nothing of why.
func (w *Watch) Handle(
	ctx context.Context, _ events.APIGatewayV2HTTPRequest,
) (events.APIGatewayV2HTTPResponse, error) {
	response := events.APIGatewayV2HTTPResponse{
		StatusCode: http.StatusOK,
		Headers:    map[string]string{"content-type": "text/plain", "cache-control": "no-store"},
		Body:       "serves",
	}
	if w.verdict(ctx) != nil {
		response.StatusCode, response.Body = http.StatusServiceUnavailable, "does not serve"
	}
	return response, nil
}

// verdict is that of the latest look, or of one made now if that is an interval ago. The wall clock tells: the other
// one may stand still while the environment is frozen. An age that is negative, when the clock was set, is no age.
func (w *Watch) verdict(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now().Round(0)
	if age := now.Sub(w.looked); age >= 0 && age < w.Interval {
		return w.problem
	}
	ctx, cancel := context.WithTimeout(ctx, w.Limit)
	defer cancel()
	before := w.problem
	w.problem, w.looked = w.Look(ctx), now
	switch {
	case w.problem != nil && before == nil:
		w.Log.Warn("the region does not serve", "cause", w.problem)
	case w.problem == nil && before != nil:
		w.Log.Info("the region serves again")
	}
	return w.problem
}
