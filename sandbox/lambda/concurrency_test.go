package lambda_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/lambda"
)

// ofAccount is a Lambda in an account with this many concurrent executions.
func ofAccount(t *testing.T, concurrency int) (*world, *lambda.Service) {
	t.Helper()
	w := newWorld(t, 1)
	s := lambda.New(w.env, lambda.Deps{IAM: w.iam, Logs: w.logs, CloudWatch: w.cloudwatch, SQS: w.sqs, Dir: t.TempDir(), Concurrency: concurrency})
	t.Cleanup(s.Close)
	return w, s
}

func TestAnAccountWithLittleConcurrencyReservesNone(t *testing.T) {
	for _, c := range []struct {
		account, reserved int
		refused           string
	}{
		{account: 10, reserved: 1, refused: "below its minimum value of [10]"},
		{account: 10, reserved: 0},
		{account: 50, reserved: 1, refused: "below its minimum value of [50]"},
		{account: 110, reserved: 11, refused: "below its minimum value of [100]"},
		{account: 110, reserved: 10},
	} {
		_, s := ofAccount(t, c.account)
		_, err := s.CreateFunction(function(func(f *lambda.Function) { f.ReservedConcurrentExecutions = new(c.reserved) }))
		if c.refused == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, c.refused)
		}
		_, err = s.CreateFunction(function(func(f *lambda.Function) { f.Name = "unreserved" }))
		assert.NoError(t, err, "what reserves nothing is always accepted")
	}
}

func TestFunctionsWithoutAReservationShareWhatIsLeft(t *testing.T) {
	w, s := ofAccount(t, 2)
	entered, leave := make(chan struct{}), make(chan struct{})
	for _, name := range []string{"a", "b"} {
		_, err := s.CreateFunction(function(func(f *lambda.Function) {
			f.Name = name
			f.Stub = func(context.Context, []byte) ([]byte, error) {
				entered <- struct{}{}
				<-leave
				return nil, nil
			}
		}))
		require.NoError(t, err)
	}
	done := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := s.Invoke(context.Background(), w.iam.Admin().Principal, "a", nil, nil)
			done <- err
		}()
		<-entered
	}
	_, err := s.Invoke(t.Context(), w.iam.Admin().Principal, "b", nil, nil)
	assert.ErrorContains(t, err, "Rate Exceeded")
	close(leave)
	assert.NoError(t, <-done)
	assert.NoError(t, <-done)
}
