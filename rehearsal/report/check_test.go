package report

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal/workload"
)

// A write that was acknowledged and whose event has not come to both regions fails the rehearsal.
func TestALostEventIsACheckThatFails(t *testing.T) {
	for _, tt := range []struct {
		missing map[string][]string
		passed  bool
		got     string
	}{
		{nil, true, "0 of 2"},
		{map[string][]string{"us-east-1": {"a"}, "us-east-2": {"a"}}, false, "1 of 2"}, // one write, missing in two regions
	} {
		checks := New(parsed(t), Lived{
			Events: &workload.Arrivals{Missing: tt.missing},
			Writes: workload.Result{Acknowledged: map[string]int{"us-east-1": 2}},
		}).Checks
		at := slices.IndexFunc(checks, func(c Check) bool { return c.Name == "no event lost" })
		require.GreaterOrEqual(t, at, 0)
		assert.Equal(t, tt.passed, checks[at].Passed)
		assert.Equal(t, tt.got, checks[at].Got)
	}
}

// A disaster on top of one would prove nothing.
func TestARehearsalThatDidNotBeginHasOneCheck(t *testing.T) {
	report := New(parsed(t), Lived{Before: errors.New("an alarm is in ALARM")})
	require.Len(t, report.Checks, 1)
	assert.Equal(t, "an alarm is in ALARM", report.Checks[0].Got)
	assert.False(t, report.Passed)
}
