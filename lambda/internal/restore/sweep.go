package restore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/emf"
)

// sweep deletes what executions that were aborted or timed out have left, and publishes the age of the newest test that
// passed. Jobs are listed before executions: a job whose execution is not running then has none that waits for it.
func (t *Tester) sweep(ctx context.Context, test contract.RestoreTest) (contract.RestoreTest, error) {
	gone, err := t.sweepUp(ctx, test)
	test.Gone = gone
	return test, errors.Join(err, t.publishAge(ctx, test.Machine))
}

func (t *Tester) sweepUp(ctx context.Context, test contract.RestoreTest) (gone bool, err error) {
	jobs, err := t.jobs(ctx, time.Time{})
	if err != nil {
		return false, err
	}
	running, err := t.running(ctx, test)
	if err != nil {
		return false, err
	}
	gone = true
	var problems []error
	for _, job := range jobs {
		if !ended(job) {
			gone = false
		}
		if job.CreatedResourceArn == nil {
			continue
		}
		clusters, err := t.made(ctx, *job.CreatedResourceArn)
		if err == nil && running != "" && time.Since(aws.ToTime(job.CreationDate)) < t.LeftoverAge {
			left, errLeft := t.left(ctx, restored(clusters))
			gone, problems = gone && !left, append(problems, errLeft)
			continue // it may be the running test's
		}
		left, err := t.discard(ctx, clusters, err)
		gone, problems = gone && !left, append(problems, err)
	}
	return gone, errors.Join(problems...)
}

// publishAge publishes how long ago a test passed, or how old the machine is until one has.
func (t *Tester) publishAge(ctx context.Context, machine string) error {
	passed, err := t.lastPassed(ctx, machine)
	if err != nil {
		return err
	}
	now := time.Now()
	return emf.Line{
		Namespace:  contract.MetricNamespace,
		Dimensions: map[string]string{contract.DimensionRegion: t.Region},
		Metrics: map[string]emf.Metric{contract.MetricRestoreTestAge: {
			Unit:   emf.None,
			Values: []float64{float64(now.Sub(passed)) / float64(t.Hour)},
		}},
	}.Write(t.Metrics, now)
}

// lastPassed is the end of the newest execution that succeeded, of those that Step Functions still has (90 days), else
// when the machine was made. Executions are listed with the most recent first (API Reference, ListExecutions).
func (t *Tester) lastPassed(ctx context.Context, machine string) (time.Time, error) {
	succeeded, err := t.Executions.ListExecutions(ctx, &sfn.ListExecutionsInput{
		StateMachineArn: aws.String(machine),
		StatusFilter:    sfntypes.ExecutionStatusSucceeded,
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("executions of %s: %w", machine, err)
	}
	var last time.Time
	for _, e := range succeeded.Executions {
		if stop := aws.ToTime(e.StopDate); stop.After(last) {
			last = stop
		}
	}
	if !last.IsZero() {
		return last, nil
	}
	described, err := t.Executions.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{
		StateMachineArn: aws.String(machine),
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("state machine %s: %w", machine, err)
	}
	return aws.ToTime(described.CreationDate), nil
}
