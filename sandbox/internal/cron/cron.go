// Package cron reads AWS's cron expressions, which have six fields and the wildcards ? L W #, and says when they fire
// ("Cron expressions reference", Amazon EventBridge User Guide; EventBridge Scheduler and AWS Backup use the same).
package cron

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are known wherever the sandbox runs
)

// Schedule is a parsed expression. Create it with Parse.
type Schedule struct {
	minutes, hours, months, years []int
	// day says whether a date, at midnight UTC, is one of its days, whatever the month.
	day func(time.Time) bool
}

// last is the last year of a schedule.
const last = 2199

var (
	minutes     = field{name: "minutes", min: 0, max: 59, steps: true}
	hours       = field{name: "hours", min: 0, max: 23, steps: true}
	daysOfMonth = field{name: "day-of-month", min: 1, max: 31, steps: true}
	months      = field{
		name:  "month",
		min:   1,
		max:   12,
		words: []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"},
		steps: true,
	}
	daysOfWeek = field{
		name:  "day-of-week",
		min:   1,
		max:   7,
		words: []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"},
	}
	years = field{name: "year", min: 1970, max: last, steps: true}
)

// Parse reads "cron(0 3 * * ? *)". The error lists every problem.
func Parse(expression string) (Schedule, error) {
	inner, opened := strings.CutPrefix(expression, "cron(")
	inner, closed := strings.CutSuffix(inner, ")")
	fields := strings.Fields(inner)
	if !opened || !closed || len(fields) != 6 {
		return Schedule{}, fmt.Errorf("expression is %q: want cron(minutes hours day-of-month month day-of-week year)",
			expression)
	}
	var s Schedule
	var problems [5]error
	s.minutes, problems[0] = minutes.parse(fields[0])
	s.hours, problems[1] = hours.parse(fields[1])
	s.months, problems[2] = months.parse(fields[3])
	s.day, problems[3] = parseDays(fields[2], fields[4])
	s.years, problems[4] = years.parse(fields[5])
	if err := errors.Join(problems[:]...); err != nil {
		return Schedule{}, fmt.Errorf("expression is %q: %w", expression, err)
	}
	return s, nil
}

// Next is the first time after a time at which the schedule fires, by the clocks of that time's location; false if
// there is none. A time that clocks skip is skipped, and one that they show twice fires once ("Daylight savings time on
// EventBridge Scheduler", EventBridge Scheduler User Guide).
func (s Schedule) Next(after time.Time) (time.Time, bool) {
	year, month, date := after.Date()
	for day := time.Date(year, month, date, 0, 0, 0, 0, time.UTC); day.Year() <= last; day = day.AddDate(0, 0, 1) {
		if !s.on(day) {
			continue
		}
		for _, hour := range s.hours {
			for _, minute := range s.minutes {
				at := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, after.Location())
				if at.After(after) && at.Hour() == hour && at.Minute() == minute {
					return at, true
				}
			}
		}
	}
	return time.Time{}, false
}

func (s Schedule) on(day time.Time) bool {
	return slices.Contains(s.years, day.Year()) && slices.Contains(s.months, int(day.Month())) && s.day(day)
}
