package check

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/probe"
)

// Rehearsals and the console read what an observer sees in its log: every line has to be one that they can read.
func TestWhoFollowsTheLogReadsWhatTheObserverSees(t *testing.T) {
	var lines []contract.ProbeLine
	synctest.Test(t, func(t *testing.T) {
		c, f := eager(script([]probe.Result{down, down, down, down, down, up}, []probe.Result{up}))
		c.Log = slog.New(slog.NewJSONHandler(&f.logged, nil))
		_, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "")
		require.NoError(t, err)
		for text := range strings.Lines(f.logged.String()) {
			var line contract.ProbeLine
			require.NoError(t, json.Unmarshal([]byte(text), &line))
			lines = append(lines, line)
		}
	})
	first := map[string]contract.ProbeLine{}
	for _, line := range lines {
		if _, seen := first[line.Message]; !seen {
			first[line.Message] = line
		}
	}
	report := first[contract.LogFinished].Report
	require.Len(t, report.Targets, 2)
	assert.Equal(t, "up", report.Targets[0].Verdict)
	assert.Equal(t, map[string]contract.ProbeLine{
		contract.LogNotUp: {
			Message: contract.LogNotUp,
			Region:  east.Region,
			Verdict: "down",
			Reason:  "timeout",
			Cause:   "no answer",
		},
		contract.LogLost:     {Message: contract.LogLost, Region: east.Region},
		contract.LogServes:   {Message: contract.LogServes, Region: east.Region},
		contract.LogFinished: {Message: contract.LogFinished, Report: report},
	}, first)
}
