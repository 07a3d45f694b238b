package backup

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/dsql"
)

// daily and monthly are the rules of a plan at three, whose backups the other region has a copy of.
func (w *world) daily() Rule {
	return Rule{
		Name:        "daily",
		VaultName:   "vault",
		Schedule:    "cron(0 3 * * ? *)",
		StartWindow: 60,
		Lifecycle:   &Lifecycle{DeleteAfter: 35},
		CopyActions: []CopyAction{{VaultArn: w.vaultArn(secondary)}},
	}
}

func (w *world) monthly() Rule {
	r := w.daily()
	r.Name, r.Schedule, r.Lifecycle = "monthly", "cron(0 3 1 * ? *)", &Lifecycle{DeleteAfter: 365}
	return r
}

// plan makes a plan that backs up the primary region's cluster.
func (w *world) plan(rules ...Rule) Plan {
	w.t.Helper()
	p, err := w.backup[primary].CreatePlan(Plan{Name: "plan", Rules: rules})
	require.NoError(w.t, err)
	_, err = w.backup[primary].CreateSelection(Selection{
		Name: "clusters", PlanID: p.ID, RoleArn: w.role, Resources: []string{w.arn(primary)},
	})
	require.NoError(w.t, err)
	return p
}

// The bubble's clock begins on 1 January 2000 at midnight UTC.

func TestAPlanBacksUpEveryDayAndCopiesAtOnce(t *testing.T) {
	run(t, func(w *world) {
		p := w.plan(w.daily())
		pass(3*time.Hour - time.Second)
		assert.Empty(t, w.backup[primary].BackupJobs())
		pass(10 * time.Minute)
		require.Len(t, w.points(primary), 1)
		require.Len(t, w.points(secondary), 1)
		point, twin := w.points(primary)[0], w.points(secondary)[0]
		assert.Equal(t, time.Date(2000, 1, 1, 3, 0, 0, 0, time.UTC), point.CreatedAt)
		assert.Equal(t, point.CreatedAt, twin.CreatedAt)
		assert.Equal(t, point.ResourceName, twin.ResourceName)
		assert.Equal(t, point.ResourceArn, twin.ResourceArn)
		assert.Equal(t, point.VaultArn, twin.SourceVaultArn)
		assert.NotEqual(t, point.KeyArn, twin.KeyArn, "a copy is encrypted with its own vault's key")
		assert.Equal(t, p.ID, point.CreatedBy.PlanID)
		assert.Equal(t, "daily", point.CreatedBy.RuleName)
		assert.Equal(t, 1, w.data.kept(), "the rows are kept once")
		pass(6 * day)
		assert.Len(t, w.points(primary), 7)
	})
}

func TestOfOverlappingRulesTheOneThatKeepsLongerIsTaken(t *testing.T) {
	run(t, func(w *world) {
		w.plan(w.daily(), w.monthly())
		pass(59*day + 12*time.Hour) // to the end of February 2000, which has 29 days
		pass(day)                   // 1 March
		count := map[int]int{}
		for _, p := range w.points(primary) {
			count[p.Lifecycle.DeleteAfter]++
			assert.Equal(t, p.CreatedAt.Day() == 1, p.Lifecycle.DeleteAfter == 365, "%s", p.CreatedAt)
		}
		assert.Equal(t, map[int]int{35: 58, 365: 3}, count, "nothing expires without the minute hand")
	})
}

// The User Guide's example: of a rule every hour and one every twelve hours with a start window of eight, the second
// makes two backups a day, and the first the eight that are left.
func TestAWideStartWindowKeepsOtherRulesFromFiring(t *testing.T) {
	run(t, func(w *world) {
		hourly := w.daily()
		hourly.Schedule, hourly.Lifecycle, hourly.CopyActions = "cron(0 * * * ? *)", &Lifecycle{DeleteAfter: 1}, nil
		half := w.daily()
		half.Name, half.Schedule, half.Lifecycle = "half", "cron(0 0/12 * * ? *)", &Lifecycle{DeleteAfter: 7}
		half.StartWindow, half.CompletionWindow, half.CopyActions = 480, 600, nil
		w.plan(hourly, half)
		pass(30 * time.Minute)
		count := map[string]int{}
		before := len(w.backup[primary].BackupJobs())
		pass(day)
		jobs := w.backup[primary].BackupJobs()
		for _, j := range jobs[:len(jobs)-before] {
			count[j.CreatedBy.RuleName]++
		}
		assert.Equal(t, map[string]int{"daily": 8, "half": 2}, count)
	})
}

func TestRecoveryPointsExpireAfterTheirDays(t *testing.T) {
	run(t, func(w *world) {
		w.plan(w.daily(), w.monthly())
		for range 400 {
			pass(day)
			for _, s := range w.backup {
				s.Tick(time.Now())
			}
		}
		for _, region := range []string{primary, secondary} {
			count := map[int]int{}
			for _, p := range w.points(region) {
				count[p.Lifecycle.DeleteAfter]++
			}
			assert.Equal(t, map[int]int{35: 33, 365: 12}, count, region) // two days of 35 are firsts
		}
		assert.Equal(t, 45, w.data.kept())
	})
}

func TestASchedulesZoneHasItsClocksTurned(t *testing.T) {
	run(t, func(w *world) {
		r := w.daily()
		r.TimeZone = "Europe/Berlin"
		w.plan(r)
		pass(day)
		assert.Equal(t, 2, w.points(primary)[0].CreatedAt.Hour(), "winter")
		pass(120 * day)
		assert.Equal(t, 1, w.points(primary)[0].CreatedAt.Hour(), "summer")
	})
}

func TestAPlanMissesWhatItsRegionIsLostFor(t *testing.T) {
	run(t, func(w *world) {
		p := w.plan(w.daily())
		pass(2 * time.Hour)
		w.env[primary].SetDown(true)
		pass(day)
		w.env[primary].SetDown(false)
		pass(time.Hour - time.Minute)
		assert.Empty(t, w.backup[primary].BackupJobs(), "and does not make up for it")
		pass(10 * time.Minute)
		assert.Len(t, w.points(primary), 1)

		require.NoError(t, w.backup[primary].SetPlanStopped(p.ID, true))
		pass(3 * day)
		assert.Len(t, w.points(primary), 1)
		require.NoError(t, w.backup[primary].SetPlanStopped(p.ID, false))
		pass(day)
		assert.Len(t, w.points(primary), 2)
	})
}

func TestACopyFailsWhenItsRegionIsLost(t *testing.T) {
	run(t, func(w *world) {
		w.plan(w.daily())
		pass(3*time.Hour + 5*time.Minute)
		w.env[secondary].SetDown(true)
		pass(time.Hour)
		require.Len(t, w.points(primary), 1)
		jobs := w.backup[primary].CopyJobs()
		require.Len(t, jobs, 1)
		assert.Equal(t, Failed, jobs[0].State)
		assert.Contains(t, jobs[0].Message, "unavailable")
		w.env[secondary].SetDown(false)
		pass(time.Hour)
		assert.Empty(t, w.points(secondary), "nobody tries again")
	})
}

func TestAPlanFollowsItsUpdatesAndSelections(t *testing.T) {
	run(t, func(w *world) {
		p := w.plan(w.daily())
		selections, err := w.backup[primary].Selections(p.ID)
		require.NoError(t, err)
		later := w.daily()
		later.Schedule = "cron(0 6 * * ? *)"
		p.Rules = []Rule{later}
		updated, err := w.backup[primary].UpdatePlan(p)
		require.NoError(t, err)
		assert.NotEqual(t, p.Version, updated.Version)
		assert.Equal(t, p.Arn, updated.Arn)
		pass(7 * time.Hour)
		require.Len(t, w.points(primary), 1)
		assert.Equal(t, 6, w.points(primary)[0].CreatedAt.Hour())

		requireCode(t, w.backup[primary].DeletePlan(p.ID), refused, "selections must be deleted")
		require.NoError(t, w.backup[primary].DeleteSelection(p.ID, selections[0].ID))
		pass(2 * day)
		assert.Len(t, w.points(primary), 1, "nothing is selected")
		require.NoError(t, w.backup[primary].DeletePlan(p.ID))
		_, err = w.backup[primary].Plan(p.ID)
		requireCode(t, err, missing, "Cannot find Backup plan")
	})
}

func TestASelectionIsOfWholeARNs(t *testing.T) {
	run(t, func(w *world) {
		p := w.plan(w.daily())
		point := w.backedUp()
		j := w.restore(point, nil)
		pass(3 * time.Minute)
		require.Equal(t, Completed, w.restoreJob(j.ID).State)
		pass(day)
		for _, j := range w.backup[primary].BackupJobs() {
			assert.Equal(t, w.arn(primary), j.ResourceArn, "a restored cluster is selected by nobody")
		}
		tests := map[string]struct {
			edit func(n *Selection)
			code string
			says string
		}{
			"nothing":                     {func(n *Selection) { n.Resources = nil }, invalid, "has no resources"},
			"everything":                  {func(n *Selection) { n.Resources = []string{"*"} }, invalid, "whole ARNs"},
			"all clusters":                {func(n *Selection) { n.Resources = []string{"arn:aws:dsql:*:*:cluster/*"} }, invalid, "whole ARNs"},
			"no role":                     {func(n *Selection) { n.RoleArn += "x" }, invalid, "cannot be assumed by AWS Backup"},
			"a plan that is not there":    {func(n *Selection) { n.PlanID += "x" }, missing, "Cannot find Backup plan"},
			"a name that is there":        {func(n *Selection) { n.Name = "clusters" }, taken, "already exists"},
			"a name that is none":         {func(n *Selection) { n.Name = "all clusters" }, invalid, "selectionName"},
			"more resources than allowed": {func(n *Selection) { n.Resources = make([]string, 501) }, invalid, "resources"},
		}
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				n := Selection{Name: "more", PlanID: p.ID, RoleArn: w.role, Resources: []string{w.arn(primary)}}
				test.edit(&n)
				_, err := w.backup[primary].CreateSelection(n)
				requireCode(t, err, test.code, test.says)
			})
		}
	})
}

func TestAPlanIsRefused(t *testing.T) {
	tests := map[string]struct {
		edit func(r *Rule)
		says string
	}{
		"no cron":                  {func(r *Rule) { r.Schedule = "every day" }, "schedule of rule daily"},
		"a rate":                   {func(r *Rule) { r.Schedule = "rate(1 day)" }, "want cron("},
		"more than once an hour":   {func(r *Rule) { r.Schedule = "cron(0/30 * * * ? *)" }, "at most one backup an hour"},
		"no time zone":             {func(r *Rule) { r.TimeZone = "Berlin" }, "Europe/Berlin"},
		"no name":                  {func(r *Rule) { r.Name = "" }, "ruleName"},
		"no vault":                 {func(r *Rule) { r.VaultName = "" }, "targetBackupVaultName"},
		"a start window too short": {func(r *Rule) { r.StartWindow = 59 }, "startWindowMinutes"},
		"a completion window within the start's": {
			func(r *Rule) { r.StartWindow, r.CompletionWindow = 120, 179 }, "completionWindowMinutes",
		},
		"retention of less than nothing":   {func(r *Rule) { r.Lifecycle.DeleteAfter = -1 }, "DeleteAfterDays"},
		"retention of more than a century": {func(r *Rule) { r.Lifecycle.DeleteAfter = 36_501 }, "DeleteAfterDays"},
		"a copy's retention": {
			func(r *Rule) { r.CopyActions[0].Lifecycle = &Lifecycle{DeleteAfter: -2} }, "DeleteAfterDays",
		},
		"a copy to what is no vault": {func(r *Rule) { r.CopyActions[0].VaultArn = "vault" }, "destination vault"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				r := w.daily()
				test.edit(&r)
				_, err := w.backup[primary].CreatePlan(Plan{Name: "plan", Rules: []Rule{r}})
				requireCode(t, err, invalid, test.says)
				assert.Empty(t, w.backup[primary].Plans())
			})
		})
	}
	run(t, func(w *world) {
		_, err := w.backup[primary].CreatePlan(Plan{Name: "plan"})
		requireCode(t, err, invalid, "has no rules")
	})
}

func TestAPlanBacksUpWhatItNamesWhateverTheOptIn(t *testing.T) {
	run(t, func(w *world) {
		w.backup[primary].OptIn(false)
		assert.False(t, w.backup[primary].OptedIn())
		w.plan(w.daily())
		pass(day)
		assert.Len(t, w.points(primary), 1)
	})
}

func TestADeletedClusterIsBackedUpNoMore(t *testing.T) {
	run(t, func(w *world) {
		w.plan(w.daily())
		for region, c := range w.cluster {
			_, err := w.dsql.Region(region).DeleteCluster(dsql.DeleteClusterInput{Identifier: c.Identifier})
			require.NoError(t, err)
		}
		pass(2 * day)
		assert.Empty(t, w.backup[primary].BackupJobs())
	})
}
