package backups

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/graph"
)

// What every constructor refuses is told together, and nothing is registered.
func TestMissingArgumentsAreNamedTogether(t *testing.T) {
	for name, c := range map[string]struct {
		create func(ctx *pulumi.Context) error
		want   []string
	}{
		"BackupVault": {func(ctx *pulumi.Context) error { _, err := NewVault(ctx, "x", &VaultArgs{}); return err },
			[]string{"Region.Name", "Region.Account"}},
		"BackupPlan": {func(ctx *pulumi.Context) error {
			_, err := NewPlan(ctx, "x", &PlanArgs{Region: east, Vault: &Vault{Region: "us-east-2"}, Twins: &Vault{Region: "us-east-1"}})
			return err
		}, []string{"Region.Provider", "Database", "RetentionDays", "MonthlyRetentionDays", "After",
			"Vault is in us-east-2: want the plan's own region, us-east-1", "Twins is in us-east-1, the plan's own region"}},
		"DatabaseBackups": {func(ctx *pulumi.Context) error {
			_, err := NewDatabaseBackups(ctx, "x", &DatabaseBackupsArgs{})
			return err
		}, []string{"Witness", "After", "Sides[0].Place", "Sides[1].Database", "Sides[1].Region.Name"}},
		"RestoreTest": {func(ctx *pulumi.Context) error {
			_, err := NewRestoreTest(ctx, "x", &RestoreTestArgs{Region: east, Own: &components.DsqlSide{Region: "us-east-2"}})
			return err
		}, []string{"Topic", "Other", "Vault", "Twins", "Witness", "DatabaseRole", "EvidenceDays",
			"Own is in us-east-2: want the test's own region, us-east-1"}},
		"RestoreTestSchedule": {func(ctx *pulumi.Context) error {
			_, err := NewTestSchedule(ctx, "x", &TestScheduleArgs{})
			return err
		}, []string{"Test", "Every", "After"}},
		"BackupAlarms": {func(ctx *pulumi.Context) error { _, err := NewAlarms(ctx, "x", &AlarmsArgs{}); return err },
			[]string{"Region.Name", "Topic", "Vault", "Twins", "Other", "MaximumAge", "Schedule", "Runbooks", "After"}},
		"BackupEvents": {func(ctx *pulumi.Context) error { _, err := NewEvents(ctx, "x", &EventsArgs{}); return err },
			[]string{"Region.Name", "Topic", "Vault", "Plan", "Runbooks"}},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := graph.Run(c.create, graph.Options{})
			require.ErrorContains(t, err, name+` "x"`)
			for _, part := range c.want {
				require.ErrorContains(t, err, part)
			}
			assert.Empty(t, g.Resources)
		})
	}
	for _, problem := range []error{(*VaultArgs)(nil).validate(), (*PlanArgs)(nil).validate(), (*DatabaseBackupsArgs)(nil).validate(),
		(*RestoreTestArgs)(nil).validate(), (*TestScheduleArgs)(nil).validate(), (*AlarmsArgs)(nil).validate(),
		(*EventsArgs)(nil).validate()} {
		assert.EqualError(t, problem, "args are required")
	}
}

func TestThePlansAreTwelveHoursApartAndTestsFollowThem(t *testing.T) {
	for _, c := range []struct {
		daily                    time.Duration
		primary, second          clock
		weekly, daily2, quarters string
	}{
		{3 * time.Hour, clock{3, 0}, clock{15, 0}, "cron(0 5 ? * SUN *)", "cron(0 17 * * ? *)", "cron(0 7 2 1,4,7,10 ? *)"},
		{22*time.Hour + 30*time.Minute, clock{22, 30}, clock{10, 30}, "cron(30 0 ? * SUN *)", "cron(30 12 * * ? *)",
			"cron(30 2 2 1,4,7,10 ? *)"},
	} {
		s := Settings{DailyAt: c.daily}
		assert.Equal(t, c.primary, at(s.At(0)))
		assert.Equal(t, c.second, at(s.At(1)))
		assert.Equal(t, c.weekly, Weekly.expression(s.At(0)+testDelay))
		assert.Equal(t, c.daily2, Daily.expression(s.At(1)+testDelay))
		assert.Equal(t, c.quarters, quarterly(s.At(0)+2*testDelay))
	}
}

func TestAStepIsTriedForTenMinutesWithoutLambda(t *testing.T) {
	tried, pause := 0, unavailable.IntervalSeconds
	for range unavailable.MaxAttempts {
		tried += min(pause, unavailable.MaxDelaySeconds)
		pause *= int(unavailable.BackoffRate)
	}
	assert.InDelta(t, 600, tried, 30)
}
