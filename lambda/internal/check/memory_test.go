package check

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
)

// showing is an endpoint that serves, and shows the shared memory.
func showing(snapshot incident.Snapshot) probe.Result {
	result := up
	result.Visit = incident.Visit{Snapshot: snapshot, Commit: time.Millisecond}
	return result
}

// What the memory has against the endpoints is in the report, which whoever may read the log can read as well.
func TestTheReportSaysWhichIncidentsAreOpenAndWhichRegionsWithdrawn(t *testing.T) {
	began := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	lost := incident.Incident{
		Endpoint:    east.Endpoint,
		Number:      3,
		OpenedAt:    began,
		OpenedBy:    "us-west-2",
		ConfirmedBy: "us-east-2",
		Reason:      verdict.Timeout,
		Announced:   true,
	}
	closed, elsewhere := lost, lost
	closed.Number, closed.ClosedAt = 2, began
	elsewhere.Endpoint = "of-a-pair-that-was.dsql.us-east-1.on.aws"
	away := incident.Withdrawal{
		Endpoint: ohio.Endpoint,
		Reason:   "a test",
		By:       "me",
		Since:    began,
		Until:    began.Add(time.Hour),
		Left:     time.Minute,
	}
	over := away
	over.Endpoint, over.Left = east.Endpoint, -time.Minute
	synctest.Test(t, func(t *testing.T) {
		c, _ := checker(script([]probe.Result{down}, []probe.Result{showing(incident.Snapshot{
			Incidents:   []incident.Incident{closed, lost, elsewhere},
			Withdrawals: []incident.Withdrawal{away, over},
		})}))
		report, err := c.Check(lambdaContext(t), contract.CheckEvent{Probes: 1}, "")
		require.NoError(t, err)
		at := time.Now().UTC()
		assert.Equal(t, &contract.Memory{
			ReadAt: &at,
			Incidents: []contract.OpenIncident{{
				Region:      east.Region,
				Number:      3,
				Since:       began,
				OpenedBy:    "us-west-2",
				ConfirmedBy: "us-east-2",
				Reason:      "timeout",
				Told:        true,
			}},
			Withdrawals: []contract.Withdrawal{
				{Region: ohio.Region, Reason: "a test", By: "me", Since: began, Until: began.Add(time.Hour)},
			},
		}, report.Memory)
	})
}

// An observer that reaches no endpoint reports what it has paged for itself, and that it has read nothing.
func TestTheReportOfAnObserverThatIsAloneHasItsOwnPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := checker(script([]probe.Result{down}, []probe.Result{down}))
		began := time.Now().UTC()
		report, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "")
		require.NoError(t, err)
		own := func(region string) contract.OpenIncident {
			return contract.OpenIncident{Region: region, Since: began, OpenedBy: "us-west-2", Reason: "timeout", Told: true}
		}
		assert.Equal(t, &contract.Memory{
			Incidents: []contract.OpenIncident{own(east.Region), own(ohio.Region)},
		}, report.Memory)
	})
}

func TestAQuietRunReportsThatNothingStandsAgainstTheEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := checker(script([]probe.Result{showing(incident.Snapshot{})}, []probe.Result{up}))
		report, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "")
		require.NoError(t, err)
		require.NotNil(t, report.Memory.ReadAt)
		assert.Equal(t, []contract.OpenIncident{}, report.Memory.Incidents)
		assert.Equal(t, []contract.Withdrawal{}, report.Memory.Withdrawals)
	})
}

// Withdrawals that could not be read are none that are not there.
func TestTheReportSaysThatWithdrawalsCouldNotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unread := showing(incident.Snapshot{})
		unread.Visit.Unread = errors.New("permission denied for table withdrawal")
		c, _ := checker(script([]probe.Result{unread}, []probe.Result{up}))
		report, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "")
		require.ErrorIs(t, err, ErrUnread)
		require.NotNil(t, report.Memory.ReadAt)
		assert.Nil(t, report.Memory.Withdrawals)
	})
}
