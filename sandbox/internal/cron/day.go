package cron

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parseDays reads the days of the month and of the week, one of which has to be "?".
func parseDays(ofMonth, ofWeek string) (func(time.Time) bool, error) {
	switch {
	case (ofMonth == "?") == (ofWeek == "?"):
		return nil, fmt.Errorf(`day-of-month is %q and day-of-week is %q: want "?" in one of them`, ofMonth, ofWeek)
	case ofWeek == "?":
		return parseDaysOfMonth(ofMonth)
	default:
		return parseDaysOfWeek(ofWeek)
	}
}

// parseDaysOfMonth reads numbers, "L" for the last day and "15W" for the working day nearest to the 15th.
func parseDaysOfMonth(text string) (func(time.Time) bool, error) {
	if text == "L" {
		return func(day time.Time) bool { return day.Day() == length(day) }, nil
	}
	if before, ok := strings.CutSuffix(text, "W"); ok {
		if n, ok := daysOfMonth.value(before); ok {
			return func(day time.Time) bool { return n <= length(day) && day.Day() == workday(day, n) }, nil
		}
	}
	days, err := daysOfMonth.parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w, L or one such as 15W", err)
	}
	return func(day time.Time) bool { return slices.Contains(days, day.Day()) }, nil
}

// parseDaysOfWeek reads numbers from Sunday, 1, on, "L" for Saturday, "6L" for the last Friday of the month and "6#3"
// for its third Friday.
func parseDaysOfWeek(text string) (func(time.Time) bool, error) {
	if text == "L" {
		text = "SAT"
	}
	if before, ok := strings.CutSuffix(text, "L"); ok {
		if n, ok := daysOfWeek.value(before); ok {
			return func(day time.Time) bool { return ofWeek(day) == n && day.Day()+7 > length(day) }, nil
		}
	}
	if before, instance, ok := strings.Cut(text, "#"); ok {
		n, known := daysOfWeek.value(before)
		nth, err := strconv.Atoi(instance)
		if !known || err != nil || nth < 1 || nth > 5 {
			return nil, fmt.Errorf("%w, or one such as 6#3", daysOfWeek.refuse(text))
		}
		return func(day time.Time) bool { return ofWeek(day) == n && (day.Day()+6)/7 == nth }, nil
	}
	days, err := daysOfWeek.parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w, L, or one such as 6L or 6#3", err)
	}
	return func(day time.Time) bool { return slices.Contains(days, ofWeek(day)) }, nil
}

// ofWeek counts days of the week as AWS does, from Sunday, 1, on.
func ofWeek(day time.Time) int { return int(day.Weekday()) + 1 }

// length is how many days the month of a day has.
func length(day time.Time) int {
	return time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// workday is the day from Monday to Friday that is nearest to the nth of a day's month and in that month.
func workday(day time.Time, n int) int {
	switch time.Date(day.Year(), day.Month(), n, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if n == 1 {
			return 3
		}
		return n - 1
	case time.Sunday:
		if n == length(day) {
			return n - 2
		}
		return n + 1
	default:
		return n
	}
}
