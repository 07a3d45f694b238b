package scheduler

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
)

// A calendar that runs 144 times as fast has a day in ten minutes: each date is due once, and nothing else is hastened.
func TestDatesGoByTheCalendar(t *testing.T) {
	c := clock.New(1)
	begun := c.Now()
	c.HastenCalendar(144)
	daily, err := parseExpression("cron(0 3 * * ? *)", time.UTC)
	require.NoError(t, err)
	due := hastened(daily, c.Calendar())
	at, ok := due.next(begun, begun)
	require.True(t, ok)
	assert.LessOrEqual(t, at.Sub(begun), 10*time.Minute)
	for range 3 {
		next, ok := due.next(at, begun)
		require.True(t, ok)
		assert.InDelta(t, 600, next.Sub(at).Seconds(), 0.001)
		at = next
	}
	hourly, err := parseExpression("rate(1 hour)", time.UTC)
	require.NoError(t, err)
	assert.Equal(t, hourly, hastened(hourly, c.Calendar()), "a period is a duration")
}
