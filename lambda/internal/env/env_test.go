package env

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
)

const targets = `[{"region":"us-east-1","clusterId":"aaa",` +
	`"clusterArn":"arn:aws:dsql:us-east-1:123456789012:cluster/aaa","endpoint":"aaa.dsql.us-east-1.on.aws"},` +
	`{"region":"us-east-2","clusterId":"bbb",` +
	`"clusterArn":"arn:aws:dsql:us-east-2:123456789012:cluster/bbb","endpoint":"bbb.dsql.us-east-2.on.aws"}]`

func complete() map[string]string {
	return map[string]string{
		"AWS_REGION":     "us-west-2",
		"TARGETS":        targets,
		"METRIC_REGIONS": "us-east-1,us-east-2",
		"TOPICS": `[{"region":"us-west-2","arn":"arn:aws:sns:us-west-2:123456789012:alerts"},
			{"region":"us-east-1","arn":"arn:aws:sns:us-east-1:123456789012:alerts"}]`,
		"SCHEDULE":           "1m",
		"PROBE_INTERVAL":     "15s",
		"FAILURES_TO_OPEN":   "2",
		"SUCCESSES_TO_CLOSE": "3",
		"REMINDER":           "15m",
		"MINIMUM_OUTAGE":     "0s",
		"RUNBOOKS":           "https://wiki.example.com/dr",
		"METRICS":            "full",
		"DATABASE_ROLE":      "dr_monitor",
		"DSQL_HOSTADDR":      "aaa.dsql.us-east-1.on.aws=127.0.0.1:5432",
	}
}

func parse(environment map[string]string) (Environment, error) {
	return Parse(func(key string) (string, bool) {
		value, ok := environment[key]
		return value, ok
	})
}

func TestACompleteEnvironment(t *testing.T) {
	e, err := parse(complete())
	require.NoError(t, err)
	assert.Equal(t, "us-west-2", e.Region)
	assert.Equal(t, contract.Target{
		Region:     "us-east-2",
		ClusterID:  "bbb",
		ClusterARN: "arn:aws:dsql:us-east-2:123456789012:cluster/bbb",
		Endpoint:   "bbb.dsql.us-east-2.on.aws",
	}, e.Targets[1])
	assert.Equal(t, contract.Topic{Region: "us-west-2", ARN: "arn:aws:sns:us-west-2:123456789012:alerts"}, e.Topics[0])
	assert.Equal(t, []string{"us-east-1", "us-east-2"}, e.MetricRegions)
	assert.Equal(t, []time.Duration{time.Minute, 15 * time.Second, 15 * time.Minute},
		[]time.Duration{e.Schedule, e.ProbeInterval, e.Reminder})
	assert.Equal(t, []time.Duration{time.Minute, 5 * time.Second, time.Second, 2 * time.Second, 2 * time.Second,
		time.Minute, time.Minute},
		[]time.Duration{e.RunLimit, e.StepLimit, e.StatusLimit, e.ReprobeInterval, e.PublishTimeout, e.NoticeLease,
			e.WakingLimit}, "what nobody set has its default")
	assert.Equal(t, []int{2, 3}, []int{e.FailuresToOpen, e.SuccessesToClose})
	assert.Equal(t, contract.Runbooks("https://wiki.example.com/dr"), e.Runbooks)
	assert.True(t, e.FullMetrics)
	assert.Zero(t, e.TrafficHold, "no traffic is routed")
	assert.Equal(t, map[string][]string{"aaa.dsql.us-east-1.on.aws": {"127.0.0.1:5432"}}, e.HostAddr)
}

func TestEveryDurationCanBeScaled(t *testing.T) {
	environment := complete()
	for key := range contract.HealthCheckDurations() {
		environment[key] = "600ms"
	}
	environment["TRAFFIC"] = "routed"
	e, err := parse(environment)
	require.NoError(t, err)
	for _, d := range []time.Duration{e.Schedule, e.ProbeInterval, e.Reminder, e.MinimumOutage, e.RunLimit, e.StepLimit,
		e.StatusLimit, e.ReprobeInterval, e.PublishTimeout, e.NoticeLease, e.WakingLimit, e.TrafficHold} {
		assert.Equal(t, 600*time.Millisecond, d)
	}
}

func TestAnEmptyEnvironmentListsAllThatIsMissing(t *testing.T) {
	_, err := parse(nil)
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	assert.Equal(t, "environment of the health check:", lines[0])
	var keys []string
	for _, line := range lines[1:] {
		key, rest, _ := strings.Cut(line, " ")
		keys = append(keys, key)
		assert.Regexp(t, "^is missing: want ", rest)
	}
	assert.ElementsMatch(t, []string{"AWS_REGION", "TARGETS", "TOPICS", "METRIC_REGIONS", "SCHEDULE", "PROBE_INTERVAL",
		"REMINDER", "MINIMUM_OUTAGE",
		"FAILURES_TO_OPEN", "SUCCESSES_TO_CLOSE", "RUNBOOKS", "METRICS", "DATABASE_ROLE"}, keys)
}

func TestMalformedValuesAreNamedWithWhatIsAccepted(t *testing.T) {
	for _, tt := range []struct{ key, value, want string }{
		{"AWS_REGION", "Ohio", `AWS_REGION is "Ohio": want a region name such as us-east-1`},
		{"SCHEDULE", "1", `SCHEDULE is "1": want a positive Go duration such as 15s`},
		{"PROBE_INTERVAL", "-5s", `PROBE_INTERVAL is "-5s": want a positive Go duration such as 15s`},
		{"PROBE_INTERVAL", "2m", `PROBE_INTERVAL is "2m0s": want at most SCHEDULE, which is 1m0s`},
		{"MINIMUM_OUTAGE", "-1s", `MINIMUM_OUTAGE is "-1s": want a Go duration such as 5s, or 0s`},
		{"WAKING_LIMIT", "soon", `WAKING_LIMIT is "soon": want a positive Go duration such as 15s`},
		{"FAILURES_TO_OPEN", "0", `FAILURES_TO_OPEN is "0": want a whole number of at least 1`},
		{"SUCCESSES_TO_CLOSE", "three", `SUCCESSES_TO_CLOSE is "three": want a whole number of at least 1`},
		{"METRICS", "some", `METRICS is "some": want lean or full`},
		{"METRIC_REGIONS", "us-east-1,us-east-1",
			`METRIC_REGIONS is "us-east-1,us-east-1": want comma-separated names of different regions`},
		{"DATABASE_ROLE", "Robert'); --",
			`DATABASE_ROLE is "Robert'); --": want a lower-case PostgreSQL role name`},
		{"DSQL_HOSTADDR", "aaa", `DSQL_HOSTADDR: "aaa": want host=ip:port`},
		{"TARGETS", "[]", `TARGETS is "[]": want a JSON array`},
		{"TARGETS", "[] []", `TARGETS is "[] []": want a JSON array`},
		{"TARGETS", `[{"zone":"a"}]`, `unknown field "zone"`},
		{"TARGETS", `[{"region":"us-east-1","endpoint":"localhost"}]`,
			`TARGETS[0].endpoint is "localhost": want <identifier>.dsql.<region>.on.aws`},
		{"TARGETS", `[{"region":"us-east-1","endpoint":"aaa.dsql.us-east-1.on.aws"}]`,
			`TARGETS[0].clusterId is "": want the cluster's identifier`},
		{"TARGETS", `[{"region":"us-east-1","endpoint":"aaa.dsql.us-east-1.on.aws"}]`,
			`TARGETS[0].clusterArn is "": want the cluster's ARN`},
		{"TARGETS", strings.ReplaceAll(targets, `"us-east-2"`, `"us-east-1"`),
			`TARGETS[1].region is "us-east-1": want the endpoint's own, us-east-2`},
		{"TARGETS", strings.NewReplacer("bbb", "aaa", "us-east-2", "us-east-1").Replace(targets),
			`TARGETS[1].endpoint is "aaa.dsql.us-east-1.on.aws": want every endpoint once`},
		{"TRAFFIC", "yes", `TRAFFIC is "yes": want routed or nothing`},
		{"TRAFFIC_HOLD", "0s", `TRAFFIC_HOLD is "0s": want a positive Go duration such as 15s`},
		{"TOPICS", `{}`, `TOPICS is "{}": want a JSON array`},
		{"TOPICS", `[{"region":"us-east-1","arn":"alerts"}]`,
			`TOPICS[0].arn is "alerts": want arn:aws:sns:<region>:<account>:<name>`},
		{"TOPICS", `[{"region":"us-east-1","arn":"arn:aws:sns:us-east-2:123456789012:alerts"}]`,
			`TOPICS[0].region is "us-east-1": want the topic's own, us-east-2`},
	} {
		environment := complete()
		environment[tt.key] = tt.value
		_, err := parse(environment)
		assert.ErrorContains(t, err, tt.want)
	}
}

func TestAllProblemsAreInOneMessage(t *testing.T) {
	environment := complete()
	maps.Copy(environment, map[string]string{
		"SCHEDULE":         "often",
		"METRICS":          "all",
		"FAILURES_TO_OPEN": "-1",
		"DSQL_HOSTADDR":    "x",
	})
	_, err := parse(environment)
	for _, key := range []string{"SCHEDULE is", "METRICS is", "FAILURES_TO_OPEN is", "DSQL_HOSTADDR:"} {
		assert.ErrorContains(t, err, "\n"+key+" ")
	}
}

// FuzzParse holds that a value is either an error that names its key or a usable environment.
func FuzzParse(f *testing.F) {
	for key, value := range complete() {
		f.Add(key, value)
		f.Add(key, value+",")
		f.Add(key, "")
	}
	f.Add("STEP_LIMIT", "1e3s")
	f.Add("TARGETS", `[null]`)
	f.Add("TOPICS", `[{"arn":null}]`)
	f.Fuzz(func(t *testing.T, key, value string) {
		environment := complete()
		environment[key] = value
		e, err := parse(environment)
		if err != nil {
			require.Contains(t, err.Error(), key)
			return
		}
		require.NotEmpty(t, e.Targets)
		require.NotEmpty(t, e.Topics)
		require.NotEmpty(t, e.MetricRegions)
		require.Positive(t, min(e.Schedule, e.ProbeInterval, e.Reminder, e.RunLimit, e.StepLimit, e.PublishTimeout,
			e.NoticeLease, e.WakingLimit))
		require.LessOrEqual(t, e.ProbeInterval, e.Schedule)
		require.Positive(t, min(e.FailuresToOpen, e.SuccessesToClose))
	})
}
