package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/alert"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/metrics"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
)

var refused = probe.Result{
	Observation: verdict.Observation{Verdict: verdict.Down, Reason: verdict.Auth},
	Err:         errors.New("access denied"),
}

// run makes one run and waits until the schedule's next.
func (f *fakes) run(t *testing.T, c *Checker) error {
	t.Helper()
	at := time.Now()
	_, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "")
	time.Sleep(time.Until(at.Add(time.Minute)))
	return err
}

// kinds is the word of each subject after "DSQL".
func kinds(subjects []string) []string {
	var out []string
	for _, s := range subjects {
		out = append(out, strings.Fields(s)[1])
	}
	return out
}

func TestARunThatIsMissedResolvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{down}, []probe.Result{down}))
		require.NoError(t, f.run(t, c))
		require.Equal(t, []string{"LOST", "LOST"}, kinds(f.alerts.subjects()))
		time.Sleep(time.Minute) // the missed run: longer than what an observer thought stays fresh
		for range 3 {
			require.NoError(t, f.run(t, c))
		}
		assert.Equal(t, []string{"LOST", "LOST"}, kinds(f.alerts.subjects()),
			"it forgot its states, not what it has told people")

		f.prober.script = script([]probe.Result{up}, []probe.Result{up})
		require.NoError(t, f.run(t, c))
		assert.Equal(t, []string{"LOST", "LOST", "RESOLVED", "RESOLVED"}, kinds(f.alerts.subjects()))
	})
}

func TestALossThatNobodyCouldBeToldIsNotResolvedEither(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{down, down, down, down, up}, []probe.Result{down, down, down, down, up}))
		f.alerts.fail = slices.Repeat([]error{errors.New("SignatureDoesNotMatch")}, 6) // three rounds, two pages each
		require.Error(t, f.run(t, c))
		require.NoError(t, f.run(t, c))
		assert.Empty(t, f.alerts.subjects())
		assert.Empty(t, c.ledger)
	})
}

func TestAReminderThatReachedNoTopicIsTriedAgainInTheNextRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{down}, []probe.Result{unknown}))
		c.ledger = incident.Ledger{east.Endpoint: {
			Incident: incident.Incident{
				Endpoint:    east.Endpoint,
				Number:      4,
				OpenedAt:    time.Now(),
				ConfirmedBy: "us-east-2",
				Announced:   true,
			},
			RemindAt: time.Now(),
			SeenAt:   time.Now(),
		}}
		f.alerts.fail = []error{errors.New("no topic took it")}
		require.Error(t, f.run(t, c))
		assert.Equal(t, []string{"DSQL STILL LOST in us-east-1 for 30s: unknown (incident 4)"}, f.alerts.subjects())
	})
}

// votes is what a run's samples say of each endpoint: a vote, or -1 for no sample.
func votes(run []metrics.Series) []int {
	var out []int
	for _, s := range run {
		switch unreachable, ok := s.Unreachable(); {
		case !ok:
			out = append(out, -1)
		case unreachable:
			out = append(out, 1)
		default:
			out = append(out, 0)
		}
	}
	return out
}

func TestAnObserverThatNoEndpointLetsInAbstains(t *testing.T) {
	conflicted := probe.Result{Observation: verdict.Observation{Verdict: verdict.Degraded, Reason: verdict.Conflict}}
	for _, tt := range []struct {
		intent     string
		east, ohio probe.Result
		votes      []int
		told       []string
	}{
		{"Refused by both, it votes on neither, and says that it lives.", refused, refused, []int{0, 0}, nil},
		{"What does not answer counts, what refuses does not.", refused, down, []int{0, 1},
			[]string{"DSQL LOST in us-east-2: timeout UNCONFIRMED"}},
		{"One that commits nothing is no session.", refused, conflicted, []int{0, 0}, nil},
		{"Nor does what it could not probe at all.", refused, unknown, []int{0, -1}, nil},
	} {
		t.Run(tt.intent, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, f := checker(script([]probe.Result{tt.east}, []probe.Result{tt.ohio}))
				for range 2 {
					assert.ErrorContains(t, f.run(t, c), "access denied", "the fault is its own, and its errors alarm tells")
				}
				assert.Equal(t, tt.votes, votes(f.samples.got[1]))
				assert.Equal(t, tt.told, f.alerts.subjects())
			})
		})
	}
}

func TestAnObserverThatIsRefusedGoesOnWithNoPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := []probe.Result{down, down, down, down, refused}
		c, f := checker(script(first, first))
		for range 20 {
			_ = f.run(t, c)
		}
		assert.Equal(t, []string{"LOST", "LOST"}, kinds(f.alerts.subjects()),
			"an endpoint that refuses answers: it is not still lost, nor does it serve")
	})
}

func TestAPageThatMayHaveArrivedIsRepeatedAfterItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{down}, []probe.Result{unknown}))
		f.alerts.fail = []error{fmt.Errorf("topic: %w", alert.ErrUnanswered)}
		require.ErrorIs(t, f.run(t, c), alert.ErrUnanswered)
		assert.Empty(t, f.alerts.subjects(), "not in the rounds that follow")
		require.NoError(t, f.run(t, c))
		assert.Equal(t, []string{"LOST"}, kinds(f.alerts.subjects()))
	})
}
