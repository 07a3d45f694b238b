package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// remind is how long nothing is said of what goes on.
const remind = 30 * time.Second

// progress is how far AWS is with something: its state in AWS's word, and what AWS says of it.
type progress struct {
	state   string
	message string
	ended   bool
}

// watch looks at something until it has ended. It says each new state, and that it goes on every half minute.
func (c command) watch(
	ctx context.Context, what string, look func(context.Context) (progress, error),
) (progress, error) {
	var known string
	var said time.Time
	for {
		at, err := look(ctx)
		if err != nil {
			return at, fmt.Errorf("%s goes on without this command, which could not look at it: %w", what, err)
		}
		if at.state != known || time.Since(said) >= remind {
			known, said = at.state, time.Now()
			c.say("%s  %s: %s", hour(said), what, at.state)
		}
		if at.ended {
			return at, nil
		}
		select {
		case <-ctx.Done():
			return at, fmt.Errorf("%s goes on without this command: %w", what, ctx.Err())
		case <-time.After(c.interval):
		}
	}
}

// finish watches a job of AWS Backup until it has ended, and fails unless it is COMPLETED.
func (c command) finish(
	ctx context.Context, what string, look func(context.Context) (state string, message *string, err error),
) error {
	end, err := c.watch(ctx, what, func(ctx context.Context) (progress, error) {
		state, message, err := look(ctx)
		return progress{state: state, message: aws.ToString(message), ended: over(state)}, err
	})
	if err == nil && end.state != completed {
		err = fmt.Errorf("%s is %s: %s", what, end.state, end.message)
	}
	return err
}

// hour is a time of day in UTC, which AWS's own events have.
func hour(t time.Time) string { return t.UTC().Format(time.TimeOnly) }

// date is a time in UTC.
func date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// completed is the state of a job that did what it was to do.
const completed = "COMPLETED"

// over is whether a job of AWS Backup has ended, by its state (API Reference: DescribeBackupJob, DescribeCopyJob,
// DescribeRestoreJob).
func over(state string) bool {
	return slices.Contains([]string{completed, "PARTIAL", "FAILED", "ABORTED", "EXPIRED"}, state)
}
