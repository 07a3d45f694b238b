package cron

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const layout = "2006-01-02 15:04"

// firings are the next times of an expression after a time, in a time zone.
func firings(t *testing.T, expression, after, zone string, n int) (all []string) {
	t.Helper()
	s, err := Parse(expression)
	require.NoError(t, err)
	location, err := time.LoadLocation(zone)
	require.NoError(t, err)
	at, err := time.ParseInLocation(layout, after, location)
	require.NoError(t, err)
	for range n {
		var ok bool
		if at, ok = s.Next(at); !ok {
			return all
		}
		all = append(all, at.Format(layout))
	}
	return all
}

func TestWhenAnExpressionFires(t *testing.T) {
	tests := map[string]struct {
		expression, after string
		want              []string
	}{
		"every day at three": {
			"cron(0 3 * * ? *)", "2026-02-27 03:00", []string{"2026-02-28 03:00", "2026-03-01 03:00"},
		},
		"every hour": {
			"cron(30 * * * ? *)", "2026-12-31 22:31", []string{"2026-12-31 23:30", "2027-01-01 00:30"},
		},
		"steps count from the first": {
			"cron(1/25 9 * * ? *)", "2026-03-01 00:00", []string{"2026-03-01 09:01", "2026-03-01 09:26", "2026-03-01 09:51"},
		},
		"working days": {
			"cron(0 18 ? * MON-FRI *)", "2026-03-06 17:00", []string{"2026-03-06 18:00", "2026-03-09 18:00"},
		},
		"Sunday is the first day": {
			"cron(0 0 ? * 1 *)", "2026-03-04 00:00", []string{"2026-03-08 00:00", "2026-03-15 00:00"},
		},
		"L is the last day of the week": {
			"cron(0 0 ? * L *)", "2026-03-04 00:00", []string{"2026-03-07 00:00", "2026-03-14 00:00"},
		},
		"the first of the month": {
			"cron(0 8 1 * ? *)", "2026-01-31 00:00", []string{"2026-02-01 08:00", "2026-03-01 08:00"},
		},
		"the last of the month": {
			"cron(0 0 L * ? *)", "2028-02-01 00:00", []string{"2028-02-29 00:00", "2028-03-31 00:00"},
		},
		"the working day nearest to the first is in the month": {
			"cron(0 0 1W * ? *)", "2026-07-15 00:00", []string{"2026-08-03 00:00", "2026-09-01 00:00"},
		},
		"the working day nearest to the 31st is in the month": {
			"cron(0 0 31W * ? *)", "2026-05-01 00:00", []string{"2026-05-29 00:00", "2026-07-31 00:00"},
		},
		"the working day nearest to the 15th": {
			"cron(0 0 15W * ? *)", "2026-02-01 00:00", []string{"2026-02-16 00:00", "2026-03-16 00:00"},
		},
		"a Saturday's is the Friday before": {
			"cron(0 0 15W 8 ? 2026)", "2026-02-01 00:00", []string{"2026-08-14 00:00"},
		},
		"the third Friday": {
			"cron(0 9 ? * 6#3 *)", "2026-03-01 00:00", []string{"2026-03-20 09:00", "2026-04-17 09:00"},
		},
		"the fifth Friday, where there is one": {
			"cron(0 9 ? * FRI#5 *)", "2026-03-01 00:00", []string{"2026-05-29 09:00", "2026-07-31 09:00"},
		},
		"the last Friday": {
			"cron(15 10 ? * 6L 2026-2027)", "2026-12-01 00:00", []string{"2026-12-25 10:15", "2027-01-29 10:15"},
		},
		"lists of words and numbers": {
			"cron(0 0 1 jan,JUL,12 ? *)", "2026-01-01 00:00", []string{"2026-07-01 00:00", "2026-12-01 00:00"},
		},
		"quarters": {
			"cron(0 4 1 1/3 ? *)", "2026-01-01 04:00", []string{"2026-04-01 04:00", "2026-07-01 04:00"},
		},
		"years that are over":       {"cron(0 0 1 1 ? 2025)", "2026-01-01 00:00", nil},
		"days that are in no month": {"cron(0 0 31 2 ? *)", "2026-01-01 00:00", nil},
		"every other year and no more": {
			"cron(0 0 1 1 ? 2197/2)", "2197-06-01 00:00", []string{"2199-01-01 00:00"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			n := max(len(test.want), 1)
			assert.Equal(t, test.want, firings(t, test.expression, test.after, "UTC", n))
		})
	}
}

func TestClocksThatAreTurned(t *testing.T) {
	const zone = "Europe/Berlin" // skips 2:30 on 29 March 2026 and has it twice on 25 October
	assert.Equal(t, []string{"2026-03-28 02:30", "2026-03-30 02:30"},
		firings(t, "cron(30 2 * * ? *)", "2026-03-28 00:00", zone, 2), "a time that there is not is skipped")
	assert.Equal(t, []string{"2026-10-25 02:30", "2026-10-26 02:30"},
		firings(t, "cron(30 2 * * ? *)", "2026-10-25 00:00", zone, 2), "a time that there is twice fires once")
}

func TestWhatIsRefused(t *testing.T) {
	tests := map[string]struct{ expression, says string }{
		"no cron()":                    {"0 3 * * ? *", "want cron("},
		"a rate":                       {"rate(1 day)", "want cron("},
		"five fields":                  {"cron(0 3 * * ?)", "want cron("},
		"seven fields":                 {"cron(0 0 3 * * ? *)", "want cron("},
		"an hour that there is not":    {"cron(0 24 * * ? *)", `hours is "24": want lists, ranges and steps of 0-23`},
		"a negative minute":            {"cron(-1 3 * * ? *)", `minutes is "-1"`},
		"a step of none":               {"cron(0/0 3 * * ? *)", `minutes is "0/0"`},
		"a range that goes back":       {"cron(0 5-3 * * ? *)", `hours is "5-3"`},
		"two kinds of days":            {"cron(0 3 1 * 2 *)", `want "?" in one of them`},
		"* twice":                      {"cron(0 3 * * * *)", `want "?" in one of them`},
		"? twice":                      {"cron(0 3 ? * ? *)", `want "?" in one of them`},
		"? elsewhere":                  {"cron(0 ? * * ? *)", `hours is "?"`},
		"a day of the week of none":    {"cron(0 3 ? * 0 *)", `day-of-week is "0": want lists and ranges of 1-7 or SUN-SAT`},
		"steps of days of the week":    {"cron(0 3 ? * 1/2 *)", `day-of-week is "1/2"`},
		"two instances of a day":       {"cron(0 3 ? * 3#1,6#3 *)", `day-of-week is "3#1,6#3"`},
		"a sixth Friday":               {"cron(0 3 ? * 6#6 *)", `day-of-week is "6#6"`},
		"a working day of the week":    {"cron(0 3 ? * 3W *)", `day-of-week is "3W"`},
		"the nearest to the 32nd":      {"cron(0 3 32W * ? *)", `day-of-month is "32W"`},
		"a month by another's name":    {"cron(0 3 1 MON ? *)", `month is "MON": want lists, ranges and steps of 1-12 or JAN-DEC`},
		"a year before there were any": {"cron(0 3 1 1 ? 1969)", `year is "1969"`},
		"an empty item":                {"cron(0, 3 * * ? *)", `minutes is "0,"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(test.expression)
			assert.ErrorContains(t, err, test.says)
		})
	}
	_, err := Parse("cron(60 24 0 13 ? 1)")
	for _, field := range []string{"minutes", "hours", "day-of-month", "month", "year"} {
		assert.ErrorContains(t, err, field+" is", "every problem is told")
	}
}
