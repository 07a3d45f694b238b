package function

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// runtimeAPI is the Lambda Runtime API of one function ("Using the Lambda runtime API", Lambda Developer Guide).
type runtimeAPI struct {
	address string
	server  *http.Server
	polled  chan struct{}
	events  chan []byte
	replies chan error
}

func serve() (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &runtimeAPI{
		address: listener.Addr().String(),
		polled:  make(chan struct{}, 1),
		events:  make(chan []byte),
		replies: make(chan error, 1),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", a.reply(answered))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", a.reply(failed))
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	go func() { _ = a.server.Serve(listener) }() // ends with close
	return a, nil
}

func (a *runtimeAPI) close() { _ = a.server.Close() }

func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	select {
	case a.polled <- struct{}{}:
	default: // nobody waits for a later poll
	}
	select {
	case event := <-a.events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "bench")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(patience).UnixMilli(), 10))
		_, _ = w.Write(event)
	case <-r.Context().Done():
	}
}

func (a *runtimeAPI) reply(judge func(body []byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = judge(body)
		}
		a.replies <- err
		w.WriteHeader(http.StatusAccepted)
	}
}

// answered judges an answer: one that has a status code must not be a refusal, whose cost says nothing about the work.
func answered(body []byte) error {
	var answer struct{ StatusCode int }
	if json.Unmarshal(body, &answer) == nil && answer.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("the function refused the event: %s", body)
	}
	return nil
}

func failed(body []byte) error { return fmt.Errorf("the function failed: %s", body) }

func (a *runtimeAPI) awaitPoll(ctx context.Context) error {
	select {
	case <-a.polled:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the function never asked for work: %w", context.Cause(ctx))
	}
}

// call gives the function an event and waits for its answer.
func (a *runtimeAPI) call(ctx context.Context, event []byte) error {
	select {
	case a.events <- event:
	case <-ctx.Done():
		return fmt.Errorf("the function does not ask for more work: %w", context.Cause(ctx))
	}
	select {
	case err := <-a.replies:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the function does not answer: %w", context.Cause(ctx))
	}
}
