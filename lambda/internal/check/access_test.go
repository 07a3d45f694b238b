package check

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
)

var (
	firstCheck = contract.CheckEvent{Probes: 1, Deploying: true}

	unready = probe.Result{
		Observation: verdict.Observation{Verdict: verdict.Down, Reason: verdict.Query},
		Err: fmt.Errorf("read markers: %w", &pgconn.PgError{
			Code:    "42P01",
			Message: `relation "dr.marker" does not exist`,
		}),
	}
)

func TestADeploymentFailsWithWordsIfAnEndpointRefusesTheObserver(t *testing.T) {
	for name, test := range map[string]struct {
		east, ohio probe.Result
		says       []string
	}{
		"one refuses it": {refused, up, []string{east.Endpoint + " refuses it: access denied"}},
		"both refuse it": {refused, refused,
			[]string{east.Endpoint + " refuses it", ohio.Endpoint + " refuses it"}},
		"one was never migrated": {up, unready,
			[]string{ohio.Endpoint + " refuses it", `relation "dr.marker" does not exist`}},
		"one is lost, the other refuses": {down, refused, []string{ohio.Endpoint + " refuses it"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, f := checker(script([]probe.Result{test.east}, []probe.Result{test.ohio}))
				_, err := c.Run(lambdaContext(t), firstCheck, "request-1")
				for _, words := range append(test.says, "dsql:DbConnect on both clusters",
					"--target-replace '**::bootstrap-migrated'") {
					assert.ErrorContains(t, err, words)
				}
				assert.Empty(t, f.samples.got, "a refusal at a deployment is no sample of an outage")
				assert.Empty(t, f.alerts.got)
			})
		})
	}
}

func TestADeploymentWaitsForARoleThatIsNotYetInForce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{refused, refused, up}, []probe.Result{refused, up}))
		report, err := c.Run(lambdaContext(t), firstCheck, "request-1")
		require.NoError(t, err)
		assert.True(t, report.Healthy)
		assert.Len(t, f.samples.got, 1)
	})
}

func TestALostEndpointFailsNoDeployment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := checker(script([]probe.Result{down}, []probe.Result{up}))
		report, err := c.Run(lambdaContext(t), firstCheck, "request-1")
		require.NoError(t, err)
		assert.False(t, report.Healthy)
	})
}

func TestARunOfTheScheduleIsNotHeldUpByARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{refused}, []probe.Result{up}))
		_, err := c.Run(lambdaContext(t), contract.CheckEvent{Probes: 1}, "request-1")
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		assert.Len(t, f.prober.asked[east.Endpoint], 1)
		assert.Len(t, f.samples.got, 1)
	})
}
