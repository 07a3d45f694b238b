package probe

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/verdict"
	"aurora-dsql-dr/sandbox/sqlendpoint"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

func TestProbe(t *testing.T) {
	d := newDatabase(t)
	east := d.Endpoints[sqlendpointtest.Primary]
	healthy := says("ACTIVE", "ENABLED")
	down := func(r verdict.Reason) verdict.Observation {
		return verdict.Observation{Verdict: verdict.Down, Reason: r}
	}
	degraded := func(r verdict.Reason) verdict.Observation {
		return verdict.Observation{Verdict: verdict.Degraded, Reason: r}
	}
	fault := func(f sqlendpoint.Fault) func(*testing.T, *Prober, *contract.Target) {
		return func(t *testing.T, _ *Prober, _ *contract.Target) { require.NoError(t, east.SetFault(f)) }
	}
	as := func(arn string) func(*testing.T, *Prober, *contract.Target) {
		return func(t *testing.T, p *Prober, _ *contract.Target) { p.Database = d.dialer(t, arn) }
	}
	none := func(*testing.T, *Prober, *contract.Target) {}
	for name, tt := range map[string]struct {
		control answer
		step    time.Duration
		with    func(*testing.T, *Prober, *contract.Target)
		want    verdict.Observation
	}{
		"all is well": {healthy, patient, none, verdict.Observation{Verdict: verdict.Up}},
		"idle, but it serves": {says("IDLE", "ENABLED"), patient, none,
			verdict.Observation{Verdict: verdict.Up}},
		"inactive, but it serves": {says("INACTIVE", "ENABLED"), patient, none,
			verdict.Observation{Verdict: verdict.Up}},
		"updating":                       {says("UPDATING", "ENABLED"), patient, none, degraded(verdict.Status)},
		"failed, though it still serves": {says("FAILED", "ENABLED"), patient, none, down(verdict.Status)},
		"its key is disabled": {says("IDLE", "KMS_KEY_INACCESSIBLE"), quick,
			fault(sqlendpoint.Fault{BlackHole: true}), down(verdict.Key)},
		"control plane silent, SQL fine":     {hangs, 2 * time.Second, none, degraded(verdict.Status)},
		"control plane refuses us, SQL fine": {fails(403, "AccessDeniedException"), patient, none, degraded(verdict.Status)},
		"refused": {healthy, patient, fault(sqlendpoint.Fault{Refuse: true}),
			down(verdict.Connect)},
		"black-holed": {healthy, quick, fault(sqlendpoint.Fault{BlackHole: true}), down(verdict.Timeout)},
		"slow, but in time": {healthy, patient, fault(sqlendpoint.Fault{Latency: 20 * time.Millisecond}),
			verdict.Observation{Verdict: verdict.Up}},
		"too slow":         {healthy, quick, fault(sqlendpoint.Fault{Latency: 2 * quick}), down(verdict.Timeout)},
		"connections fail": {healthy, patient, fault(sqlendpoint.Fault{FailPercent: 100}), down(verdict.Connect)},
		"two of three connections fail": {healthy, patient, func(_ *testing.T, p *Prober,
			_ *contract.Target) {
			p.Database = &everyThird{Database: p.Database}
		},
			degraded(verdict.Connect)},
		"commits stall, reads go on": {healthy, time.Second, fault(sqlendpoint.Fault{CommitStall: true}),
			down(verdict.Timeout)},
		"idle and slow to wake": {says("IDLE", "ENABLED"),
			quick, func(*testing.T, *Prober, *contract.Target) { d.wake.Store(int64(2 * quick)) },
			verdict.Observation{Verdict: verdict.Degraded, Reason: verdict.Timeout, Waking: true}},
		"idle and quick to wake": {says("IDLE", "ENABLED"),
			patient, func(*testing.T, *Prober, *contract.Target) { d.wake.Store(int64(20 * time.Millisecond)) },
			verdict.Observation{Verdict: verdict.Up}},
		"expired token": {healthy, patient, func(*testing.T, *Prober, *contract.Target) { d.late.Store(int64(time.Hour)) },
			down(verdict.Auth)},
		"unmapped role": {healthy, patient, as(unmapped), down(verdict.Auth)},
		"unknown role": {healthy, patient, func(_ *testing.T, p *Prober, _ *contract.Target) { p.Role = "nobody" },
			down(verdict.Auth)},
		"missing privilege": {healthy, patient, func(t *testing.T, _ *Prober, _ *contract.Target) {
			d.Exec(t, "REVOKE UPDATE ON dr.marker FROM dr_monitor")
			t.Cleanup(func() { d.Exec(t, "GRANT UPDATE ON dr.marker TO dr_monitor") })
		}, down(verdict.Auth)},
		"certificate of another host": {healthy, patient, func(t *testing.T, p *Prober, target *contract.Target) {
			address, trust := foreign(t)
			dialer := trust(d.dialer(t, monitorARN))
			dialer.HostAddr = map[string][]string{target.Endpoint: {address}}
			p.Database = dialer
		}, down(verdict.TLS)},
		"no such host": {healthy, patient, func(_ *testing.T, _ *Prober,
			target *contract.Target) {
			target.Endpoint = "x.dsql.us-east-1.invalid"
		}, down(verdict.DNS)},
		"a few conflicts": {healthy, patient, func(*testing.T, *Prober, *contract.Target) {
			east.InjectConflicts(sqlendpoint.Conflicts{Next: 3})
		}, verdict.Observation{Verdict: verdict.Up}},
		"conflicts without end": {healthy, patient, func(*testing.T, *Prober, *contract.Target) {
			east.InjectConflicts(sqlendpoint.Conflicts{Percent: 100})
		}, degraded(verdict.Conflict)},
		"one address of two is silent": {healthy, patient, func(t *testing.T, p *Prober, target *contract.Target) {
			dialer := d.dialer(t, monitorARN)
			dialer.Patience = quick
			p.Database = dialer
			fault(sqlendpoint.Fault{SilentAddress: true})(t, p, target)
		}, degraded(verdict.Connect)},
		"unavailable now and then": {healthy, patient, fault(sqlendpoint.Fault{UnavailablePercent: 30}),
			verdict.Observation{Verdict: verdict.Up}},
		"unavailable all the time": {healthy, patient, fault(sqlendpoint.Fault{UnavailablePercent: 100}),
			down(verdict.Query)},
		"no credentials": {healthy, patient, func(_ *testing.T, p *Prober, _ *contract.Target) {
			p.Database = dsqlconn.Dialer{Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials,
				error) {
				return aws.Credentials{}, errors.New("no role")
			})}
		}, verdict.Observation{Verdict: verdict.Unknown}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Cleanup(func() {
				require.NoError(t, east.SetFault(sqlendpoint.Fault{}))
				east.InjectConflicts(sqlendpoint.Conflicts{})
				d.wake.Store(0)
				d.late.Store(0)
			})
			target := d.target(sqlendpointtest.Primary)
			p := prober(newControl(t, tt.control).client(tt.step), d.dialer(t, monitorARN), tt.step)
			tt.with(t, &p, &target)
			run, cancel := context.WithTimeout(t.Context(), time.Minute) // no step takes a whole run
			defer cancel()
			r := p.Probe(run, target, incident.Word{At: time.Now()})
			assert.Equal(t, tt.want, r.Observation, "%v", r.Err)
			if r.Session != nil { // then something was committed, and measured
				assert.Positive(t, min(r.Connect, r.Query, r.Commit))
				r.Session.Close(t.Context())
			}
			assert.Equal(t, tt.want.Verdict == verdict.Up || tt.want.Reason == verdict.Status ||
				tt.want == degraded(verdict.Connect), r.Session != nil)
		})
	}

	t.Run("a marker written in one region is read in the other", func(t *testing.T) {
		p := prober(newControl(t, healthy).client(patient), d.dialer(t, monitorARN), patient)
		p.Memory.Endpoints = []string{d.Hosts[sqlendpointtest.Primary], d.Hosts[sqlendpointtest.Secondary]}
		for _, region := range []string{sqlendpointtest.Secondary, sqlendpointtest.Primary} {
			r := p.Probe(t.Context(), d.target(region), incident.Word{At: time.Now()})
			require.NoError(t, r.Err)
			r.Session.Close(t.Context())
			if region == sqlendpointtest.Primary {
				age, ok := r.Visit.Snapshot.AgeThroughOther(d.Hosts[region])
				assert.True(t, ok && age < 10*time.Second, age)
			}
		}
	})
}

func TestTheControlPlaneIsAskedAgainOnlyWhenThatMayHelp(t *testing.T) {
	recovers := func(w http.ResponseWriter, r *http.Request, n int) {
		if n < 3 {
			fails(503, "ServiceUnavailable")(w, r, n)
			return
		}
		says("ACTIVE", "ENABLED")(w, r, n)
	}
	for name, tt := range map[string]struct {
		answer   answer
		deadline time.Duration
		calls    int32
		status   string
	}{
		"it recovers":                 {recovers, patient, 3, "ACTIVE"},
		"it throttles without end":    {fails(429, "ThrottlingException"), patient, 3, ""},
		"it denies":                   {fails(403, "AccessDeniedException"), patient, 1, ""},
		"it knows no such cluster":    {fails(404, "ResourceNotFoundException"), patient, 1, ""},
		"it hangs until the deadline": {hangs, quick, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := newControl(t, tt.answer)
			p := Prober{Clusters: map[string]ControlPlane{sqlendpointtest.Primary: c.client(100 * time.Millisecond)}}
			ctx, cancel := context.WithTimeout(t.Context(), tt.deadline)
			defer cancel()
			cluster, err := p.status(ctx, contract.Target{Region: sqlendpointtest.Primary, ClusterID: "x"})
			assert.Equal(t, tt.status == "", err != nil)
			assert.Equal(t, tt.status, cluster.Status)
			assert.Equal(t, tt.calls, c.calls.Load())
		})
	}
}

func TestARunThatEndsSaysNothingAboutTheEndpoint(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), quick)
	defer cancel()
	p := prober(newControl(t, hangs).client(patient), dsqlconn.Dialer{Credentials: someone}, patient)
	r := p.Probe(ctx, contract.Target{
		Region:    sqlendpointtest.Primary,
		ClusterID: "x",
		Endpoint:  "x.dsql.us-east-1.on.aws",
	}, incident.Word{})
	assert.Equal(t, verdict.Unknown, r.Observation.Verdict)
	assert.ErrorIs(t, r.Err, context.Canceled)
}

func TestAReprobeAsksTheDatabaseAlone(t *testing.T) {
	d := newDatabase(t)
	east := d.Endpoints[sqlendpointtest.Primary]
	control := newControl(t, fails(403, "AccessDeniedException"))
	p := prober(control.client(patient), d.dialer(t, monitorARN), patient)
	p.ReprobeStep = quick
	for intent, tt := range map[string]struct {
		known verdict.Cluster
		fault sqlendpoint.Fault
		want  verdict.Observation
	}{
		"it serves again": {verdict.Cluster{Status: "ACTIVE"}, sqlendpoint.Fault{}, verdict.Observation{Verdict: verdict.Up}},
		"it hangs, for no longer than a re-probe may": {verdict.Cluster{Status: "ACTIVE"}, sqlendpoint.Fault{BlackHole: true},
			verdict.Observation{Verdict: verdict.Down, Reason: verdict.Timeout}},
		"a commit hangs": {verdict.Cluster{Status: "ACTIVE"}, sqlendpoint.Fault{CommitStall: true},
			verdict.Observation{Verdict: verdict.Down, Reason: verdict.Timeout}},
		"it may be waking, as far as its status is known": {verdict.Cluster{Status: "IDLE"},
			sqlendpoint.Fault{BlackHole: true},
			verdict.Observation{Verdict: verdict.Degraded, Reason: verdict.Timeout, Waking: true}},
	} {
		t.Run(intent, func(t *testing.T) {
			require.NoError(t, east.SetFault(tt.fault))
			t.Cleanup(func() { require.NoError(t, east.SetFault(sqlendpoint.Fault{})) })
			if tt.want.Verdict == verdict.Up {
				p := p
				p.ReprobeStep = patient
				r := p.Reprobe(t.Context(), d.target(sqlendpointtest.Primary), incident.Word{At: time.Now()}, tt.known)
				assert.Equal(t, tt.want, r.Observation, "%v", r.Err)
				r.Session.Close(t.Context())
				return
			}
			began := time.Now()
			r := p.Reprobe(t.Context(), d.target(sqlendpointtest.Primary), incident.Word{At: time.Now()}, tt.known)
			assert.Equal(t, tt.want, r.Observation, "%v", r.Err)
			assert.Less(t, time.Since(began), patient)
			assert.Equal(t, tt.known, r.Cluster)
			assert.Nil(t, r.Session)
		})
	}
	assert.Zero(t, control.calls.Load())
}

func TestTheControlPlaneMayTakeNoLongerThanItsOwnStep(t *testing.T) {
	d := newDatabase(t)
	p := prober(newControl(t, hangs).client(patient), d.dialer(t, monitorARN), patient)
	p.StatusStep = quick
	began := time.Now()
	r := p.Probe(t.Context(), d.target(sqlendpointtest.Primary), incident.Word{At: time.Now()})
	assert.Equal(t, verdict.Observation{Verdict: verdict.Degraded, Reason: verdict.Status}, r.Observation)
	assert.Less(t, time.Since(began), patient)
	r.Session.Close(t.Context())
}
