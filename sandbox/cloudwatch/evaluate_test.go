package cloudwatch

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The rows are those of the two tables of "Configuring how CloudWatch alarms treat missing data", oldest data point
// first: 0 does not breach, X does, - is missing. "keep" is "Retain current state".
func TestMissingDataIsTreatedAsAWSDocumentsIt(t *testing.T) {
	const alarm, ok, insufficient, keep = "ALARM", "OK", "INSUFFICIENT_DATA", "keep"
	for _, row := range []struct {
		m                                        int
		points                                   string
		missing, ignore, breaching, notBreaching string
	}{
		{3, "0-X-X", ok, ok, ok, ok},
		{3, "0----", ok, ok, ok, ok},
		{3, "-----", insufficient, keep, alarm, ok},
		{3, "0XX-X", alarm, alarm, alarm, alarm},
		{3, "--X--", alarm, keep, alarm, ok},

		{2, "0-X-X", alarm, alarm, alarm, alarm},
		{2, "00X0X", alarm, alarm, alarm, alarm},
		{2, "0-X--", ok, ok, alarm, ok},
		{2, "----0", ok, ok, alarm, ok},
		{2, "---X-", alarm, keep, alarm, ok},
	} {
		for rule, want := range map[string]string{
			"missing": row.missing, "ignore": row.ignore, "breaching": row.breaching, "notBreaching": row.notBreaching,
		} {
			state, decided := decide(verdictsOf(row.points), row.m, 3, rule)
			got := string(state)
			if !decided {
				got = keep
			}
			assert.Equal(t, want, got, "%s, %d of 3, missing data is %s", row.points, row.m, rule)
		}
	}
}

// "Avoiding premature transitions to alarm state": a lone breaching data point is no alarm while the next may be good.
func TestAFreshBreachingDatapointAmongMissingOnesIsNoAlarmYet(t *testing.T) {
	for _, points := range []string{"----X", "---X-"} {
		state, _ := decide(verdictsOf(points), 3, 3, "missing")
		assert.NotEqual(t, StateAlarm, state, points)
	}
}

func TestEnoughRealDatapointsDecideWhateverTheRule(t *testing.T) {
	for _, rule := range missingDataRules {
		state, decided := decide(verdictsOf("XX000"), 2, 3, rule)
		assert.True(t, decided)
		assert.Equal(t, StateOK, state, "old breaches are not looked at when missing data is %s", rule)
	}
}

// verdictsOf reads a row of the tables into verdicts, newest first.
func verdictsOf(row string) []verdict {
	var points []verdict
	for _, p := range row {
		points = append([]verdict{map[rune]verdict{'0': good, 'X': breaching, '-': missing}[p]}, points...)
	}
	return points
}
