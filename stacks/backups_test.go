package stacks

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/schema"
)

// kept is a stack with backups and all that configuration can add to them.
func kept(t *testing.T) *graph.Graph {
	t.Helper()
	return deployed(t, "dev", map[string]string{
		"application": applicationEnabled,
		"backups":     `{"lock":"compliance","lockChangeableDays":3,"pairRestoreTest":"quarterly"}`,
	})
}

// B1: every recovery point is copied at once, to the other data region, and kept there as long.
func TestEveryRecoveryPointHasATwin(t *testing.T) {
	g := kept(t)
	vaults := map[string]string{} // ARN by region
	for _, v := range g.Of("aws:backup/vault:Vault") {
		vaults[v.Region] = v.ARN()
		assert.NotEmpty(t, v.Input("kmsKeyArn"), "a key of its own")
	}
	require.Len(t, vaults, 2)
	plans := g.Of("aws:backup/plan:Plan")
	require.Len(t, plans, 2)
	var hours []string
	for _, p := range plans {
		rules := p.Inputs["rules"].ArrayValue()
		require.Len(t, rules, 2, "daily and monthly")
		for _, r := range rules {
			rule := r.ObjectValue()
			copies := rule["copyActions"].ArrayValue()
			require.Len(t, copies, 1)
			to := copies[0].ObjectValue()
			assert.NotEqual(t, vaults[p.Region], to["destinationVaultArn"].StringValue())
			assert.Contains(t, []string{vaults["us-east-1"], vaults["us-east-2"]}, to["destinationVaultArn"].StringValue())
			assert.Equal(t, rule["lifecycle"].ObjectValue()["deleteAfter"], to["lifecycle"].ObjectValue()["deleteAfter"])
			hours = append(hours, rule["schedule"].StringValue())
			days := map[string]int{"daily": 35, "monthly": 365}[rule["ruleName"].StringValue()]
			assert.Equal(t, days, int(rule["lifecycle"].ObjectValue()["deleteAfter"].NumberValue()))
		}
	}
	assert.ElementsMatch(t, []string{"cron(0 3 * * ? *)", "cron(0 3 1 * ? *)", "cron(0 15 * * ? *)", "cron(0 15 1 * ? *)"}, hours)
}

// B2: selections name the stack's clusters, and nothing that a restore makes.
func TestSelectionsAreOfTheStacksClustersAlone(t *testing.T) {
	g := kept(t)
	selections := g.Of("aws:backup/selection:Selection")
	require.Len(t, selections, 2)
	for _, s := range selections {
		resources := s.Inputs["resources"].ArrayValue()
		require.Len(t, resources, 1)
		i := slices.IndexFunc(g.Of("aws:dsql/cluster:Cluster"), func(c graph.Resource) bool {
			return c.Region == s.Region && c.ARN() == resources[0].StringValue()
		})
		assert.GreaterOrEqual(t, i, 0, "the own region's cluster")
		assert.False(t, s.Inputs.HasValue("selectionTags") || s.Inputs.HasValue("conditions"))
	}
}

// Every vault is watched by age and by failure, in its region or the other.
func TestEveryVaultIsWatchedByAgeAndFailure(t *testing.T) {
	g := kept(t)
	for _, vault := range g.Of("aws:backup/vault:Vault") {
		watched := map[string]int{}
		for _, a := range g.Of("aws:cloudwatch/metricAlarm:MetricAlarm") {
			dimensions := a.Inputs["dimensions"]
			if dimensions.IsObject() && a.Input("namespace") == "AWS/Backup" &&
				dimensions.ObjectValue()["BackupVaultName"].StringValue() == vault.State["name"].StringValue() {
				watched[a.Input("metricName")]++
				assert.Equal(t, a.Input("metricName") == "NumberOfCopyJobsFailed", a.Region != vault.Region,
					"a copy is counted where it comes from")
				assert.Equal(t, "DSQL", dimensions.ObjectValue()["ResourceType"].StringValue())
				assert.Equal(t, "notBreaching", a.Input("treatMissingData"))
			}
		}
		assert.Equal(t, map[string]int{"NumberOfBackupJobsFailed": 1, "NumberOfBackupJobsAborted": 1,
			"NumberOfBackupJobsExpired": 1, "NumberOfCopyJobsFailed": 1}, watched, vault.Name)
	}
	ages := map[string]string{} // the alarm's region by that of the plan
	for _, a := range g.Of("aws:cloudwatch/metricAlarm:MetricAlarm") {
		if a.Input("metricName") == contract.MetricBackupAge {
			ages[a.Inputs["dimensions"].ObjectValue()[contract.DimensionRegion].StringValue()] = a.Region
			assert.EqualValues(t, 28, a.Inputs["threshold"].NumberValue())
			assert.Equal(t, "ignore", a.Input("treatMissingData"), "an observer that knows nothing says so")
		}
	}
	assert.Equal(t, map[string]string{"us-east-1": "us-east-2", "us-east-2": "us-east-1"}, ages,
		"the loss of a region does not silence the alarm on its plan")
}

// Observers are told both plans, and may read them and the vaults.
func TestEveryObserverWatchesBothPlans(t *testing.T) {
	g := kept(t)
	for _, place := range places {
		f, ok := g.Named("aws:lambda/function:Function", place+"-monitor")
		require.True(t, ok)
		variables := f.Inputs["environment"].ObjectValue()["variables"].ObjectValue()
		var plans []contract.BackupPlan
		require.NoError(t, json.Unmarshal([]byte(variables[contract.EnvBackups].StringValue()), &plans))
		require.Len(t, plans, 2)
		for _, p := range plans {
			assert.NotEqual(t, p.Region, p.PeerRegion)
			assert.Contains(t, p.ClusterARN, ":"+p.Region+":")
		}
	}
}

// The verifier reads: it may connect as a role that only reads, and open the keyset; nothing deletes, or connects as
// admin to, the stack's own clusters.
func TestARestoreTestTouchesNothingOfTheStack(t *testing.T) {
	g := kept(t)
	var own []string
	for _, c := range g.Of("aws:dsql/cluster:Cluster") {
		own = append(own, c.ARN())
	}
	denied := 0
	for _, p := range g.Of("aws:iam/rolePolicy:RolePolicy") {
		for _, s := range parse(t, p.Input("policy")).Statement {
			if strings.HasSuffix(p.Name, "-restore-verify-access") {
				assert.Subset(t, []string{"dsql:DbConnect", "kms:Decrypt"}, s.Action, p.Name)
			}
			if s.Sid == "SpareTheStack" {
				denied++
				assert.Equal(t, "Deny", s.Effect)
				assert.ElementsMatch(t, own, s.Resource)
			}
		}
	}
	assert.Equal(t, 4, denied, "the function that deletes and the one that grants, in both regions")
	for _, role := range schema.Roles() {
		for _, grant := range role.Grants {
			if role.Name == schema.RoleVerify {
				assert.True(t, strings.HasPrefix(grant, "SELECT ON ") || strings.HasPrefix(grant, "USAGE ON "), grant)
			}
		}
	}
}

// What `make restore` makes and what tests make are told apart by the roles.
func TestTestsAndPeopleRestoreWithRolesOfTheirOwn(t *testing.T) {
	g := kept(t)
	var roles []string
	for _, r := range g.Of("aws:iam/role:Role") {
		if strings.Contains(r.Input("assumeRolePolicy"), "backup.amazonaws.com") {
			roles = append(roles, r.Name)
		}
	}
	assert.ElementsMatch(t, []string{"backups-primary-role", "backups-secondary-role", "backups-primary-recovery-role",
		"backups-secondary-recovery-role", "primary-restore-tests-role", "secondary-restore-tests-role"}, roles)
}

// The pair that a test makes has a cluster in each region, whichever tests it; a person's restore is told.
func TestWhatRestoreTestsDoIsToldInNeitherRegion(t *testing.T) {
	g := kept(t)
	testers, people := []string{}, []string{}
	for _, r := range g.Of("aws:iam/role:Role") {
		switch {
		case strings.HasSuffix(r.Name, "-restore-tests-role"), strings.HasSuffix(r.Name, "-restore-test-role"):
			testers = append(testers, r.ARN())
		case strings.HasSuffix(r.Name, "-recovery-role"):
			people = append(people, r.ARN())
		}
	}
	require.Len(t, testers, 4)
	require.Len(t, people, 2)
	for _, place := range places[:witness] {
		done, ok := g.Named("aws:cloudwatch/eventRule:EventRule", place+"-database-events-rule")
		require.True(t, ok)
		refused, ok := g.Named("aws:cloudwatch/eventRule:EventRule", place+"-database-events-rule-refused")
		require.True(t, ok)
		for _, role := range testers {
			assert.Contains(t, done.Input("eventPattern"), `"`+role+`"`)
			assert.NotContains(t, refused.Input("eventPattern"), role, "what they may not do is told")
		}
		for _, role := range people {
			assert.NotContains(t, done.Input("eventPattern"), role)
		}
		assert.LessOrEqual(t, len(done.Input("eventPattern")), 2048, "characters of a pattern")
	}
}

// What ends or weakens the backups is told in the region where it happens, by rules that know that region's vault and
// plan, and that are made after all that they watch.
func TestWhatEndsTheBackupsIsToldInTheirRegion(t *testing.T) {
	g := kept(t)
	for _, place := range places[:witness] {
		vault, ok := g.Named("aws:backup/vault:Vault", "backups-"+place+"-vault")
		require.True(t, ok)
		for _, name := range []string{"-rule", "-rule-refused"} {
			rule, ok := g.Named("aws:cloudwatch/eventRule:EventRule", place+"-backup-events"+name)
			require.True(t, ok)
			assert.Equal(t, vault.Region, rule.Region)
			assert.Contains(t, rule.Input("eventPattern"), `"backupVaultName":["`+vault.State["name"].StringValue()+`"`)
			assert.Contains(t, rule.Input("eventPattern"), `"backupPlanId":["backups-`+place+`-plan-id"`)
			for _, made := range []string{"backup/vaultPolicy:", "backup/vaultLockConfiguration:", "backup/plan:",
				"backup/selection:"} {
				assert.Equal(t, 1, count(rule, made), "neither a first deployment nor a destroy tells of its own %s", made)
			}
		}
	}
}

// A pair takes both regions: one of them tests it.
func TestPairsAreTestedFromOneRegion(t *testing.T) {
	var schedules []string
	for _, s := range kept(t).Of("aws:scheduler/schedule:Schedule") {
		input := s.Inputs["target"].ObjectValue()["input"].StringValue()
		schedules = append(schedules, s.Region+" "+s.Input("scheduleExpression")+" "+input)
	}
	assert.ElementsMatch(t, []string{
		`us-east-1 cron(0 5 ? * SUN *) {"pair":false}`,
		`us-east-1 cron(0 7 2 1,4,7,10 ? *) {"pair":true}`,
		`us-east-2 cron(0 17 ? * SUN *) {"pair":false}`,
	}, schedules)
}

// A lock that is changed is one thing to AWS: the new one is not made before the old one is gone.
func TestALockIsReplacedInItsPlace(t *testing.T) {
	locks := kept(t).Of("aws:backup/vaultLockConfiguration:VaultLockConfiguration")
	require.Len(t, locks, 2)
	for _, l := range locks {
		assert.True(t, l.RPC.GetDeleteBeforeReplace(), l.Name)
		assert.EqualValues(t, 3, l.Inputs["changeableForDays"].NumberValue())
	}
}
