package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

// moments are where a test is hit: a step, and what it is about to do or has just done.
var moments = []string{
	"find: begins",
	"find: after ListRecoveryPointsByBackupVault",
	"start: before StartRestoreJob",   // goes on, it restores after its execution's end
	"start: after StartRestoreJob",    // nobody knows the job
	"poll: before DescribeRestoreJob", // the clusters are CREATING
	"poll: before GetCluster",         // the clusters are there, and nobody has looked at them
	"verify: begins",                  // the clusters let nobody in
	"grant: begins",
	"grant: is done",
	"verify: is done",
	"cleanUp: before ListRestoreJobs",
	"cleanUp: after UpdateCluster",  // no protection any more, and no deletion yet
	"cleanUp: before DeleteCluster", // the same, later
	"cleanUp: after DeleteCluster",  // of a pair the other one is still there
	"report: begins",                // nothing is left, and nobody has been told
	"report: is done",
}

// blow hits an invocation; an error keeps it from going on.
type blow func(k *killed, ctx context.Context, i invocation) error

// blows are what hits a test, by the status in which its execution ends.
var blows = map[string]blow{
	stepfunctions.Aborted:   (*killed).stop,
	stepfunctions.TimedOut:  (*killed).outlast,
	stepfunctions.Failed:    (*killed).kill,
	stepfunctions.Succeeded: (*killed).unplug,
}

// limit is the machine's time limit in seconds, brought forward so that it passes while a step runs.
const limit = 250

// lag is how long a step that goes on after its execution has ended is behind it: the first sweep has passed by then.
const lag = 20 * time.Second

// A restore test is hit at each moment in each way. The step goes on, but where its process is killed: Lambda knows
// nothing of executions. Whatever has become of it, the sweep leaves the stack's clusters, one that a person has
// restored of the same recovery point, and one that nobody restored, as they were, and no others.
func TestWhateverHitsARestoreTestNothingRestoredIsLeft(t *testing.T) {
	for _, pair := range []bool{false, true} {
		for status := range blows {
			for _, moment := range moments {
				for _, rule := range []bool{true, false} {
					name := strings.Join([]string{
						map[bool]string{true: "a pair", false: "a cluster"}[pair], status, moment,
						map[bool]string{true: "and a rule tells of it", false: "and the event is lost"}[rule],
					}, ", ")
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						synctest.Test(t, func(t *testing.T) { hit(t, pair, moment, status, rule) })
					})
				}
			}
		}
	}
}

func hit(t *testing.T, pair bool, moment, status string, rule bool) {
	definition := document(t, "machine")
	if status == stepfunctions.TimedOut {
		definition = strings.Replace(definition, `"TimeoutSeconds": 18000`, fmt.Sprintf(`"TimeoutSeconds": %d`, limit), 1)
	}
	k := newKilled(t, definition, map[string]blow{moment: blows[status]})
	if rule {
		k.sweepBy("ended", events.Rule{EventPattern: k.names.Replace(document(t, "ended"))})
	}
	ended := k.run(pair)
	assert.Equal(t, status, ended.Status)
	k.leavesNothing()
	assert.Equal(t, rule && status != stepfunctions.Succeeded, k.sweptAt(ended.Stop), "the rule waits for no hour")
}

func TestASweepThatIsKilledIsMadeUpFor(t *testing.T) {
	for _, moment := range []string{"after UpdateCluster", "before DeleteCluster", "after DeleteCluster", "is done"} {
		synctest.Test(t, func(t *testing.T) {
			k := newKilled(t, document(t, "machine"), map[string]blow{
				"verify: begins":   (*killed).stop,
				"sweep: " + moment: (*killed).kill,
			})
			assert.Equal(t, stepfunctions.Aborted, k.run(true).Status)
			k.leavesNothing()
		})
	}
}

// stop aborts the execution.
func (k *killed) stop(ctx context.Context, _ invocation) error {
	_, err := k.account.Region(east).StepFunctions.StopExecution(k.executionARN(), "", "")
	assert.NoError(k, err)
	return k.account.Clock.Sleep(ctx, lag)
}

// outlast keeps the step until the execution has timed out.
func (k *killed) outlast(ctx context.Context, _ invocation) error {
	e, err := k.account.Region(east).StepFunctions.Execution(k.executionARN())
	assert.NoError(k, err)
	return k.account.Clock.Sleep(ctx, time.Until(e.Start.Add(limit*time.Second))+lag)
}

// kill ends the process.
func (k *killed) kill(ctx context.Context, i invocation) error {
	i.kill(lambda.ErrExited)
	return ctx.Err()
}

// unplug makes Lambda unavailable for five minutes; what runs goes on.
func (k *killed) unplug(context.Context, invocation) error {
	env := k.account.Region(east).Env
	env.SetBroken("lambda", true)
	time.AfterFunc(5*time.Minute, func() { env.SetBroken("lambda", false) })
	return nil
}
