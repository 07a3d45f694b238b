package liveness

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// watched is a watch whose looks take a time and see what is set, and how many it has made.
type watched struct {
	*Watch
	takes time.Duration
	sees  error
	looks int
}

func watch() *watched {
	w := &watched{}
	w.Watch = &Watch{
		Interval: 5 * time.Second,
		Limit:    1500 * time.Millisecond,
		Log:      slog.New(slog.DiscardHandler),
		Look: func(ctx context.Context) error {
			w.looks++
			select {
			case <-time.After(w.takes):
				return w.sees
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	}
	return w
}

// ask is the status of one request.
func (w *watched) ask(t *testing.T) int {
	t.Helper()
	response, err := w.Handle(t.Context(), events.APIGatewayV2HTTPRequest{})
	require.NoError(t, err)
	return response.StatusCode
}

func TestBetweenTwoLooksTheLatestVerdictAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch()
		assert.Equal(t, http.StatusOK, w.ask(t))
		w.sees = ErrWithdrawn
		time.Sleep(5*time.Second - time.Millisecond)
		assert.Equal(t, http.StatusOK, w.ask(t), "it has not looked")
		time.Sleep(time.Millisecond)
		assert.Equal(t, http.StatusServiceUnavailable, w.ask(t))
		w.sees = nil
		assert.Equal(t, http.StatusServiceUnavailable, w.ask(t), "a bad verdict lasts as long as a good one")
		time.Sleep(5 * time.Second)
		assert.Equal(t, http.StatusOK, w.ask(t))
		assert.Equal(t, 3, w.looks)
	})
}

// Health checkers wait two seconds for a status.
func TestALookThatHangsIsOneThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch()
		w.takes = time.Hour
		start := time.Now()
		assert.Equal(t, http.StatusServiceUnavailable, w.ask(t))
		assert.Equal(t, 1500*time.Millisecond, time.Since(start))
		assert.Equal(t, http.StatusServiceUnavailable, w.ask(t))
		assert.Equal(t, 1500*time.Millisecond, time.Since(start), "nobody waits for a second one")
	})
}

func TestRequestsAtOnceWaitForOneLook(t *testing.T) {
	w := watch()
	looking, seen := make(chan struct{}), make(chan struct{})
	w.Look = func(context.Context) error {
		w.looks++
		close(looking)
		<-seen
		return ErrLost
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { assert.Equal(t, http.StatusServiceUnavailable, w.ask(t)) })
	}
	<-looking
	close(seen)
	all.Wait()
	assert.Equal(t, 1, w.looks)
}

func TestTheAnswerTellsNothingOfTheDatabase(t *testing.T) {
	w := watch()
	w.sees = errors.New("connect to aaa.dsql.us-east-1.on.aws: 10.0.0.5 refused")
	response, err := w.Handle(t.Context(), events.APIGatewayV2HTTPRequest{})
	require.NoError(t, err)
	assert.Equal(t, events.APIGatewayV2HTTPResponse{
		StatusCode: http.StatusServiceUnavailable,
		Headers:    map[string]string{"content-type": "text/plain", "cache-control": "no-store"},
		Body:       "does not serve",
	}, response)
}
