// Package function measures what a Lambda function costs: its binary runs as a process against a Runtime API of this
// package, which gives it one event after the other.
package function

import (
	"context"
	"slices"
	"time"
)

const (
	// Starts is how often a function is started.
	Starts = 20
	// Calls is how often one that has answered once is called again.
	Calls = 20
)

// Subject is a function as it is deployed: how to start it, and events for it.
type Subject struct {
	Name, Bootstrap string
	Environment     []string
	// Event makes the event of a call. The time that takes is not measured.
	Event func(context.Context) ([]byte, error)
}

// Cost of a function: medians, but for the peak.
type Cost struct {
	// FirstPoll is the time from the start of the process until it asks for work.
	FirstPoll time.Duration
	// Cold is the time from the start of the process until it has answered its first event, and ColdCPU what that takes of
	// the processor.
	Cold, ColdCPU time.Duration
	// Warm is the time of a later call, and WarmCPU what that takes of the processor.
	Warm, WarmCPU time.Duration
	// Peak is the highest resident memory in bytes.
	Peak int64
}

// Measure starts the function again and again, and calls it several times in one life. The calling goroutine must hold
// its thread (runtime.LockOSThread): the function dies with the thread that has started it.
func Measure(ctx context.Context, s Subject) (Cost, error) {
	var polls, answers, processor []time.Duration
	for range Starts {
		l, err := live(ctx, s, 1)
		if err != nil {
			return Cost{}, err
		}
		polls = append(polls, l.firstPoll)
		answers = append(answers, l.firstPoll+l.calls[0])
		processor = append(processor, l.cpu)
	}
	l, err := live(ctx, s, 1+Calls)
	if err != nil {
		return Cost{}, err
	}
	start := median(processor)
	return Cost{
		FirstPoll: median(polls),
		Cold:      median(answers),
		ColdCPU:   start,
		Warm:      median(l.calls[1:]),
		WarmCPU:   max(0, l.cpu-start) / Calls,
		Peak:      l.peak,
	}, nil
}

func median(d []time.Duration) time.Duration { return slices.Sorted(slices.Values(d))[len(d)/2] }
