package clock

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestACalendarRunsAsTheClockDoesOrFaster(t *testing.T) {
	c := New(1)
	plain := c.Calendar()
	later := c.Now().Add(36 * time.Hour)
	assert.True(t, later.Equal(plain.On(later)))
	assert.True(t, later.Equal(plain.At(later)))

	c.HastenCalendar(144)
	fast := c.Calendar()
	begun := c.origin
	date := begun.AddDate(0, 0, 7).Truncate(time.Hour)
	assert.InDelta(t, 70*60, fast.At(date).Sub(begun).Seconds(), 25, "a day takes ten minutes")
	assert.True(t, date.Equal(fast.On(fast.At(date))))
	assert.Equal(t, 25*time.Second, fast.Lasting(time.Hour))
	assert.Equal(t, time.Hour, plain.Lasting(time.Hour))
	zone := time.FixedZone("there", 3600)
	assert.Equal(t, zone, fast.On(begun.In(zone)).Location())
	assert.Panics(t, func() { c.HastenCalendar(0.5) })
}
