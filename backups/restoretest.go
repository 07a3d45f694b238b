package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"aurora-dsql-dr/lambda/contract"
)

// testLater is what is to be done about a test in a region that is lost.
const testLater = "a restore test looks into the vaults of both data regions: test when it is back"

// testRestore has a region's state machine test a restore, follows it, and prints its evidence.
func (c command) testRestore(ctx context.Context, r request) error {
	s, err := c.open(ctx, r.stack)
	if err != nil {
		return err
	}
	region, err := s.region(r.region)
	if err != nil {
		return err
	}
	machine := s.RestoreTestMachineARNs[region]
	if machine == "" {
		return fmt.Errorf("stack %s tests no restores: \"backups.restoreTest\" is off", s.name)
	}
	running, err := s.runningTest(ctx, region)
	if err != nil {
		return ifLost(region, err, testLater)
	}
	if running != "" {
		return fmt.Errorf("the restore test %s is running in %s: wait for its end, or stop it with\n"+
			"  aws stepfunctions stop-execution --region %s --execution-arn %s", name(running), region, region, running)
	}
	started, err := s.machines(region).StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &machine,
		Input:           aws.String(fmt.Sprintf(`{"pair":%t}`, r.pair)),
	})
	if err != nil {
		return ifLost(region, fmt.Errorf("the restore test in %s: %w", region, err), testLater)
	}
	return s.follow(ctx, &execution{
		command:  c,
		machines: s.machines(region),
		arn:      *started.ExecutionArn,
		entered:  map[string]bool{},
	})
}

// runningTest is the ARN of an execution that runs in a region; "" if there is none.
func (s stack) runningTest(ctx context.Context, region string) (string, error) {
	machine := s.RestoreTestMachineARNs[region]
	if machine == "" {
		return "", nil
	}
	out, err := s.machines(region).ListExecutions(ctx, &sfn.ListExecutionsInput{
		StateMachineArn: &machine,
		StatusFilter:    types.ExecutionStatusRunning,
	})
	if err != nil {
		return "", fmt.Errorf("whether a restore test runs in %s: %w", region, err)
	}
	if len(out.Executions) == 0 {
		return "", nil
	}
	return aws.ToString(out.Executions[0].ExecutionArn), nil
}

// name is the last part of an execution's or a cluster's ARN.
func name(arn string) string { return arn[strings.LastIndexAny(arn, ":/")+1:] }

// follow prints the states of an execution until its end, and what it found.
func (s stack) follow(ctx context.Context, e *execution) error {
	end, err := s.watch(ctx, "restore test "+name(e.arn), e.look)
	if err != nil {
		return err
	}
	if e.test == nil {
		return fmt.Errorf("the restore test is %s without a finding: %s", end.state, end.message)
	}
	s.say("\n%s", evidence(*e.test))
	if end.state == string(types.ExecutionStatusSucceeded) && e.test.Result == contract.RestoreTestPassed {
		return nil
	}
	return fmt.Errorf("the restore test is %s: %s", end.state, end.message)
}

// execution is one that is followed.
type execution struct {
	command
	machines machines
	arn      string
	seen     int64                 // the number of its last event that was read
	entered  map[string]bool       // its states so far
	test     *contract.RestoreTest // as the last state left it
}

// look reads what has happened since the last look.
func (e *execution) look(ctx context.Context) (progress, error) {
	now, err := e.machines.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &e.arn})
	if err == nil {
		err = e.read(ctx)
	}
	if err != nil {
		return progress{}, err
	}
	return progress{
		state:   string(now.Status),
		message: strings.TrimSpace(aws.ToString(now.Error) + " " + aws.ToString(now.Cause)),
		ended:   now.Status != types.ExecutionStatusRunning,
	}, nil
}

// read goes through the events after the last one that was seen.
func (e *execution) read(ctx context.Context) error {
	pages := sfn.NewGetExecutionHistoryPaginator(e.machines, &sfn.GetExecutionHistoryInput{
		ExecutionArn:         &e.arn,
		IncludeExecutionData: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, event := range page.Events {
			if event.Id > e.seen {
				e.seen = event.Id
				e.take(event)
			}
		}
	}
	return nil
}

// take says which state is entered for the first time (polling enters some again and again), and keeps the test as a
// state leaves it.
func (e *execution) take(event types.HistoryEvent) {
	if in := event.StateEnteredEventDetails; in != nil && !e.entered[*in.Name] {
		e.entered[*in.Name] = true
		e.say("%s  %s", hour(aws.ToTime(event.Timestamp)), *in.Name)
	}
	if out := event.StateExitedEventDetails; out != nil {
		var test contract.RestoreTest
		if json.Unmarshal([]byte(aws.ToString(out.Output)), &test) == nil && test.Execution != "" {
			e.test = &test
		}
	}
}

// running are the restore tests that run, as problems of whoever wants to restore.
func (s stack) running(ctx context.Context) error {
	var problems []error
	for _, region := range s.dataRegions() {
		execution, err := s.runningTest(ctx, region)
		if execution != "" {
			err = fmt.Errorf("the restore test %s is running in %s: wait for its end (restores have a quota)",
				name(execution), region)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
