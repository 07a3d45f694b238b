package fault

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Parameter is one thing a fault has to be told.
type Parameter struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Kind says how its text is read.
	Kind Kind `json:"kind"`
	// Default is used when it is not given; "" makes it required.
	Default string `json:"default,omitempty"`
}

// Kind is what a parameter's text means.
type Kind string

// The kinds of parameters.
const (
	// KindRegion is a place of the stack (primary, secondary, witness) or the name of its region.
	KindRegion Kind = "region"
	// KindDuration is a positive Go duration of sandbox time, "1.5s".
	KindDuration Kind = "duration"
	// KindShift is a Go duration, negative or positive.
	KindShift Kind = "shift"
	// KindPercent is a whole number from 1 to 100.
	KindPercent Kind = "percent"
	// KindAction is an IAM action, "dsql:DbConnect".
	KindAction Kind = "action"
	// KindPart is a part of a name; "*" is in every name.
	KindPart Kind = "part"
)

var (
	errMalformed = errors.New("malformed")
	actionForm   = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z*]+$`)
)

// read reads a parameter: a string, a time.Duration or an int.
func (k Kind) read(text string, places map[string]string) (any, error) {
	switch k {
	case KindRegion:
		if region, ok := places[text]; ok {
			return region, nil
		}
		return text, ok(slices.Contains(slices.Collect(maps.Values(places)), text))
	case KindDuration:
		d, err := time.ParseDuration(text)
		return d, errors.Join(err, ok(d > 0))
	case KindShift:
		d, err := time.ParseDuration(text)
		return d, errors.Join(err, ok(d != 0))
	case KindPercent:
		n, err := strconv.Atoi(text)
		return n, errors.Join(err, ok(n >= 1 && n <= 100))
	case KindAction:
		return text, ok(actionForm.MatchString(text))
	default:
		return text, ok(text != "")
	}
}

func ok(good bool) error {
	if good {
		return nil
	}
	return errMalformed
}

// accepts is what read takes, in words.
func (k Kind) accepts(places map[string]string) string {
	switch k {
	case KindRegion:
		var all []string
		for _, place := range slices.Sorted(maps.Keys(places)) {
			all = append(all, fmt.Sprintf("%s (%s)", place, places[place]))
		}
		return strings.Join(all, ", ")
	case KindDuration:
		return "a duration above 0, such as 2s or 500ms"
	case KindShift:
		return "a duration other than 0, such as 90s or -4m"
	case KindPercent:
		return "a whole number from 1 to 100"
	case KindAction:
		return "an IAM action such as dsql:DbConnect"
	default:
		return "a part of a name"
	}
}
