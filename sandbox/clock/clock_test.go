package clock

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/sandbox/edge"
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

func TestTimesFarAwayStayFarAway(t *testing.T) {
	c := New(10)
	assert.True(t, c.FromWall(time.Date(6000, 1, 1, 0, 0, 0, 0, time.UTC)).After(time.Now().AddDate(200, 0, 0)))
	assert.True(t, c.FromWall(time.Time{}).Before(time.Now().AddDate(-200, 0, 0)))
}

func TestATimerThatPanicsEndsNothing(t *testing.T) {
	var said strings.Builder
	defer edge.Output(&said)()
	synctest.Test(t, func(*testing.T) {
		New(1).AfterFunc(time.Second, func() { panic("no") })
		time.Sleep(time.Minute)
	})
	assert.Contains(t, said.String(), "timer: a mistake of the sandbox's own: no")
}

func TestASpeedOfZeroIsRefused(t *testing.T) { assert.Panics(t, func() { New(0) }) }
