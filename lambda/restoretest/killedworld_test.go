package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/verify"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

// killed is a world whose restore test is hit.
type killed struct {
	*world
	kept []dsql.Cluster // what is to stay

	mu    sync.Mutex
	hits  map[string]blow // that are still to come, by their moments
	swept []time.Time     // when sweeps began
}

// newKilled is a world with all that runs a restore test, a cluster that a person has restored and one that nobody has.
func newKilled(t *testing.T, definition string, hits map[string]blow) *killed {
	t.Helper()
	k := &killed{world: newWorld(t, definition), hits: hits}
	k.moment = k.pass
	k.restoreByHand()
	_, err := k.account.Region(east).DSQL.CreateCluster(dsql.CreateClusterInput{})
	require.NoError(t, err)
	time.Sleep(time.Minute)
	k.kept = k.clusters()
	for name, handler := range map[string]handler{"test": k.tester.Run, "verify": verified, "grant": granted} {
		_, err := k.account.Region(east).Lambda.CreateFunction(lambda.Function{
			Name:    name,
			Role:    roles + "function",
			Runtime: "provided.al2023",
			Handler: "bootstrap",
			Timeout: 300,
			Stub:    k.function(name, handler),
		})
		require.NoError(t, err)
	}
	k.sweepBy("hourly", events.Rule{ScheduleExpression: "rate(1 hour)"})
	return k
}

// sweepBy has a rule start the sweep.
func (k *killed) sweepBy(name string, rule events.Rule) {
	k.Helper()
	r := k.account.Region(east)
	rule.Name = name
	rule, err := r.Events.PutRule(rule)
	require.NoError(k, err)
	function, err := r.Lambda.Function("test")
	require.NoError(k, err)
	_, err = r.Lambda.AddPermission(lambda.Permission{
		StatementID: name,
		Action:      "lambda:InvokeFunction",
		Function:    "test",
		Principal:   "events.amazonaws.com",
		SourceARN:   rule.Arn,
	})
	require.NoError(k, err)
	input, err := json.Marshal(contract.RestoreTestEvent{
		Step: contract.StepSweep,
		Test: contract.RestoreTest{Machine: k.machine},
	})
	require.NoError(k, err)
	_, err = r.Events.PutTarget(events.Target{Rule: name, TargetID: "sweep", Arn: function.ARN, Input: string(input)})
	require.NoError(k, err)
}

// execution is the name of the one that is hit.
const execution = "weekly"

// executionARN is its ARN.
func (k *killed) executionARN() string {
	return k.account.Region(east).ARN("states", "execution:m:"+execution)
}

// run runs a test to its end.
func (k *killed) run(pair bool) stepfunctions.Execution {
	k.Helper()
	machines := k.account.Region(east).StepFunctions
	input := map[bool]string{true: `{"pair":true}`, false: `{"pair":false}`}[pair]
	e, err := machines.StartExecution(k.machine, execution, input)
	require.NoError(k, err)
	k.eventually("it ends", func() bool {
		e, err = machines.Execution(e.Arn)
		require.NoError(k, err)
		return e.Status != stepfunctions.Running
	})
	return e
}

// invocation is one of a function, whose process can be killed.
type invocation struct {
	step string
	kill context.CancelCauseFunc
}

// started is the key of an invocation in its context.
type started struct{}

// handler is that of a function.
type handler func(context.Context, contract.RestoreTestEvent) (contract.RestoreTest, error)

// function is a handler as Lambda runs it, under the name of a function that has one step.
func (k *killed) function(name string, h handler) lambda.Stub {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var event contract.RestoreTestEvent
		if err := json.Unmarshal(payload, &event); err != nil {
			return nil, err
		}
		ctx, kill := context.WithCancelCause(ctx)
		defer kill(nil)
		ctx = context.WithValue(ctx, started{}, invocation{cmp.Or(event.Step, name), kill})
		err := k.pass(ctx, "begins")
		if err == nil {
			event.Test, err = h(ctx, event)
		}
		if err == nil {
			err = k.pass(ctx, "is done")
		}
		switch {
		case errors.Is(context.Cause(ctx), lambda.ErrExited):
			return nil, lambda.ErrExited
		case err != nil:
			return nil, err
		default:
			return json.Marshal(event.Test)
		}
	}
}

// verified stands in for restoreverify: there is no database here that lets somebody in.
func verified(_ context.Context, event contract.RestoreTestEvent) (contract.RestoreTest, error) {
	test := event.Test
	if !test.Granted {
		return test, verify.NotGranted{Err: errors.New("no mapping")}
	}
	test.Verification = &contract.Verification{AnsweredAt: time.Now()}
	return test, nil
}

// granted stands in for restoregrant.
func granted(_ context.Context, event contract.RestoreTestEvent) (contract.RestoreTest, error) {
	test := event.Test
	test.Granted = true
	return test, nil
}

// pass deals the blow of a moment. AWS protects what it restores unless it is told not to: here it is as if that had
// not been heard.
func (k *killed) pass(ctx context.Context, moment string) error {
	i, ok := ctx.Value(started{}).(invocation)
	if !ok || ctx.Err() != nil {
		return ctx.Err()
	}
	moment = i.step + ": " + moment
	if moment == "poll: before GetCluster" {
		k.protect()
	}
	k.mu.Lock()
	if moment == "sweep: begins" {
		k.swept = append(k.swept, time.Now())
	}
	hit := k.hits[moment]
	delete(k.hits, moment)
	k.mu.Unlock()
	if hit == nil {
		return nil
	}
	return hit(k, ctx, i)
}

// leavesNothing lives through some sweeps: a cluster that is protected takes two of them, and may not be there at the
// first.
func (k *killed) leavesNothing() {
	k.Helper()
	time.Sleep(3*time.Hour + time.Minute)
	assert.Equal(k, k.kept, k.clusters())
	k.mu.Lock()
	defer k.mu.Unlock()
	assert.Empty(k, k.hits, "every moment has come")
}

// sweptAt tells whether a sweep has begun within a minute of a time.
func (k *killed) sweptAt(t time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.ContainsFunc(k.swept, func(at time.Time) bool { return at.Sub(t).Abs() < time.Minute })
}

// protect protects what is not to stay.
func (k *killed) protect() {
	on := true
	for _, c := range k.clusters() {
		if !slices.ContainsFunc(k.kept, func(kept dsql.Cluster) bool { return kept.ARN == c.ARN }) {
			_, err := k.account.Region(c.Region).DSQL.UpdateCluster(dsql.UpdateClusterInput{
				Identifier:                c.Identifier,
				DeletionProtectionEnabled: &on,
			})
			assert.NoError(k, err)
		}
	}
}
