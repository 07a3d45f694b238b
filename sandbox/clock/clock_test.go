package clock

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAFastClockLivesAnHourInSixMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wall, c := time.Now(), New(10)
		start := c.Now()
		assert.NoError(t, c.Sleep(context.Background(), time.Hour))
		assert.Equal(t, time.Hour, c.Since(start))
		assert.Equal(t, 6*time.Minute, time.Since(wall))
		assert.Equal(t, time.Now(), c.ToWall(c.Now()), "there and back again is the same moment")
	})
}

func TestSleepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		assert.ErrorIs(t, New(1).Sleep(ctx, time.Hour), context.DeadlineExceeded)
	})
}

func TestASpeedOfZeroIsRefused(t *testing.T) { assert.Panics(t, func() { New(0) }) }
