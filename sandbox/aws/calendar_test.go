package aws

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/sandbox/clock"
)

// What functions count by the calendar is as long to them as its hours are by the wall, and is left to them else.
func TestFunctionsAreToldHowLongTheCalendarsHoursAre(t *testing.T) {
	for _, c := range []struct {
		speed, calendar float64
		want            string
	}{{1, 1, ""}, {1, 144, "25s"}, {2, 1, "30m0s"}, {2, 144, "12.5s"}} {
		clk := clock.New(c.speed)
		clk.HastenCalendar(c.calendar)
		a := NewAccount(Options{
			Clock:             clk,
			Regions:           []string{"us-east-1"},
			CalendarDurations: map[string]time.Duration{"HOUR": time.Hour},
		})
		assert.Equal(t, c.want, a.platform()["HOUR"], "speed %g, calendar %g", c.speed, c.calendar)
		a.Close()
	}
}
