package region

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
)

func TestFaultsOfARegionAndOfAService(t *testing.T) {
	e := New("us-east-1", "123456789012", clock.New(1))
	require.NoError(t, e.Available("sns"))

	e.SetBroken("sns", true)
	require.ErrorIs(t, e.Available("sns"), awserr.ErrUnavailable)
	require.NoError(t, e.Available("sqs"), "another service of the region works")
	e.SetBroken("sns", false)
	require.NoError(t, e.Available("sns"))

	e.SetDown(true)
	assert.True(t, e.Down())
	require.ErrorContains(t, e.Available("sqs"), "region us-east-1 is unavailable")
	e.SetDown(false)
	require.NoError(t, e.Available("sqs"))
}

func TestNames(t *testing.T) {
	e := New("eu-west-1", "123456789012", clock.New(1))
	assert.Equal(t, "arn:aws:sns:eu-west-1:123456789012:alerts", e.ARN("sns", "alerts"))
	assert.Equal(t, "EU (Ireland)", e.DisplayName())
	assert.Equal(t, "xx-test-1", New("xx-test-1", "1", clock.New(1)).DisplayName())
}

type invoker func(function string) error

func (i invoker) InvokeAsync(_ context.Context, function string, _ []byte, _, _ string) error {
	return i(function)
}

func TestFunctionsAreReachedWhenAttachedAndUp(t *testing.T) {
	e := New("us-east-1", "123456789012", clock.New(1))
	invoke := func() error { return e.InvokeAsync(context.Background(), "f", nil, "sns.amazonaws.com", "") }
	require.ErrorIs(t, invoke(), awserr.ErrNotFound, "nothing is attached")

	var invoked []string
	e.SetInvoker(invoker(func(function string) error { invoked = append(invoked, function); return nil }))
	require.NoError(t, invoke())
	e.SetDown(true)
	require.ErrorIs(t, invoke(), awserr.ErrUnavailable)
	assert.Equal(t, []string{"f"}, invoked)
}

func TestTheLossOfARegionEndsWhatRunsInIt(t *testing.T) {
	e := New("us-east-1", "123456789012", clock.New(1))
	before := e.Power()
	require.NoError(t, before.Err())
	e.SetDown(true)
	e.SetDown(true)
	require.Error(t, before.Err())
	require.Error(t, e.Power().Err(), "nothing new runs while it is down")
	e.SetDown(false)
	require.NoError(t, e.Power().Err())
	require.Error(t, before.Err(), "what has ended does not come back")
}

func TestACutNetworkHoldsCallersUntilItIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := New("us-east-1", "123456789012", clock.New(1))
		e.SetCutOff("us-east-2", true)
		require.NoError(t, e.Reach(t.Context(), "us-west-2"))
		require.NoError(t, e.Reach(t.Context(), ""), "outside AWS")
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, e.Reach(hurried, "us-east-2"), context.DeadlineExceeded)
		begun := time.Now()
		time.AfterFunc(time.Minute, func() { e.SetCutOff("us-east-2", false) })
		require.NoError(t, e.Reach(t.Context(), "us-east-2"))
		assert.Equal(t, time.Minute, time.Since(begun))
	})
}

func TestAFunctionWritesTheTimeOfItsOwnClock(t *testing.T) {
	e := New("us-east-1", "123456789012", clock.New(1))
	e.SetSkew(-4 * time.Minute)
	now := e.Now()
	assert.Equal(t, now.Add(-4*time.Minute), e.Written(now))
}
