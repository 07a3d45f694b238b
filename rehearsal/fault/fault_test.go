package fault

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

const (
	east, west, witness = "us-east-1", "us-east-2", "us-west-2"
	roleName            = "monitor"
	ruleName            = "every-minute"
)

var places = map[string]string{"primary": east, "secondary": west, "witness": witness}

// world is a sandbox with one cluster, one scheduled function and their key and role, all in us-east-1.
type world struct {
	*sandbox.Sandbox
	cluster  dsql.Cluster
	key      kms.Key
	function lambda.Function
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s, err := stack.Start(t.Context(), sandbox.Options{ClusterDelay: time.Millisecond, Template: postgrestest.Template(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	w := &world{Sandbox: s}
	home := s.Account.Region(east)
	w.key, err = home.KMS.CreateKey(kms.Key{Policy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"},
		{"Effect":"Allow","Principal":{"Service":"dsql.amazonaws.com"},"Action":"kms:*","Resource":"*"}]}`})
	require.NoError(t, err)
	w.cluster, err = s.Account.Region(east).DSQL.CreateCluster(dsql.CreateClusterInput{KMSEncryptionKey: &w.key.Arn})
	require.NoError(t, err)
	w.await(t, dsql.Active)
	role, err := s.Account.IAM.CreateRole(iam.Role{
		Name: roleName,
		AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	})
	require.NoError(t, err)
	_, err = s.Account.IAM.PutRolePolicy(iam.RolePolicy{
		Role: roleName,
		Name: "own",
		Policy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["dsql:DbConnect","dsql:GetCluster"],"Resource":"*"}]}`,
	})
	require.NoError(t, err)
	w.function, err = s.Account.Region(east).Lambda.CreateFunction(lambda.Function{
		Name:    "primary-monitor",
		Role:    role.Arn,
		Runtime: "provided.al2023",
		Handler: "bootstrap",
		Stub:    func(_ context.Context, payload []byte) ([]byte, error) { return payload, nil },
	})
	require.NoError(t, err)
	_, err = home.Events.PutRule(events.Rule{Name: ruleName, ScheduleExpression: "rate(1 minute)"})
	require.NoError(t, err)
	_, err = home.Events.PutTarget(events.Target{Rule: ruleName, TargetID: "f", Arn: w.function.ARN})
	require.NoError(t, err)
	_, err = home.Backup.CreateVault(backup.Vault{Name: "vault", KMSKeyArn: w.key.Arn})
	require.NoError(t, err)
	_, err = home.Backup.CreatePlan(backup.Plan{Name: "daily", Rules: []backup.Rule{{
		Name: "daily", VaultName: "vault", Lifecycle: &backup.Lifecycle{DeleteAfter: 1},
	}}})
	require.NoError(t, err)
	threshold := 1.0
	_, err = s.Account.Region(west).CloudWatch.PutMetricAlarm(cloudwatch.MetricAlarm{
		Name:               "unfit",
		Namespace:          contract.MetricNamespace,
		MetricName:         contract.MetricEndpointUnfit,
		Dimensions:         contract.ObserverDimensions(w.cluster.Identifier, east, witness),
		Statistic:          "Maximum",
		Period:             60,
		EvaluationPeriods:  2,
		Threshold:          &threshold,
		ComparisonOperator: "GreaterThanOrEqualToThreshold",
	})
	require.NoError(t, err)
	return w
}

func (w *world) await(t *testing.T, status dsql.Status) {
	t.Helper()
	for {
		changed := w.Account.DSQL.Changed()
		if c, err := w.Account.Region(east).DSQL.GetCluster(w.clusterID()); err == nil && c.Status == status {
			w.cluster = c
			return
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			require.FailNow(t, "the cluster did not become "+string(status))
		}
	}
}

func (w *world) clusterID() string { return w.Account.DSQL.Clusters()[0].Identifier }

// state is everything that faults touch, in comparable form.
func (w *world) state() map[string]any {
	all := map[string]any{}
	for _, r := range w.Account.Regions() {
		all[r.Name+" down"] = r.Down()
		all[r.Name+" skew"] = r.Skew()
		all[r.Name+" endpoint"] = r.SQL.Fault()
		all[r.Name+" sns"] = r.Available("sns") == nil
		for _, from := range places {
			ended, cancel := context.WithCancel(context.Background())
			cancel()
			all[from+" reaches "+r.Name] = r.Reach(ended, from) == nil
		}
	}
	key, _ := w.Account.Region(east).KMS.Key(w.key.Arn)
	rule, _ := w.Account.Region(east).Events.Rule(events.DefaultBus, ruleName)
	cluster, _ := w.Account.Region(east).DSQL.GetCluster(w.clusterID())
	result, err := w.Account.Region(east).Lambda.Invoke(
		context.Background(),
		w.Account.IAM.Admin().Principal,
		w.function.Name,
		nil,
		nil,
	)
	session := iam.Session(w.function.Role, "s")
	all["key"], all["schedule"], all["cluster"] = *key.IsEnabled, rule.State, cluster.Status
	all["plan"] = w.Account.Region(east).Backup.Plans()[0].Stopped
	all["function"] = fmt.Sprint(result.FunctionError, err)
	all["connect"] = w.Account.IAM.Authorize(session, "dsql:DbConnect", w.cluster.ARN, nil) == nil
	all["read"] = w.Account.IAM.Authorize(session, "dsql:GetCluster", w.cluster.ARN, nil) == nil
	return all
}

// differences are what has another value than before.
func differences(before, after map[string]any) map[string]any {
	changed := map[string]any{}
	for key, value := range after {
		if before[key] != value {
			changed[key] = value
		}
	}
	return changed
}

func TestEveryFaultDoesWhatItSaysAndIsUndone(t *testing.T) {
	type change = map[string]any
	with := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	w := newWorld(t)
	home := with("region", "primary")
	tests := map[string]struct {
		with map[string]string
		want change
	}{
		"region-lost": {home, change{
			east + " down": true,
			east + " sns":  false,
			east + " endpoint": sqlendpoint.Fault{
				BlackHole: true,
			},
			"function": "ServiceUnavailable: region us-east-1 is unavailable",
		}},
		"witness-lost":         {nil, change{witness + " down": true, witness + " sns": false}},
		"endpoint-refused":     {home, change{east + " endpoint": sqlendpoint.Fault{Refuse: true}}},
		"endpoint-black-holed": {home, change{east + " endpoint": sqlendpoint.Fault{BlackHole: true}}},
		"endpoint-slow": {with("region", east, "latency", "2s"), change{
			east + " endpoint": sqlendpoint.Fault{Latency: 2 * time.Second},
		}},
		"connections-failing": {with("region", "primary", "percent", "30"), change{
			east + " endpoint": sqlendpoint.Fault{FailPercent: 30},
		}},
		"silent-address": {home, change{east + " endpoint": sqlendpoint.Fault{SilentAddress: true}}},
		"server-unavailable": {with("region", "primary", "percent", "30"), change{
			east + " endpoint": sqlendpoint.Fault{UnavailablePercent: 30},
		}},
		"commits-stalled": {home, change{east + " endpoint": sqlendpoint.Fault{CommitStall: true}}},
		"regions-partitioned": {with("region", "primary", "from", "secondary"),
			change{west + " reaches " + east: false, east + " reaches " + west: false}},
		"key-disabled":        {home, change{"key": false}},
		"cluster-idle":        {with("region", "primary", "wake", "100ms"), change{"cluster": dsql.Idle}},
		"cluster-inactive":    {with("region", "primary", "wake", "100ms"), change{"cluster": dsql.Inactive}},
		"permission-removed":  {with("region", "primary", "action", "dsql:DbConnect"), change{"connect": false}},
		"sns-failing":         {home, change{east + " sns": false}},
		"function-crashing":   {home, change{"function": "Unhandled<nil>"}},
		"function-timing-out": {with("region", "primary", "function", "monitor"), nil},
		"schedule-stopped":    {home, change{"schedule": "DISABLED"}},
		"backup-plan-stopped": {home, change{"plan": true}},
		"observer-lying":      {with("region", "primary", "observer", "witness"), nil},
		"clock-skewed":        {with("region", "witness", "by", "-90s"), change{witness + " skew": -90 * time.Second}},
	}
	for _, f := range Catalogue() {
		t.Run(f.Name, func(t *testing.T) {
			test, ok := tests[f.Name]
			require.True(t, ok, "every fault has a test")
			i := NewInjector(w.Sandbox, places)
			before := w.state()
			spec := Spec{Name: f.Name, With: test.with}
			undo, err := i.Inject(spec)
			require.NoError(t, err)
			require.Len(t, i.Active(), 1)
			assert.Equal(t, spec, i.Active()[0].Spec)
			if test.want != nil {
				assert.Equal(t, test.want, differences(before, w.state()))
			}
			require.NoError(t, undo())
			require.NoError(t, undo(), "again does nothing")
			assert.Empty(t, i.Active())
			w.await(t, dsql.Active) // an idle cluster takes its time
			assert.Empty(t, differences(before, w.state()))
		})
	}
	assert.Len(t, tests, len(Catalogue()))
}

// A lie is told where the health checks about the endpoint read, again and again, and until the fault ends.
func TestAnObserversLieIsInItsMetric(t *testing.T) {
	w := newWorld(t)
	undo, err := NewInjector(w.Sandbox, places).Inject(Spec{"observer-lying", map[string]string{
		"region":   "primary",
		"observer": "witness",
	}})
	require.NoError(t, err)
	lie := cloudwatch.Metric{
		Namespace:  contract.MetricNamespace,
		Name:       contract.MetricEndpointUnfit,
		Dimensions: contract.ObserverDimensions(w.cluster.Identifier, east, witness),
	}
	told := func(region string) bool {
		return slices.ContainsFunc(w.Account.Region(region).CloudWatch.ListMetrics(contract.MetricNamespace),
			func(m cloudwatch.Metric) bool { return reflect.DeepEqual(m, lie) })
	}
	require.Eventually(t, func() bool { return told(west) }, time.Minute, time.Millisecond)
	assert.False(t, told(east), "where it would be lost with the endpoint")
	require.NoError(t, undo())
}

// What is wrong with a thing is the sum of the active faults, in whatever order they come and go.
func TestFaultsOverlapAndEndInAnyOrder(t *testing.T) {
	w := newWorld(t)
	i := NewInjector(w.Sandbox, places)
	before := w.state()
	inject := func(name string, pairs ...string) func() error {
		spec := Spec{Name: name, With: map[string]string{"region": "primary"}}
		for n := 0; n < len(pairs); n += 2 {
			spec.With[pairs[n]] = pairs[n+1]
		}
		undo, err := i.Inject(spec)
		require.NoError(t, err)
		return undo
	}
	lost := inject("region-lost")
	slow := inject("endpoint-slow", "latency", "1s")
	slower := inject("endpoint-slow", "latency", "2s")
	again := inject("region-lost")
	assert.Equal(t, sqlendpoint.Fault{BlackHole: true, Latency: 3 * time.Second}, w.Account.Region(east).SQL.Fault())
	require.NoError(t, lost())
	assert.True(t, w.Account.Region(east).Down(), "it was lost twice")
	require.NoError(t, slow())
	require.NoError(t, again())
	assert.Equal(t, sqlendpoint.Fault{Latency: 2 * time.Second}, w.Account.Region(east).SQL.Fault())
	assert.False(t, w.Account.Region(east).Down())
	require.NoError(t, slower())

	inject("permission-removed", "action", "dsql:DbConnect")
	inject("permission-removed", "action", "dsql:GetCluster")
	inject("schedule-stopped")
	assert.Equal(t, []int{5, 6, 7}, []int{i.Active()[0].ID, i.Active()[1].ID, i.Active()[2].ID})
	require.NoError(t, i.UndoAll())
	assert.Empty(t, i.Active())
	assert.Empty(t, differences(before, w.state()))
}

// A stack may be destroyed while a fault is active; undoing it then finds nothing left to put right.
func TestUndoingAfterTheStackIsGone(t *testing.T) {
	w := newWorld(t)
	i := NewInjector(w.Sandbox, places)
	for _, spec := range []Spec{
		{"permission-removed", map[string]string{"region": east, "action": "dsql:DbConnect"}},
		{"function-crashing", map[string]string{"region": east}},
		{"schedule-stopped", map[string]string{"region": east}},
	} {
		_, err := i.Inject(spec)
		require.NoError(t, err)
	}
	home := w.Account.Region(east)
	require.NoError(t, home.Events.RemoveTarget(events.DefaultBus, ruleName, "f"))
	require.NoError(t, home.Events.DeleteRule(events.DefaultBus, ruleName))
	require.NoError(t, w.Account.Region(east).Lambda.DeleteFunction(w.function.Name))
	for _, p := range w.Account.IAM.RolePolicies(roleName) {
		require.NoError(t, w.Account.IAM.DeleteRolePolicy(roleName, p.Name))
	}
	require.NoError(t, w.Account.IAM.DeleteRole(roleName))
	assert.NoError(t, i.UndoAll())
}

func TestWhatCannotBeInjectedSaysWhatIsAccepted(t *testing.T) {
	w := newWorld(t)
	i := NewInjector(w.Sandbox, places)
	for want, spec := range map[string]Spec{
		`fault "region-los" is unknown: want region-lost perhaps, one of region-lost, witness-lost,`: {Name: "region-los"},
		`fault "nonsense" is unknown: want one of region-lost, witness-lost,`:                        {Name: "nonsense"},
		`parameter "region" is missing: primary (us-east-1), secondary`:                              {Name: "region-lost"},
		"want a whole number from 1 to 100": {"connections-failing", map[string]string{
			"region":  east,
			"percent": "0",
		}},
		"want a duration above 0": {"endpoint-slow", map[string]string{
			"region":  east,
			"latency": "fast",
		}},
		"want a duration other than 0": {"clock-skewed", map[string]string{
			"region": east,
			"by":     "0s",
		}},
		"want an IAM action such as dsql:DbConnect": {"permission-removed", map[string]string{
			"region": east,
			"action": "connect",
		}},
		"region and from are both us-east-1": {"regions-partitioned", map[string]string{
			"region": east,
			"from":   east,
		}},
		"there is no cluster in us-east-2": {"key-disabled", map[string]string{
			"region": west,
		}},
		"nobody routes traffic by what the observer in us-east-1 says of us-east-1": {"observer-lying", map[string]string{
			"region":   east,
			"observer": east,
		}},
		"runs on a schedule in us-east-2": {"function-crashing", map[string]string{
			"region": west,
		}},
		`no function of a name with "other"`: {"schedule-stopped", map[string]string{
			"region":   east,
			"function": "other",
		}},
	} {
		_, err := i.Inject(spec)
		assert.ErrorContains(t, err, want)
	}
	_, err := i.Inject(Spec{"connections-failing", map[string]string{"regio": east, "percent": "101"}})
	assert.ErrorContains(t, err, `"region" is missing`)
	assert.ErrorContains(t, err, `"percent" is "101"`)
	assert.ErrorContains(t, err, `has no parameter "regio": want region, percent`)
	assert.Empty(t, i.Active())
}
