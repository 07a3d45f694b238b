package main

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/stacks/config"
)

var lost = contract.OpenIncident{
	Region:      primary,
	Number:      3,
	Since:       now.Add(-time.Minute),
	OpenedBy:    witness,
	ConfirmedBy: secondary,
	Reason:      "timeout",
	Told:        true,
}

func TestAnIncidentIsToldWithWhoToldIt(t *testing.T) {
	alone, silent := lost, lost
	alone.Number, alone.ConfirmedBy = 0, ""
	silent.Told = false
	for want, i := range map[string]contract.OpenIncident{
		"incident 3 is open since 2026-11-29 11:59:00 UTC, for 1m0s: timeout; told by the observer in us-west-2, confirmed " +
			"by that in us-east-2": lost,
		"an incident that no database has recorded is open since 2026-11-29 11:59:00 UTC, for 1m0s: timeout; told by the " +
			"observer in us-west-2, unconfirmed": alone,
		"incident 3 is open since 2026-11-29 11:59:00 UTC, for 1m0s: timeout; opened by the observer in us-west-2, and " +
			"NOBODY COULD BE TOLD YET": silent,
	} {
		assert.Equal(t, want, opened(i, now))
	}
}

func TestTheNewestReadingCountsAndEachPageOfTheirOwn(t *testing.T) {
	older, newer := now.Add(-time.Minute), now
	alone := lost
	alone.Number, alone.OpenedBy = 0, primary
	of := func(observer string, at *time.Time, incidents ...contract.OpenIncident) contract.HealthReport {
		return contract.HealthReport{Region: observer, Memory: &contract.Memory{ReadAt: at, Incidents: incidents}}
	}
	before := contract.HealthReport{Region: witness} // of an earlier version

	m := newestOf([]contract.HealthReport{of(primary, nil, alone), of(secondary, &older, lost), of(witness, &newer)})
	assert.Equal(t, memory{observer: witness, at: newer, incidents: []contract.OpenIncident{alone}}, m,
		"it was closed since, and one observer knows nothing of that")
	m = newestOf([]contract.HealthReport{before, of(primary, nil, lost, alone), of(secondary, nil, lost)})
	assert.Equal(t, memory{incidents: []contract.OpenIncident{lost, alone}}, m, "nobody could read it")
	assert.Equal(t, memory{}, newestOf([]contract.HealthReport{before, {}}))
}

// watched is a stack whose observers log.
func (w *world) watched() *stack {
	w.Helper()
	s := w.asking()
	s.config.Traffic = &config.Traffic{}
	s.deployed.MonitorFunctionNames = map[string]string{}
	for _, region := range s.regions() {
		s.deployed.MonitorFunctionNames[region] = "monitor"
		s.state.Deployment.Resources = append(s.state.Deployment.Resources, pulumi.Resource{Type: typeFunction,
			Outputs: map[string]any{
				"name":          "monitor",
				"arn":           "arn:aws:lambda:" + region + ":1:function:monitor",
				"loggingConfig": map[string]any{"logGroup": "monitor-logs-1"},
			}})
	}
	return s
}

// logs makes the observers' log groups.
func (w *world) logs() {
	w.Helper()
	for _, region := range []string{primary, secondary, witness} {
		_, err := w.account.Region(region).Logs.CreateGroup(logs.Group{Name: "monitor-logs-1"})
		require.NoError(w, err)
	}
}

// reports has an observer end a run.
func (w *world) reports(observer string, m *contract.Memory) {
	w.Helper()
	at := w.account.Clock.Now()
	line, err := json.Marshal(contract.ProbeLine{
		Message: contract.LogFinished,
		Report:  contract.HealthReport{Timestamp: at, Region: observer, Memory: m},
	})
	require.NoError(w, err)
	require.NoError(w, w.account.Region(observer).Logs.Write(w.account.IAM.Admin().Principal, "monitor-logs-1", "stream",
		at, string(line)))
}

func TestWhatGoesOnIsAWarningOfItsRegion(t *testing.T) {
	w := newWorld(t, aws.Options{})
	at := time.Now().UTC()
	quiet := &contract.Memory{ReadAt: &at, Withdrawals: []contract.Withdrawal{}}
	w.logs()
	w.reports(witness, quiet)
	s := w.watched()
	said := "none, as the observer in us-west-2 read at " + stamp(at)
	assert.Equal(t, []answer{good(primary, "%s", said), good(secondary, "%s", said)}, incidents.look(t.Context(), s))
	assert.Equal(t, []answer{good(primary, "%s", said), good(secondary, "%s", said)}, withdrawals.look(t.Context(), s))

	later := at.Add(time.Second)
	w.reports(secondary, &contract.Memory{
		ReadAt:    &later,
		Incidents: []contract.OpenIncident{lost},
		Withdrawals: []contract.Withdrawal{
			{Region: secondary, By: "me", Reason: "a test", Since: at, Until: at.Add(time.Hour)},
			{Region: primary, By: "me", Reason: "it is over", Since: at, Until: at},
		},
	})
	w.account.Region(primary).SetDown(true)
	s = w.watched()
	found := incidents.look(t.Context(), s)
	require.Len(t, found, 2)
	assert.Equal(t, Warning, found[0].status)
	assert.Contains(t, found[0].found, "incident 3 is open since")
	assert.Equal(t, OK, found[1].status)
	assert.Equal(t, []answer{
		good(primary, "none, as the observer in us-east-2 read at %s", stamp(later)),
		warn(secondary, "withdrawn since %s until %s, by me: a test", stamp(at), stamp(at.Add(time.Hour))),
	}, withdrawals.look(t.Context(), s))
}

// What an observer could not read is not none.
func TestWithdrawalsThatCouldNotBeReadAreNotAsked(t *testing.T) {
	w := newWorld(t, aws.Options{})
	at := time.Now().UTC()
	w.logs()
	w.reports(witness, &contract.Memory{ReadAt: &at})
	s := w.watched()
	assert.Equal(t, []answer{unasked("", errors.New("the observer in us-west-2 read incidents at "+stamp(at)+
		", but could not read withdrawals: the migration has not run, or a grant is gone"))}, withdrawals.look(t.Context(), s))
	assert.Equal(t, OK, incidents.look(t.Context(), s)[0].status)
}

// Observers that have fallen silent do not see what has happened since.
func TestAReadingThatIsOverdueSaysNothingOfNow(t *testing.T) {
	w := newWorld(t, aws.Options{})
	at := time.Now().UTC().Add(-3 * time.Minute)
	w.logs()
	w.reports(witness, &contract.Memory{ReadAt: &at, Incidents: []contract.OpenIncident{lost}})
	found := incidents.look(t.Context(), w.watched())
	require.Len(t, found, 2)
	assert.Equal(t, Warning, found[0].status, "what was open may be so")
	assert.Equal(t, unasked(secondary, errors.New("none was when the observer in us-west-2 read at "+stamp(at)+
		", and none has read since: see observers")), found[1])
}

// What nobody can say is not asked, and no region is well by that.
func TestAMemoryThatNobodyCouldReadIsNotAsked(t *testing.T) {
	w := newWorld(t, aws.Options{})
	s := w.watched()
	for _, found := range incidents.look(t.Context(), s) {
		assert.Equal(t, Unasked, found.status)
		assert.Contains(t, found.found, "the log of the observer in us-east-1: CloudWatch Logs FilterLogEvents says "+
			"ResourceNotFoundException")
	}
	w.logs()
	assert.Equal(t, []answer{unasked("", errors.New("no observer has logged for 8m0s what the shared memory says: none has "+
		"run, or none can read it (see observers), or they are of an earlier version"))},
		incidents.look(t.Context(), w.watched()))
	alone := lost
	alone.Number = 0
	w.reports(witness, &contract.Memory{Incidents: []contract.OpenIncident{alone}})
	s = w.watched()
	found := incidents.look(t.Context(), s)
	require.Len(t, found, 2)
	assert.Equal(t, Warning, found[0].status)
	assert.Equal(t, unasked(secondary, errors.New("no observer could read the shared memory for 8m0s")), found[1])
	assert.Equal(t, []answer{unasked("", errors.New("no observer could read the shared memory for 8m0s: see incidents"))},
		withdrawals.look(t.Context(), s))
}
