package load

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Of 100 calls that take 1 ms to 100 ms, half take 51 ms or less, and all but one 100 ms or less.
func TestQuantiles(t *testing.T) {
	var calls []time.Duration
	for i := range 100 {
		calls = append(calls, time.Duration(100-i)*time.Millisecond)
	}
	l := Of(calls, 10*time.Second)
	assert.Equal(t, 51*time.Millisecond, l.Quantile(0.5))
	assert.Equal(t, 100*time.Millisecond, l.Quantile(0.99))
	assert.Equal(t, 100*time.Millisecond, l.Quantile(1))
	assert.Equal(t, 100, l.Calls())
	assert.Equal(t, 10.0, l.PerSecond())

	one := Of(calls[:1], time.Second)
	assert.Equal(t, 100*time.Millisecond, one.Quantile(0.5))
	assert.Equal(t, 100*time.Millisecond, one.Quantile(0.99))
}

func TestClientsCallAtTheSameTimeAndTheirWarmUpIsNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		l, err := Run(t.Context(), 4, time.Second, func(context.Context) error {
			if time.Since(start) < warmUps*time.Minute {
				time.Sleep(time.Minute)
				return nil
			}
			time.Sleep(100 * time.Millisecond)
			return nil
		})
		require.NoError(t, err)
		assert.Equal(t, 40, l.Calls())
		assert.Equal(t, 100*time.Millisecond, l.Quantile(1))
		assert.Equal(t, 40.0, l.PerSecond())
	})
}

func TestTheFirstErrorEndsAllClients(t *testing.T) {
	lost := errors.New("connection lost")
	var calls atomic.Int64
	_, err := Run(t.Context(), 2, time.Hour, func(ctx context.Context) error {
		if calls.Add(1) == 2 {
			return lost
		}
		<-ctx.Done()
		return ctx.Err()
	})
	assert.ErrorIs(t, err, lost)
	assert.EqualValues(t, 2, calls.Load())
}
