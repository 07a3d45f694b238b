package lambda

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
)

// ErrExited is what a Stub returns where its process would have been killed: it has done what it has done, and answers
// nothing.
var ErrExited error = &fault{"Runtime.ExitError", "Runtime exited with error: signal: killed"}

// ending is how a call of a Stub ended.
type ending struct {
	reply
	err error
}

// run calls the stub as the process would be: its error and its panic become the function's, and it cannot outlast its
// timeout, though what it has started goes on.
func (stub Stub) run(ctx context.Context, payload []byte) (reply, error) {
	done := make(chan ending, 1)
	go func() {
		defer func() {
			if reason := recover(); reason != nil {
				done <- ending{reply: failure("Runtime.Panic", fmt.Sprint(reason))}
			}
		}()
		answer, err := stub(ctx, payload)
		switch {
		case errors.Is(err, ErrExited):
			done <- ending{err: ErrExited}
		case err != nil:
			done <- ending{reply: failure(typeName(err), err.Error())}
		default:
			done <- ending{reply: reply{payload: answer}}
		}
	}()
	select {
	case e := <-done:
		return e.reply, cmp.Or(context.Cause(ctx), e.err) // an answer that is late is none
	case <-ctx.Done():
		return reply{}, context.Cause(ctx)
	}
}

func failure(errorType, message string) reply {
	return reply{failed: true, payload: errorPayload(errorType, message)}
}

// typeName is what Lambda calls an error of a function in Go: the name of its type (aws-lambda-go, getErrorType).
func typeName(err error) string {
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}
