package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/lambda"
)

// stubbed is a function in this process that waits for as long as it is told and then answers.
func stubbed(wait time.Duration) func(*lambda.Function) {
	return func(f *lambda.Function) {
		f.Code, f.Stub = nil, func(ctx context.Context, payload []byte) ([]byte, error) {
			select {
			case <-time.After(wait):
				return payload, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
}

func TestAFunctionFailsAsItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		f := w.create(t, stubbed(0))
		invoke := func() lambda.Result {
			result, err := w.lambda.Invoke(t.Context(), w.iam.Admin().Principal, f.Name, []byte(`1`), nil)
			require.NoError(t, err)
			return result
		}
		require.NoError(t, w.lambda.SetFailing(f.Name, lambda.Crashing))
		crashed := invoke()
		assert.Equal(t, lambda.Unhandled, crashed.FunctionError)
		assert.Contains(t, string(crashed.Payload), "Runtime.ExitError")

		require.NoError(t, w.lambda.SetFailing(f.ARN, lambda.Hanging))
		begun := time.Now()
		assert.Contains(t, string(invoke().Payload), "Task timed out after 60.00 seconds")
		assert.Equal(t, time.Minute, time.Since(begun))

		require.NoError(t, w.lambda.SetFailing(f.Name, ""))
		assert.Equal(t, "1", string(invoke().Payload))
		require.ErrorContains(t, w.lambda.SetFailing("other", lambda.Crashing), "Function not found")
	})
}

// refused is an error of a function.
type refused struct{ error }

func TestAStubFailsAsItsProcessWould(t *testing.T) {
	w := newWorld(t, 1)
	var err error
	f := w.create(t, func(f *lambda.Function) {
		f.Code, f.Stub = nil, func(context.Context, []byte) ([]byte, error) { return nil, err }
	})
	for want, fails := range map[string]error{
		`{"errorType":"refused","errorMessage":"no"}`:      refused{errors.New("no")},
		`{"errorType":"errorString","errorMessage":"no"}`:  errors.New("no"),
		`{"errorType":"Runtime.ExitError","errorMessage":`: fmt.Errorf("half-way: %w", lambda.ErrExited),
	} {
		err = fails
		result, err := w.lambda.Invoke(t.Context(), w.iam.Admin().Principal, f.Name, nil, nil)
		require.NoError(t, err)
		assert.Equal(t, lambda.Unhandled, result.FunctionError)
		assert.Contains(t, string(result.Payload), want)
	}
}

func TestTheLossOfTheRegionEndsAnInvocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		f := w.create(t, stubbed(30*time.Second))
		begun := time.Now()
		time.AfterFunc(10*time.Second, func() { w.env.SetDown(true) })
		_, err := w.lambda.Invoke(t.Context(), w.iam.Admin().Principal, f.Name, nil, nil)
		require.ErrorContains(t, err, "region us-east-1 is unavailable")
		assert.Equal(t, 10*time.Second, time.Since(begun), "at once")
		w.env.SetDown(false)
		_, err = w.lambda.Invoke(t.Context(), w.iam.Admin().Principal, f.Name, nil, nil)
		require.NoError(t, err)
	})
}
