package transaction

import (
	"errors"
	"fmt"
	"strings"
)

// ErrTooLarge is a request beyond MaxBody.
var ErrTooLarge = errors.New("the request is too large")

// Problem is one thing that is wrong with a request.
type Problem struct {
	// Field is the member or parameter, empty if it is the request as a whole.
	Field string `json:"field,omitempty"`
	// Detail is what is accepted.
	Detail string `json:"detail"`
}

// Problems is everything that is wrong with a request; it is never empty as an error.
type Problems []Problem

// Error lists the problems.
func (p Problems) Error() string {
	var lines []string
	for _, problem := range p {
		lines = append(lines, strings.TrimPrefix(problem.Field+": "+problem.Detail, ": "))
	}
	return strings.Join(lines, "; ")
}

func (p *Problems) add(field, format string, args ...any) {
	*p = append(*p, Problem{Field: field, Detail: fmt.Sprintf(format, args...)})
}

func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}
