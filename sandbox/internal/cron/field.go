package cron

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// field is one of the fields of an expression.
type field struct {
	name     string
	min, max int
	words    []string // instead of numbers, from min on
	steps    bool     // takes /
}

// parse reads the values of a field, in order: lists of numbers, words and ranges, with steps.
func (f field) parse(text string) ([]int, error) {
	var values []int
	for item := range strings.SplitSeq(text, ",") {
		from, to, step, ok := f.item(item)
		if !ok {
			return nil, f.refuse(text)
		}
		for value := from; value <= to; value += step {
			values = append(values, value)
		}
	}
	slices.Sort(values)
	return slices.Compact(values), nil
}

// item reads "*", "5", "MON-FRI", "0/15" or "1-31/2".
func (f field) item(text string) (from, to, step int, ok bool) {
	text, by, stepped := strings.Cut(text, "/")
	step = 1
	if stepped {
		n, err := strconv.Atoi(by)
		if err != nil || n < 1 || !f.steps {
			return 0, 0, 0, false
		}
		step = n
	}
	if text == "*" {
		return f.min, f.max, step, true
	}
	begin, end, ranged := strings.Cut(text, "-")
	from, ok = f.value(begin)
	switch {
	case ranged:
		var known bool
		to, known = f.value(end)
		ok = ok && known && from <= to
	case stepped:
		to = f.max
	default:
		to = from
	}
	return from, to, step, ok
}

func (f field) value(text string) (int, bool) {
	if i := slices.Index(f.words, strings.ToUpper(text)); i >= 0 {
		return f.min + i, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && f.min <= n && n <= f.max
}

func (f field) refuse(text string) error {
	accepted := "lists and ranges of"
	if f.steps {
		accepted = "lists, ranges and steps of"
	}
	words := ""
	if len(f.words) > 0 {
		words = fmt.Sprintf(" or %s-%s", f.words[0], f.words[len(f.words)-1])
	}
	return fmt.Errorf("%s is %q: want %s %d-%d%s", f.name, text, accepted, f.min, f.max, words)
}
