package scheduler

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/internal/cron"
)

// times say when a schedule is due.
type times interface {
	// next is the first time after another, false if there is none. A schedule begins at a time of its own.
	next(after, begun time.Time) (time.Time, bool)
}

// parseExpression reads an expression of a time zone ("Schedule types in EventBridge Scheduler", EventBridge Scheduler
// User Guide).
func parseExpression(expression string, zone *time.Location) (times, error) {
	kind, _, _ := strings.Cut(expression, "(")
	switch kind {
	case "cron":
		s, err := cron.Parse(expression)
		return calendar{s, zone}, err
	case "rate":
		return parseRate(expression)
	case "at":
		at, err := time.ParseInLocation("at(2006-01-02T15:04:05)", expression, zone)
		if err != nil {
			return nil, errors.New("want at(yyyy-mm-ddThh:mm:ss)")
		}
		return once(at), nil
	default:
		return nil, errors.New("want cron(…), rate(…) or at(…)")
	}
}

// calendar is a cron expression.
type calendar struct {
	cron.Schedule
	zone *time.Location
}

func (c calendar) next(after, _ time.Time) (time.Time, bool) { return c.Next(after.In(c.zone)) }

// fast is a cron expression by a calendar of its own.
type fast struct {
	calendar
	by clock.Calendar
}

func (f fast) next(after, begun time.Time) (time.Time, bool) {
	next, ok := f.calendar.next(f.by.On(after), begun)
	return f.by.At(next), ok
}

// hastened has dates go by a calendar; periods and moments stay what they are.
func hastened(t times, by clock.Calendar) times {
	if dates, ok := t.(calendar); ok {
		return fast{dates, by}
	}
	return t
}

// once is an at expression.
type once time.Time

func (o once) next(after, _ time.Time) (time.Time, bool) {
	at := time.Time(o)
	return at, at.After(after)
}

// rate is a rate expression: it is due when the schedule begins, and then once a period. Days have 24 hours, whatever
// clocks show.
type rate time.Duration

var rateForm = regexp.MustCompile(`^rate\((\d+) (minute|hour|day)s?\)$`)

func parseRate(expression string) (times, error) {
	units := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	if parts := rateForm.FindStringSubmatch(expression); parts != nil {
		if n, err := strconv.Atoi(parts[1]); err == nil && n > 0 && n < 100_000 {
			return rate(time.Duration(n) * units[parts[2]]), nil
		}
	}
	return nil, fmt.Errorf("want rate(value unit) with a unit of minutes, hours or days")
}

func (r rate) next(after, begun time.Time) (time.Time, bool) {
	if after.Before(begun) {
		return begun, true
	}
	period := time.Duration(r)
	return begun.Add(after.Sub(begun).Truncate(period) + period), true
}
