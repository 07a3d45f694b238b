package budget

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestNothingIsBegunInTheReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		time.Sleep(time.Minute - reserve - 1)
		assert.True(t, HasTime(ctx))
		time.Sleep(time.Nanosecond)
		assert.False(t, HasTime(ctx))
	})
}

func TestWithoutADeadlineThereIsTimeUntilTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	assert.True(t, HasTime(ctx))
	cancel()
	assert.False(t, HasTime(ctx))
}
