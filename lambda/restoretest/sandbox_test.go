package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
)

// rests is a machine that does nothing for an hour.
const rests = `{"StartAt":"Rest","States":{
	"Rest":{"Type":"Wait","Seconds":3600,"Next":"Done"},"Done":{"Type":"Succeed"}}}`

// step makes one.
func (w *world) step(step string, test contract.RestoreTest) contract.RestoreTest {
	w.Helper()
	after, err := w.tester.Run(w.Context(), contract.RestoreTestEvent{Step: step, Test: test})
	require.NoError(w, err, step)
	return after
}

// restore goes as far as the completed restore.
func (w *world) restore(name string, pair bool) contract.RestoreTest {
	w.Helper()
	test := w.step(contract.StepFind, contract.RestoreTest{
		Machine:   w.machine,
		Execution: name,
		Started:   time.Now(),
		Pair:      pair,
	})
	test = w.step(contract.StepStart, test)
	w.eventually("the restore is completed", func() bool {
		test = w.step(contract.StepPoll, test)
		return test.JobState == contract.RestoreCompleted
	})
	return test
}

func TestARestoreTestInTheSandboxLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, rests)
		for _, pair := range []bool{false, true} {
			test := w.restore(map[bool]string{true: "pair", false: "single"}[pair], pair)
			assert.Equal(t, w.point, test.Point.ARN)
			assert.Len(t, test.Restored, map[bool]int{true: 2, false: 1}[pair])
			again := w.step(contract.StepStart, test)
			assert.Equal(t, test.JobID, again.JobID, "a repeated start finds the restore that runs")
			test.Restored, test.JobID = nil, "" // what a killed step would have told
			w.eventually("everything is gone", func() bool {
				test = w.step(contract.StepCleanUp, test)
				return test.Gone
			})
			assert.Len(t, w.clusters(), 2, "the stack's own")
			test = w.step(contract.StepReport, test)
			assert.Equal(t, contract.RestoreTestFailed, test.Result, "nothing was verified")
		}
	})
}

func TestTheSweepInTheSandboxTakesLeftoversOfTestsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, rests)
		w.restoreByHand()
		test := w.restore("killed", true)
		machines := w.account.Region(east).StepFunctions
		running, err := machines.StartExecution(w.machine, "another", "{}")
		require.NoError(t, err)
		swept := contract.RestoreTest{Machine: w.machine}
		assert.False(t, w.step(contract.StepSweep, swept).Gone, "it may be the running one's")
		assert.Len(t, w.clusters(), 5)
		_, err = w.tester.Run(t.Context(), contract.RestoreTestEvent{Step: contract.StepFind, Test: test})
		assert.EqualError(t, err, "execution another is running: wait for its end, or stop it, and start another")

		_, err = machines.StopExecution(running.Arn, "", "")
		require.NoError(t, err)
		w.eventually("the sweep leaves nothing", func() bool { return w.step(contract.StepSweep, swept).Gone })
		assert.Len(t, w.clusters(), 3, "the stack's own, and the one that was restored by hand")
	})
}
