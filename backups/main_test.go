package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/reason"
)

func TestWhatIsAskedForIsReadBeforeAnythingElse(t *testing.T) {
	for _, tt := range []struct {
		intent string
		args   []string
		says   []string
	}{
		{"No act.", nil, []string{`the act is "": want one of backup, destroyable, restore, restore-test`}},
		{"Another one.", []string{"move"}, []string{`the act is "move"`}},
		{"A flag that nobody knows.", []string{"backup", "-for", "2h"}, []string{"flag provided but not defined"}},
		{"Words that are not yes, at once.", []string{"restore", "-beside", "no", "-pair", "1", "-confirm", "y"}, []string{
			`BESIDE is "no": want yes, or nothing`, `PAIR is "1": want`, `CONFIRM is "y": want`,
		}},
	} {
		t.Run(tt.intent, func(t *testing.T) {
			err := command{}.run(t.Context(), tt.args)
			for _, says := range tt.says {
				assert.ErrorContains(t, err, says)
			}
		})
	}
}

func TestWhatTakesLongSaysSoEveryHalfMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		began := time.Now()
		end, err := command{out: &said, interval: 5 * time.Second}.watch(t.Context(), "job x",
			func(context.Context) (progress, error) {
				if time.Since(began) < 70*time.Second {
					return progress{state: "RUNNING"}, nil
				}
				return progress{state: "FAILED", ended: true}, nil
			})
		require.NoError(t, err)
		assert.Equal(t, "FAILED", end.state)
		assert.Equal(t, "00:00:00  job x: RUNNING\n00:00:30  job x: RUNNING\n00:01:00  job x: RUNNING\n"+
			"00:01:10  job x: FAILED\n", said.String())
	})
}

func TestWhoeverStopsTheCommandIsToldThatTheJobGoesOn(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var said strings.Builder
	_, err := command{out: &said, interval: time.Hour}.watch(ctx, "job x", func(context.Context) (progress, error) {
		cancel()
		return progress{state: "RUNNING"}, nil
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "job x goes on without this command")
}

// What the SDK says of it is a line of retries, status codes and addresses.
func TestALostRegionIsToldWithWhatCanBeDoneMeanwhile(t *testing.T) {
	w := newWorld(t)
	point := w.backedUp()
	w.account.Region(primary).SetDown(true)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"backup"}, "us-east-1 does not answer: while it is lost, make backup STACK=prod REGION=us-east-2 keeps the " +
			"same rows, as a point that has no twin before it is back\n" +
			"the plan in us-east-1: Backup GetBackupPlan says ServiceUnavailableException: region us-east-1 is unavailable"},
		{[]string{"restore-test"}, "us-east-1 does not answer: a restore test looks into the vaults of both data regions: " +
			"test when it is back\n" +
			"whether a restore test runs in us-east-1: SFN ListExecutions says ServiceUnavailableException: region us-east-1 " +
			"is unavailable"},
		{[]string{"restore", "-point", point.Arn}, "a region does not answer: a pair is restored in both, and while one is " +
			"lost the other serves (docs/runbooks.md#region-lost): restore when it is back\n" +
			"the recovery point " + point.Arn + ": Backup DescribeRecoveryPoint says ServiceUnavailableException: region " +
			"us-east-1 is unavailable"},
	} {
		assert.Equal(t, tt.want, reason.Told(w.run(tt.args[0], tt.args[1:]...)))
	}
}
