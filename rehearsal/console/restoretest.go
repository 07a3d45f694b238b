package console

import (
	"cmp"
	"time"

	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

// testView is what a region's state machine says of its restore tests.
type testView struct {
	// Unknown says why Step Functions cannot be asked; "" if it can, and what follows is so.
	Unknown string `json:"unknown,omitempty"`
	// Running is when the one that runs began; zero if none does.
	Running time.Time `json:"running,omitzero"`
	// Last is the last that ended; nil before there is any.
	Last *endedView `json:"last,omitempty"`
}

// endedView is a restore test that has ended.
type endedView struct {
	Ended  time.Time `json:"ended"`
	Took   float64   `json:"took"` // seconds
	Passed bool      `json:"passed"`
	// Result is passed, failed, timed out or aborted, and Why says why it is not passed.
	Result string `json:"result"`
	Why    string `json:"why,omitempty"`
}

// results are what a state machine's end says of the test.
var results = map[string]string{
	stepfunctions.Succeeded: "passed",
	stepfunctions.Failed:    "failed",
	stepfunctions.TimedOut:  "timed out",
	stepfunctions.Aborted:   "aborted",
}

// restoreTest is what a state machine says; nil if there is none.
func restoreTest(region *aws.Region, machine string) *testView {
	if machine == "" {
		return nil
	}
	view := &testView{Unknown: reasonOf(region.Available("states"))}
	if view.Unknown != "" {
		return view
	}
	executions, err := region.StepFunctions.Executions(machine, "") // the newest first
	view.Unknown = reasonOf(err)
	for _, e := range executions {
		if e.Status == stepfunctions.Running {
			view.Running = e.Start
		} else if view.Last == nil {
			view.Last = ended(e)
		}
	}
	return view
}

func ended(e stepfunctions.Execution) *endedView {
	return &endedView{
		Ended:  e.Stop,
		Took:   e.Stop.Sub(e.Start).Seconds(),
		Passed: e.Status == stepfunctions.Succeeded,
		Result: results[e.Status],
		Why:    cmp.Or(e.Cause, e.Error),
	}
}
