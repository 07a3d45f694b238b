package clock

import "time"

// Calendar is by which daily, weekly and monthly schedules go. It runs as the clock does, or faster: so a week can be
// lived through while probes and leases last as long as they last. Only dates go by it, no duration does.
type Calendar struct {
	origin time.Time // sandbox time at which both agreed
	speed  float64
}

// HastenCalendar makes the calendar run speed times as fast as the clock from its beginning on. It is called before
// anything goes by it.
func (c *Clock) HastenCalendar(speed float64) {
	if speed < 1 {
		panic("clock: a calendar runs as fast as the clock, or faster")
	}
	c.calendar = speed
}

// Calendar is the clock's.
func (c *Clock) Calendar() Calendar { return Calendar{c.origin, max(1, c.calendar)} }

// On is the date at a sandbox time, in that time's zone, to the microsecond: so that At and On of a date is that date.
func (c Calendar) On(t time.Time) time.Time {
	date := c.origin.Add(duration(float64(t.Sub(c.origin)) * c.speed)).In(t.Location())
	if c.speed > 1 {
		return date.Round(time.Microsecond)
	}
	return date
}

// Lasting is the sandbox time that so long takes by the calendar.
func (c Calendar) Lasting(d time.Duration) time.Duration { return duration(float64(d) / c.speed) }

// At is the sandbox time of a date.
func (c Calendar) At(date time.Time) time.Time {
	return c.origin.Add(duration(float64(date.Sub(c.origin)) / c.speed)).In(date.Location())
}
