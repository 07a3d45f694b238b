package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/verdict"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

const (
	monitorARN = "arn:aws:iam::123456789012:role/monitor"
	unmapped   = "arn:aws:iam::123456789012:role/stranger"

	// quick is the deadline of steps that are to pass it, patient that of those that are not.
	quick, patient = 300 * time.Millisecond, 20 * time.Second
)

// someone has credentials, which nobody checks.
var someone = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
})

// control is a control plane that speaks the real protocol (REST-JSON).
type control struct {
	*httptest.Server
	calls atomic.Int32
}

// answer is what GetCluster gives on its n-th call, counted from 1.
type answer func(w http.ResponseWriter, r *http.Request, n int)

func says(status, encryption string) answer {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		fmt.Fprintf(w, `{"identifier":"x","status":%q,"encryptionDetails":{"encryptionStatus":%q,"encryptionType":"AWS_OWNED_KMS_KEY"}}`, status, encryption)
	}
}

func fails(code int, name string) answer {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("X-Amzn-Errortype", name)
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"message":"no"}`)
	}
}

func hangs(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() }

func newControl(t *testing.T, answer answer) *control {
	c := &control{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, int(c.calls.Add(1)))
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *control) client(step time.Duration) ControlPlane {
	return dsql.New(dsql.Options{
		Region: sqlendpointtest.Primary, BaseEndpoint: aws.String(c.URL), Retryer: Retryer(step)(), HTTPClient: c.Client(),
		Credentials: someone,
	})
}

// database is a real PostgreSQL with schema and role behind two endpoints.
type database struct {
	*sqlendpointtest.Env
	wake atomic.Int64 // how long a connection takes to wake the cluster
	late atomic.Int64 // how far the endpoints' clock is ahead, as nanoseconds
}

func newDatabase(t *testing.T) *database {
	t.Helper()
	d := &database{}
	d.Env = sqlendpointtest.StartWith(t, sqlendpointtest.Options{
		OnConnect: func(string) time.Duration { return time.Duration(d.wake.Load()) },
		Now:       func() time.Time { return time.Now().Add(time.Duration(d.late.Load())) },
	})
	files, err := fs.Glob(schema.FS(), "*.sql")
	require.NoError(t, err)
	for _, file := range files {
		text, err := fs.ReadFile(schema.FS(), file)
		require.NoError(t, err)
		d.Exec(t, string(text))
	}
	for _, role := range schema.Roles() {
		d.AddRole(t, role.Name, monitorARN)
		for _, grant := range role.Grants {
			d.Exec(t, "GRANT "+grant+" TO "+role.Name)
		}
	}
	return d
}

func (d *database) target(region string) contract.Target {
	return contract.Target{Region: region, ClusterID: "x", ClusterARN: d.ClusterARNs[region], Endpoint: d.Hosts[region]}
}

func (d *database) dialer(t *testing.T, arn string) dsqlconn.Dialer {
	addresses, err := dsqlconn.ParseHostAddr(d.HostAddr)
	require.NoError(t, err)
	return dsqlconn.Dialer{Credentials: d.Provider(arn), HostAddr: addresses, RootCAs: d.CA}
}

func prober(clusters ControlPlane, connections Database, step time.Duration) Prober {
	return Prober{
		Clusters: map[string]ControlPlane{sqlendpointtest.Primary: clusters, sqlendpointtest.Secondary: clusters},
		Database: connections, Role: schema.RoleMonitor, Step: step, StatusStep: step, ReprobeStep: step,
		Memory: incident.Settings{
			Observer: "us-west-2", Observers: []string{"us-east-1", "us-east-2", "us-west-2"},
			Fresh: time.Minute, Lease: time.Minute, Reminder: time.Minute,
			Conflicts: dsqlconn.Policy{Attempts: 4, Base: time.Millisecond, Max: 10 * time.Millisecond},
		},
	}
}

// foreign answers on loopback with the certificate of another host.
func foreign(t *testing.T) (address string, dialer func(dsqlconn.Dialer) dsqlconn.Dialer) {
	ca, err := sqlendpoint.NewCA()
	require.NoError(t, err)
	cert, err := ca.Issue("other.dsql.us-east-1.on.aws")
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err = pgproto3.NewBackend(conn, conn).ReceiveStartupMessage(); err == nil {
				_, _ = conn.Write([]byte{'S'})
				_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}).Handshake()
			}
			_ = conn.Close()
		}
	}()
	return listener.Addr().String(), func(d dsqlconn.Dialer) dsqlconn.Dialer {
		d.RootCAs = ca.Pool()
		return d
	}
}

// everyThird makes every third connection and no other.
type everyThird struct {
	Database
	attempts int
}

func (d *everyThird) Connect(ctx context.Context, endpoint, region, user string) (*pgx.Conn, error) {
	if d.attempts++; d.attempts%3 == 0 {
		return d.Database.Connect(ctx, endpoint, region, user)
	}
	nobody := map[string][]string{endpoint: {"127.0.0.1:1"}}
	return dsqlconn.Dialer{Credentials: someone, HostAddr: nobody}.Connect(ctx, endpoint, region, user)
}

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
		"all is well":                        {healthy, patient, none, verdict.Observation{Verdict: verdict.Up}},
		"idle, but it serves":                {says("IDLE", "ENABLED"), patient, none, verdict.Observation{Verdict: verdict.Up}},
		"inactive, but it serves":            {says("INACTIVE", "ENABLED"), patient, none, verdict.Observation{Verdict: verdict.Up}},
		"updating":                           {says("UPDATING", "ENABLED"), patient, none, degraded(verdict.Status)},
		"failed, though it still serves":     {says("FAILED", "ENABLED"), patient, none, down(verdict.Status)},
		"its key is disabled":                {says("IDLE", "KMS_KEY_INACCESSIBLE"), quick, fault(sqlendpoint.Fault{BlackHole: true}), down(verdict.Key)},
		"control plane silent, SQL fine":     {hangs, 2 * time.Second, none, degraded(verdict.Status)},
		"control plane refuses us, SQL fine": {fails(403, "AccessDeniedException"), patient, none, degraded(verdict.Status)},
		"refused":                            {healthy, patient, fault(sqlendpoint.Fault{Refuse: true}), down(verdict.Connect)},
		"black-holed":                        {healthy, quick, fault(sqlendpoint.Fault{BlackHole: true}), down(verdict.Timeout)},
		"slow, but in time":                  {healthy, patient, fault(sqlendpoint.Fault{Latency: 20 * time.Millisecond}), verdict.Observation{Verdict: verdict.Up}},
		"too slow":                           {healthy, quick, fault(sqlendpoint.Fault{Latency: 2 * quick}), down(verdict.Timeout)},
		"connections fail":                   {healthy, patient, fault(sqlendpoint.Fault{FailPercent: 100}), down(verdict.Connect)},
		"two of three connections fail": {healthy, patient, func(_ *testing.T, p *Prober, _ *contract.Target) { p.Database = &everyThird{Database: p.Database} },
			degraded(verdict.Connect)},
		"commits stall, reads go on": {healthy, time.Second, fault(sqlendpoint.Fault{CommitStall: true}), down(verdict.Timeout)},
		"idle and slow to wake": {says("IDLE", "ENABLED"), quick, func(*testing.T, *Prober, *contract.Target) { d.wake.Store(int64(2 * quick)) },
			verdict.Observation{Verdict: verdict.Degraded, Reason: verdict.Timeout, Waking: true}},
		"idle and quick to wake": {says("IDLE", "ENABLED"), patient, func(*testing.T, *Prober, *contract.Target) { d.wake.Store(int64(20 * time.Millisecond)) },
			verdict.Observation{Verdict: verdict.Up}},
		"expired token": {healthy, patient, func(*testing.T, *Prober, *contract.Target) { d.late.Store(int64(time.Hour)) }, down(verdict.Auth)},
		"unmapped role": {healthy, patient, as(unmapped), down(verdict.Auth)},
		"unknown role":  {healthy, patient, func(_ *testing.T, p *Prober, _ *contract.Target) { p.Role = "nobody" }, down(verdict.Auth)},
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
		"no such host": {healthy, patient, func(_ *testing.T, _ *Prober, target *contract.Target) { target.Endpoint = "x.dsql.us-east-1.invalid" }, down(verdict.DNS)},
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
		"unavailable now and then": {healthy, patient, fault(sqlendpoint.Fault{UnavailablePercent: 30}), verdict.Observation{Verdict: verdict.Up}},
		"unavailable all the time": {healthy, patient, fault(sqlendpoint.Fault{UnavailablePercent: 100}), down(verdict.Query)},
		"no credentials": {healthy, patient, func(_ *testing.T, p *Prober, _ *contract.Target) {
			p.Database = dsqlconn.Dialer{Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
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
			assert.Equal(t, tt.want.Verdict == verdict.Up || tt.want.Reason == verdict.Status || tt.want == degraded(verdict.Connect), r.Session != nil)
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
	r := p.Probe(ctx, contract.Target{Region: sqlendpointtest.Primary, ClusterID: "x", Endpoint: "x.dsql.us-east-1.on.aws"}, incident.Word{})
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
		"it may be waking, as far as its status is known": {verdict.Cluster{Status: "IDLE"}, sqlendpoint.Fault{BlackHole: true},
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
