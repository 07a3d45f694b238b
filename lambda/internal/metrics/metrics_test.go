package metrics

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/verdict"
)

var (
	east  = contract.Target{Region: "us-east-1", ClusterID: "aaa"}
	ohio  = contract.Target{Region: "us-east-2", ClusterID: "bbb"}
	epoch = time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
)

func series(target contract.Target, verdicts ...verdict.Verdict) Series {
	s := Series{Target: target}
	for _, v := range verdicts {
		s.Probes = append(s.Probes, Probe{Verdict: v})
	}
	return s
}

// region records what one region of CloudWatch is sent.
type region struct {
	mu   sync.Mutex
	got  []*cloudwatch.PutMetricDataInput
	fail error
	hang bool
}

func (r *region) PutMetricData(
	ctx context.Context, in *cloudwatch.PutMetricDataInput, _ ...func(*cloudwatch.Options),
) (*cloudwatch.PutMetricDataOutput, error) {
	if r.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, in)
	return &cloudwatch.PutMetricDataOutput{}, r.fail
}

// sent is every datum as name{dimensions}=value.
func (r *region) sent() map[string]float64 {
	out := map[string]float64{}
	for _, in := range r.got {
		for _, d := range in.MetricData {
			var dims []string
			for _, dim := range d.Dimensions {
				dims = append(dims, *dim.Name+":"+*dim.Value)
			}
			out[*d.MetricName+"{"+strings.Join(dims, ",")+"}"] = *d.Value
		}
	}
	return out
}

func TestUnreachableNeedsAStrictMajority(t *testing.T) {
	const up, degraded, down, unknown = verdict.Up, verdict.Degraded, verdict.Down, verdict.Unknown
	for _, tt := range []struct {
		intent          string
		verdicts        []verdict.Verdict
		unreachable, ok bool
	}{
		{"Half is no majority.", []verdict.Verdict{down, down, up, up}, false, true},
		{"More than half is.", []verdict.Verdict{down, up, down, down}, true, true},
		{"Degraded serves.", []verdict.Verdict{degraded, degraded, down}, false, true},
		{"Unknown does not vote, but it is part of the run.", []verdict.Verdict{down, unknown, unknown}, false, true},
		{"Nothing known, nothing said.", []verdict.Verdict{unknown, unknown}, false, false},
		{"No probe, nothing said.", nil, false, false},
	} {
		unreachable, ok := series(east, tt.verdicts...).Unreachable()
		assert.Equal(t, []bool{tt.unreachable, tt.ok}, []bool{unreachable, ok}, tt.intent)
	}
}

func TestAnAbstentionIsASampleButNoVote(t *testing.T) {
	abstains := Probe{Abstains: true}
	down := Probe{Verdict: verdict.Down}
	for _, tt := range []struct {
		intent                   string
		probes                   []Probe
		unreachable, ok, learned bool
	}{
		{"All abstentions make a sample that says nothing.", []Probe{abstains, abstains}, false, true, false},
		{"Among them one finding is none.", []Probe{abstains, abstains, down}, false, true, true},
		{"A majority of findings is one.", []Probe{abstains, down, down}, true, true, true},
	} {
		s := Series{Target: east, Probes: tt.probes}
		unreachable, ok := s.Unreachable()
		assert.Equal(t, []bool{tt.unreachable, tt.ok, tt.learned}, []bool{unreachable, ok, s.Learned()}, tt.intent)
	}
	_, ok := Series{Probes: []Probe{abstains}}.Healthy()
	assert.False(t, ok, "of the cluster's health it says nothing at all")

	r := &region{}
	p := Publisher{Observer: "us-east-1", Regions: map[string]CloudWatch{"us-east-1": r}, Timeout: time.Second}
	require.NoError(t, p.Publish(t.Context(), []Series{{
		Target: east,
		Probes: []Probe{abstains},
	}, {Target: ohio, Probes: []Probe{abstains}}}, epoch))
	assert.Equal(t, map[string]float64{
		"EndpointUnreachable{ClusterID:aaa,Observer:us-east-1,Region:us-east-1}": 0,
		"EndpointUnreachable{ClusterID:bbb,Observer:us-east-1,Region:us-east-2}": 0,
	}, r.sent())
}

func TestHealthIsTheLastConclusion(t *testing.T) {
	healthy, ok := series(east, verdict.Down, verdict.Up, verdict.Unknown).Healthy()
	assert.True(t, healthy && ok)
	healthy, ok = series(east, verdict.Up, verdict.Down).Healthy()
	assert.True(t, !healthy && ok)
	_, ok = series(east, verdict.Unknown).Healthy()
	assert.False(t, ok)
}

func TestBothRegionsGetOneCallWithTheDimensionsOfTheContract(t *testing.T) {
	a, b := &region{}, &region{}
	p := Publisher{
		Observer: "us-east-1",
		Regions:  map[string]CloudWatch{"us-east-1": a, "us-east-2": b},
		Timeout:  time.Second,
		Log:      slog.New(slog.DiscardHandler),
	}
	require.NoError(t, p.Publish(t.Context(), []Series{series(east, verdict.Up), series(ohio, verdict.Down)}, epoch))
	want := map[string]float64{
		"EndpointUnreachable{ClusterID:aaa,Observer:us-east-1,Region:us-east-1}": 0,
		"EndpointUnreachable{ClusterID:bbb,Observer:us-east-1,Region:us-east-2}": 1,
		"ClusterHealth{ClusterID:aaa,Region:us-east-1}":                          1,
	}
	for _, r := range []*region{a, b} {
		require.Len(t, r.got, 1)
		assert.Equal(t, want, r.sent(), "health comes only from the observer in the cluster's own region")
		assert.Equal(t, contract.MetricNamespace, *r.got[0].Namespace)
		assert.Equal(t, epoch, *r.got[0].MetricData[0].Timestamp)
	}
}

// R2, R4: the region of an endpoint is told nothing of it, and of what the observer has no opinion on, nobody is.
func TestWordsForTrafficGoToTheRegionTheyAreNotAbout(t *testing.T) {
	a, b := &region{}, &region{}
	p := Publisher{
		Observer: "us-west-2",
		Regions:  map[string]CloudWatch{"us-east-1": a, "us-east-2": b},
		Timeout:  time.Second,
		Log:      slog.New(slog.DiscardHandler),
	}
	about := func(target contract.Target, unfit bool) Series {
		return Series{Target: target, Word: &Word{Unfit: unfit, At: epoch.Add(time.Second)}}
	}
	require.NoError(t, p.Publish(t.Context(), []Series{about(east, true), about(ohio, false)}, epoch))
	assert.Equal(t, map[string]float64{"EndpointUnfit{ClusterID:bbb,Observer:us-west-2,Region:us-east-2}": 0}, a.sent())
	assert.Equal(t, map[string]float64{"EndpointUnfit{ClusterID:aaa,Observer:us-west-2,Region:us-east-1}": 1}, b.sent())
	assert.Equal(t, epoch.Add(time.Second), *b.got[0].MetricData[0].Timestamp, "the opinion's time, not the run's")

	a.fail, b.fail = errors.New("throttled"), nil
	require.NoError(t, p.Publish(t.Context(), []Series{about(east, true)}, epoch))
	assert.Len(t, a.got, 1, "a region for which there is nothing is not called")
	assert.EqualError(t, p.Publish(t.Context(), []Series{about(ohio, true)}, epoch),
		"metrics reached no region: us-east-1: throttled", "all that were to be called failed")
	require.NoError(t, p.Publish(t.Context(), []Series{{Target: east}}, epoch))
	assert.Len(t, b.got, 2, "silence is no sample")
}

func TestTheAgeOfBackupsGoesToBothRegionsWhoeverKnowsIt(t *testing.T) {
	a, b := &region{}, &region{}
	p := Publisher{
		Observer: "us-west-2",
		Regions:  map[string]CloudWatch{"us-east-1": a, "us-east-2": b},
		Timeout:  time.Second,
		Log:      slog.New(slog.DiscardHandler),
	}
	age := 7.5
	require.NoError(t, p.Publish(t.Context(), []Series{{Target: east, BackupAge: &age}, {Target: ohio}}, epoch))
	for _, r := range []*region{a, b} {
		assert.Equal(t, map[string]float64{"BackupAge{ClusterID:aaa,Region:us-east-1}": 7.5}, r.sent())
		assert.EqualValues(t, "None", r.got[0].MetricData[0].Unit)
	}
}

func TestARegionThatHangsCostsItsTimeoutAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		alive := &region{}
		p := Publisher{
			Observer: "us-west-2",
			Regions:  map[string]CloudWatch{"us-east-1": &region{hang: true}, "us-east-2": alive},
			Timeout:  2 * time.Second,
			Log:      slog.New(slog.NewJSONHandler(&log, nil)),
		}
		start := time.Now()
		require.NoError(t, p.Publish(t.Context(), []Series{series(east, verdict.Down)}, start))
		assert.Equal(t, 2*time.Second, time.Since(start))
		assert.Len(t, alive.got, 1)
		assert.Contains(t, log.String(), "us-east-1: context deadline exceeded")
	})
}

func TestNoRegionAtAllIsAnErrorThatNamesThem(t *testing.T) {
	down := func() *region { return &region{fail: errors.New("throttled")} }
	p := Publisher{
		Regions: map[string]CloudWatch{"us-east-1": down(), "us-east-2": down()},
		Timeout: time.Second,
		Log:     slog.New(slog.DiscardHandler),
	}
	err := p.Publish(t.Context(), []Series{series(east, verdict.Up)}, epoch)
	assert.EqualError(t, err, "metrics reached no region: us-east-1: throttled\nus-east-2: throttled")
}

func TestARunThatLearnedNothingPublishesNothing(t *testing.T) {
	r := &region{}
	p := Publisher{Regions: map[string]CloudWatch{"us-east-1": r}, Timeout: time.Second}
	require.NoError(t, p.Publish(t.Context(), []Series{series(east, verdict.Unknown)}, epoch))
	assert.Empty(t, r.got)
}

func TestEmbeddedMetricsAreOneLineAnEndpoint(t *testing.T) {
	age := 1500 * time.Millisecond
	var out bytes.Buffer
	require.NoError(t, Embedded(&out, "us-west-2", []Series{
		{
			Target: east,
			Probes: []Probe{
				{
					Verdict:   verdict.Up,
					Connect:   20 * time.Millisecond,
					Query:     2 * time.Millisecond,
					Commit:    8 * time.Millisecond,
					MarkerAge: &age,
				},
				{Verdict: verdict.Down, Connect: 30 * time.Millisecond},
			},
		},
		series(ohio, verdict.Down),
	}, epoch))

	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 1, "an endpoint of which no step was reached has no line")
	assert.JSONEq(t, `{
		"_aws": {"Timestamp": 1767236400000, "CloudWatchMetrics": [{
			"Namespace": "Aurora/DSQL/DisasterRecovery",
			"Dimensions": [["ClusterID", "Observer", "Region"]],
			"Metrics": [
				{"Name": "CommitLatency", "Unit": "Milliseconds"}, {"Name": "ConnectLatency", "Unit": "Milliseconds"},
				{"Name": "MarkerAge", "Unit": "Seconds"}, {"Name": "QueryLatency", "Unit": "Milliseconds"}]}]},
		"ClusterID": "aaa", "Region": "us-east-1", "Observer": "us-west-2",
		"ConnectLatency": [20, 30], "QueryLatency": [2], "CommitLatency": [8], "MarkerAge": [1.5]}`, lines[0])
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestEmbeddedMetricsThatCannotBeWrittenAreAnError(t *testing.T) {
	err := Embedded(brokenPipe{}, "us-west-2", []Series{{Target: east, Probes: []Probe{{Connect: time.Second}}}}, epoch)
	assert.EqualError(t, err, "embedded metrics: broken pipe")
}
