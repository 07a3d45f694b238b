package asl

import (
	"math"
	"time"
)

// Retrier says how often and after which pauses a Task is tried again that failed with one of its errors.
type Retrier struct {
	errors      []string
	interval    time.Duration
	MaxAttempts int
	backoff     float64
	longest     time.Duration
	jitter      bool
}

// Catcher says where an execution goes on after errors, and where in the state's input it finds them.
type Catcher struct {
	errors     []string
	resultPath Path
	Next       string
}

// Retrier is the place of the first Retrier that is for a failure, -1 if none is.
func (s *State) Retrier(f *Failure) int {
	for i, r := range s.Retry {
		if f.in(r.errors) {
			return i
		}
	}
	return -1
}

// Pause is the time before a retry, counted from 1. Random is from 0 to 1, for the jitter (States Language, "Retrying
// after error").
func (r Retrier) Pause(retry int, random float64) time.Duration {
	pause := min(float64(r.interval)*math.Pow(r.backoff, float64(retry-1)), float64(r.longest))
	if r.jitter {
		pause *= random
	}
	return time.Duration(pause)
}

// Caught is where a failure leads and what the next state gets; an empty name if nothing catches it.
func (s *State) Caught(f *Failure, input any) (next string, output any, err error) {
	for _, c := range s.Catch {
		if !f.in(c.errors) {
			continue
		}
		output, failure := c.resultPath.set(input, map[string]any{"Error": f.Name, "Cause": f.Cause})
		if failure != nil {
			return "", nil, failure
		}
		return c.Next, output, nil
	}
	return "", nil, nil
}
