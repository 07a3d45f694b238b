package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/backupage"
	"aurora-dsql-dr/lambda/internal/check"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/probe"
)

var credentialScope = regexp.MustCompile(`Credential=[^/]+/[0-9]+/([^/]+)/([^/]+)/aws4_request`)

// cloud answers every AWS call the function makes, and notes the region and service each was signed for.
type cloud struct {
	*httptest.Server
	mu    sync.Mutex
	calls map[string]int
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{calls: map[string]int{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scope := credentialScope.FindStringSubmatch(r.Header.Get("Authorization"))
		c.mu.Lock()
		defer c.mu.Unlock()
		c.calls[scope[2]+" "+scope[1]]++
		switch scope[2] {
		case "dsql":
			fmt.Fprint(w, `{"identifier":"aaa","status":"ACTIVE"}`)
		case "sns":
			if scope[1] == "us-west-2" { // so that another region's topic is asked
				w.WriteHeader(http.StatusForbidden)
				return
			}
			fmt.Fprint(w, `<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`)
		default:
			w.Header().Set("Smithy-Protocol", r.Header.Get("Smithy-Protocol"))
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func environment() map[string]string {
	return map[string]string{
		contract.EnvTargets: `[{"region":"us-east-1","clusterId":"aaa",
			"clusterArn":"arn:aws:dsql:us-east-1:123456789012:cluster/aaa","endpoint":"aaa.dsql.us-east-1.on.aws"},
			{"region":"us-east-2","clusterId":"bbb",
			"clusterArn":"arn:aws:dsql:us-east-2:123456789012:cluster/bbb","endpoint":"bbb.dsql.us-east-2.on.aws"}]`,
		contract.EnvTopics: `[{"region":"us-west-2","arn":"arn:aws:sns:us-west-2:123456789012:alerts"},
			{"region":"us-east-1","arn":"arn:aws:sns:us-east-1:123456789012:alerts"}]`,
		contract.EnvMetricRegions:    "us-east-1,us-east-2",
		contract.EnvSchedule:         "1m",
		contract.EnvProbeInterval:    "15s",
		contract.EnvFailuresToOpen:   "1",
		contract.EnvSuccessesToClose: "3",
		contract.EnvReminder:         "15m",
		contract.EnvMinimumOutage:    "0s",
		contract.EnvRunbooks:         "docs/runbooks.md",
		contract.EnvMetrics:          contract.MetricsLean,
		contract.EnvDatabaseRole:     "dr_monitor",
		// Port 1 of loopback: refused at once.
		contract.EnvHostAddr: "aaa.dsql.us-east-1.on.aws=127.0.0.1:1,bbb.dsql.us-east-2.on.aws=127.0.0.1:1",
		"AWS_REGION":         "us-west-2",
	}
}

func wire(t *testing.T, values map[string]string) check.Config {
	t.Helper()
	e, err := env.Parse(func(key string) (string, bool) { value, ok := values[key]; return value, ok })
	require.NoError(t, err)
	cfg, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	return configure(e, cfg, slog.New(slog.DiscardHandler))
}

func TestEveryCallGoesToItsRegionThroughTheConfiguredEndpoint(t *testing.T) {
	aws := newCloud(t)
	for key, value := range map[string]string{
		"AWS_ENDPOINT_URL":      aws.URL,
		"AWS_REGION":            "us-west-2",
		"AWS_ACCESS_KEY_ID":     "AKIDEXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "secret",
	} {
		t.Setenv(key, value)
	}
	report, err := check.New(wire(t, environment())).Check(t.Context(), contract.CheckEvent{Probes: 1}, "request-1")
	require.NoError(t, err)
	assert.Equal(t, map[string]int{
		"dsql us-east-1":       1,
		"dsql us-east-2":       1,
		"monitoring us-east-1": 1,
		"monitoring us-east-2": 1,
		"sns us-west-2":        2,
		"sns us-east-1":        2,
	}, aws.calls)
	require.Len(t, report.Targets, 2)
	for _, target := range report.Targets {
		assert.Equal(t, []string{"down", "connect", "ACTIVE"}, []string{target.Verdict, target.Reason, target.Status})
		assert.NotContains(t, target.Detail, "X-Amz-Signature", "no token in reports")
	}
}

func TestWhatIsConfiguredReachesTheCheck(t *testing.T) {
	values := environment()
	values[contract.EnvFailuresToOpen], values[contract.EnvSuccessesToClose] = "4", "5"
	values[contract.EnvMinimumOutage], values[contract.EnvReminder] = "7s", "20m"
	c := wire(t, values)
	assert.Equal(t, 4, c.Policy.FailuresToOpen)
	assert.Equal(t, 5, c.Policy.SuccessesToClose)
	assert.Equal(t, 7*time.Second, c.Policy.MinimumOutage)
	assert.Equal(t, 20*time.Minute, c.Reminder)
}

func TestTrafficIsRoutedIfTheStackSaysSo(t *testing.T) {
	values := environment()
	values[contract.EnvTrafficHold] = "9m"
	c := wire(t, values)
	assert.Zero(t, c.Hold)
	assert.Zero(t, c.Prober.(probe.Prober).Memory.Hold)
	values[contract.EnvTraffic] = contract.TrafficRouted
	c = wire(t, values)
	assert.Equal(t, 9*time.Minute, c.Hold)
	assert.Equal(t, 9*time.Minute, c.Prober.(probe.Prober).Memory.Hold)
}

func TestOnlyTheFullProfilePublishesLatencies(t *testing.T) {
	values := environment()
	assert.Nil(t, wire(t, values).Embedded)
	values[contract.EnvMetrics] = contract.MetricsFull
	assert.NotNil(t, wire(t, values).Embedded)
}

func TestVaultsOfBothRegionsAreReadIfThereAreBackups(t *testing.T) {
	values := environment()
	assert.Nil(t, wire(t, values).Backups)
	values[contract.EnvBackups] = `[{"region":"us-east-1","planId":"p","clusterId":"aaa",
		"clusterArn":"arn:aws:dsql:us-east-1:123456789012:cluster/aaa","vault":"dr","peerRegion":"us-east-2",
		"peerVault":"dr"}]`
	values[contract.EnvBackupHour] = "10s"
	aws := newCloud(t)
	for key, value := range map[string]string{
		"AWS_ENDPOINT_URL":      aws.URL,
		"AWS_ACCESS_KEY_ID":     "AKIDEXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "secret",
	} {
		t.Setenv(key, value)
	}
	watch := wire(t, values).Backups.(*backupage.Watch)
	assert.Equal(t, []time.Duration{10 * time.Second, 5 * time.Minute, 2 * time.Second},
		[]time.Duration{watch.Hour, watch.Interval, watch.Timeout})
	watch.Timeout = time.Minute // the machine may be busy
	watch.Look(t.Context())
	assert.Positive(t, aws.calls["backup us-east-1"])
	assert.Positive(t, aws.calls["backup us-east-2"])
}
