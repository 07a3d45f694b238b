package lambda

import (
	"context"
	"fmt"
)

// run calls the stub as the process would be: its error and its panic become the function's, and it cannot outlast its
// timeout, though what it has started goes on.
func (stub Stub) run(ctx context.Context, payload []byte) (reply, error) {
	done := make(chan reply, 1)
	go func() {
		defer func() {
			if reason := recover(); reason != nil {
				done <- reply{failed: true, payload: errorPayload("Runtime.Panic", fmt.Sprint(reason))}
			}
		}()
		answer, err := stub(ctx, payload)
		if err != nil {
			done <- reply{failed: true, payload: errorPayload("errorString", err.Error())}
			return
		}
		done <- reply{payload: answer}
	}()
	select {
	case r := <-done:
		return r, context.Cause(ctx) // an answer that is late is none
	case <-ctx.Done():
		return reply{}, context.Cause(ctx)
	}
}
