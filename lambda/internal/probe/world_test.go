package probe

import (
	"context"
	"crypto/tls"
	"fmt"
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
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/authority"
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
		fmt.Fprintf(w,
			`{"identifier":"x","status":%q,"encryptionDetails":{"encryptionStatus":%q,"encryptionType":"AWS_OWNED_KMS_KEY"}}`,
			status, encryption)
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
		Region:       sqlendpointtest.Primary,
		BaseEndpoint: aws.String(c.URL),
		Retryer:      Retryer(step)(),
		HTTPClient:   c.Client(),
		Credentials:  someone,
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
	apptest.Migrate(t, d.Env, monitorARN, schema.Roles())
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
		Clusters:    map[string]ControlPlane{sqlendpointtest.Primary: clusters, sqlendpointtest.Secondary: clusters},
		Database:    connections,
		Role:        schema.RoleMonitor,
		Step:        step,
		StatusStep:  step,
		ReprobeStep: step,
		Memory: incident.Settings{
			Observer:  "us-west-2",
			Observers: []string{"us-east-1", "us-east-2", "us-west-2"},
			Fresh:     time.Minute,
			Lease:     time.Minute,
			Reminder:  time.Minute,
			Conflicts: dsqlconn.Policy{Attempts: 4, Base: time.Millisecond, Max: 10 * time.Millisecond},
		},
	}
}

// foreign answers on loopback with the certificate of another host.
func foreign(t *testing.T) (address string, dialer func(dsqlconn.Dialer) dsqlconn.Dialer) {
	ca, err := authority.New()
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
