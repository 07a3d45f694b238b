package logs

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sns"
)

const (
	account = "123456789012"
	name    = "/monitor"
)

func newService(t *testing.T) *Service { return newServiceAt(t, 1) }

func newServiceAt(t *testing.T, speed float64) *Service {
	t.Helper()
	clk := clock.New(speed)
	identities := iam.New(account, clk)
	env := region.New("us-east-1", account, clk)
	s := New(env, identities, cloudwatch.New(env, sns.New(env, identities, kms.New(env, identities), nil, &sns.Inbox{})))
	_, err := s.CreateGroup(Group{Name: name, RetentionInDays: 1})
	require.NoError(t, err)
	return s
}

func write(t *testing.T, s *Service, message string) error {
	t.Helper()
	return s.Write(s.iam.Admin().Principal, name, "stream", s.env.Now(), message)
}

func messages(t *testing.T, s *Service, from time.Time) []string {
	t.Helper()
	events, err := s.Events(name, from)
	require.NoError(t, err)
	var list []string
	for _, e := range events {
		list = append(list, e.Message)
	}
	return list
}

func TestEmbeddedMetricsReachCloudWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		now := s.env.Now()
		require.NoError(t, write(t, s, fmt.Sprintf(`{
			"_aws": {"Timestamp": %d, "CloudWatchMetrics": [{"Namespace": "DR", "Dimensions": [["Region"], ["Region", "Observer"]],
				"Metrics": [{"Name": "CommitLatency", "Unit": "Milliseconds"}, {"Name": "Fast", "StorageResolution": 1}]}]},
			"Region": "us-east-1", "Observer": "us-west-2", "CommitLatency": [10, 20], "Fast": 1, "detail": {"CloudWatchMetrics": "no"}
		}`, now.UnixMilli())))
		assert.Len(t, s.metrics.ListMetrics("DR"), 4)
		points, err := s.metrics.GetMetricStatistics(cloudwatch.Metric{Namespace: "DR", Name: "CommitLatency",
			Dimensions: map[string]string{"Region": "us-east-1", "Observer": "us-west-2"}}, now, now.Add(time.Minute), time.Minute, "Milliseconds")
		require.NoError(t, err)
		require.Len(t, points, 1)
		assert.Equal(t, []float64{2, 15}, []float64{points[0].SampleCount, points[0].Average})
	})
}

func TestALineTakesAHundredMetricsAndAHundredValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		line := func(metrics, values int) string {
			names := strings.TrimSuffix(strings.Repeat(`{"Name":"M"},`, metrics), ",")
			numbers := strings.TrimSuffix(strings.Repeat("1,", values), ",")
			return `{"_aws":{"CloudWatchMetrics":[{"Namespace":"DR","Metrics":[` + names + `]}]},"M":[` + numbers + `]}`
		}
		require.NoError(t, write(t, s, line(100, 100)))
		require.NotEmpty(t, s.metrics.ListMetrics("DR"))
		require.ErrorContains(t, write(t, s, line(101, 1)), "DR: 101 metrics, a directive takes 100")
		require.ErrorContains(t, write(t, s, line(1, 101)), "metric M: 101 values, a line takes 100 of a metric")
	})
}

func TestEmbeddedTimestampsAreTheWalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServiceAt(t, 10)
		time.Sleep(time.Minute)
		require.NoError(t, write(t, s, fmt.Sprintf(`{"M":1,"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"DR","Metrics":[{"Name":"M"}]}]}}`,
			time.Now().UnixMilli())))
		now := s.env.Now()
		points, err := s.metrics.GetMetricStatistics(cloudwatch.Metric{Namespace: "DR", Name: "M"}, now, now.Add(time.Minute), time.Minute, "")
		require.NoError(t, err)
		assert.Len(t, points, 1, "ten sandbox minutes have passed")
	})
}

// A function dates its lines by its own clock, which is as wrong as its region's skew.
func TestEmbeddedTimestampsAreAsWrongAsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, skew := range []time.Duration{-3 * time.Minute, 3 * time.Minute} {
			s := newService(t)
			s.env.SetSkew(skew)
			require.NoError(t, write(t, s, fmt.Sprintf(`{"M":1,"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"DR","Metrics":[{"Name":"M"}]}]}}`,
				time.Now().UnixMilli())))
			dated := s.env.Now().Add(skew)
			points, err := s.metrics.GetMetricStatistics(cloudwatch.Metric{Namespace: "DR", Name: "M"}, dated, dated.Add(time.Minute), time.Minute, "")
			require.NoError(t, err)
			assert.Len(t, points, 1, "skew %s", skew)
		}
	})
}

func TestALineThatIsNoMetricStaysALine(t *testing.T) {
	s := newService(t)
	lines := []string{"plain", `{"msg":"json"}`, `"CloudWatchMetrics" in prose`, `{"CloudWatchMetrics":[]}`}
	for _, line := range lines {
		require.NoError(t, write(t, s, line))
	}
	assert.Equal(t, lines, messages(t, s, time.Time{}))
	assert.Empty(t, s.metrics.ListMetrics(""))
}

func TestAMalformedMetricIsALineAndAnError(t *testing.T) {
	s := newService(t)
	err := write(t, s, `{"_aws":{"CloudWatchMetrics":[{"Namespace":"DR","Dimensions":[["Region"]],"Metrics":[{"Name":"Absent"}]}]}}`)
	require.ErrorContains(t, err, "dimension Region: the line has no such string")
	require.ErrorContains(t, err, "metric Absent: the line has no such number")
	assert.Len(t, messages(t, s, time.Time{}), 1)
}

func TestAFunctionLogsWithItsOwnPermission(t *testing.T) {
	s := newService(t)
	role, err := s.iam.CreateRole(iam.Role{Name: "monitor", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
	require.NoError(t, err)
	caller := iam.Session(role.Arn, "f")
	allow := func(action string) {
		_, err := s.iam.PutRolePolicy(iam.RolePolicy{Role: "monitor", Name: strings.ReplaceAll(action, ":", "-"), Policy: `{"Version":"2012-10-17","Statement":{
			"Effect":"Allow","Action":"` + action + `","Resource":"arn:aws:logs:us-east-1:123456789012:log-group:/monitor:*"}}`})
		require.NoError(t, err)
	}
	log := func() error { return s.Write(caller, name, "stream", s.env.Now(), "m") }
	require.ErrorContains(t, log(), "logs:PutLogEvents")
	allow("logs:PutLogEvents")
	require.ErrorContains(t, log(), "logs:CreateLogStream", "the first line begins a stream")
	allow("logs:CreateLogStream")
	assert.NoError(t, log())
	require.NoError(t, s.iam.DeleteRolePolicy("monitor", "logs-CreateLogStream"))
	assert.NoError(t, log(), "the stream is there")
}

func TestLinesAreKeptForTheRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		require.NoError(t, write(t, s, "old"))
		time.Sleep(23 * time.Hour)
		require.NoError(t, write(t, s, "new"))
		assert.Equal(t, []string{"new"}, messages(t, s, s.env.Now()))
		assert.Equal(t, []string{"old", "new"}, messages(t, s, time.Time{}))
		time.Sleep(2 * time.Hour)
		assert.Equal(t, []string{"new"}, messages(t, s, time.Time{}))
	})
}

func TestAGroupIsBounded(t *testing.T) {
	s := newService(t)
	for i := range maxEvents + 3 {
		require.NoError(t, write(t, s, fmt.Sprint(i)))
	}
	kept := messages(t, s, time.Time{})
	assert.Len(t, kept, maxEvents)
	assert.Equal(t, "3", kept[0])
}

func TestTailShowsWhatIsThereAndWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		require.NoError(t, write(t, s, "before"))
		ctx, cancel := context.WithCancel(t.Context())
		lines, ended := make(chan string, 10), make(chan error)
		go func() { ended <- s.Tail(ctx, name, func(e Event) { lines <- e.Message }) }()
		assert.Equal(t, "before", <-lines)
		require.NoError(t, write(t, s, "after"))
		assert.Equal(t, "after", <-lines)
		cancel()
		require.NoError(t, <-ended)

		go func() { ended <- s.Tail(t.Context(), name, func(Event) {}) }()
		synctest.Wait()
		require.NoError(t, s.DeleteGroup(name))
		assert.ErrorIs(t, <-ended, awserr.ErrNotFound)
	})
}

func TestGroups(t *testing.T) {
	s := newService(t)
	_, err := s.CreateGroup(Group{Name: name})
	require.ErrorContains(t, err, "already exists")
	_, err = s.CreateGroup(Group{Name: "other", RetentionInDays: 31})
	require.ErrorContains(t, err, "retention of 31 days: want [0 1 3 5 7 14 30")
	updated, err := s.UpdateGroup(Group{Name: name, RetentionInDays: 30})
	require.NoError(t, err)
	assert.Equal(t, Group{Name: name, RetentionInDays: 30, LogGroupClass: "STANDARD", Arn: "arn:aws:logs:us-east-1:123456789012:log-group:/monitor"}, updated)
	assert.Equal(t, []Group{updated}, s.Groups())
	require.ErrorIs(t, s.Write(s.iam.Admin().Principal, "nowhere", "s", s.env.Now(), "m"), awserr.ErrNotFound)
	s.env.SetDown(true)
	assert.ErrorIs(t, write(t, s, "m"), awserr.ErrUnavailable)
}

func TestGroupsAreNamedAsByAWS(t *testing.T) {
	s := newService(t)
	for want, g := range map[string]Group{
		"at 'logGroupName' failed to satisfy constraint: Member must have length greater": {},
		"length less than or equal to 512":                                                {Name: strings.Repeat("g", 513)},
		"satisfy regular expression":                                                      {Name: "a b"},
		"at 'tags.k' failed":                                                              {Name: "g", Tags: map[string]string{"k": ";"}},
	} {
		_, err := s.CreateGroup(g)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "InvalidParameterException")
	}
}
