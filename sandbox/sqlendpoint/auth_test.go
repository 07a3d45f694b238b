package sqlendpoint_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

func TestWhoIsLetIn(t *testing.T) {
	const deniedARN = "arn:aws:iam::123456789012:role/denied"
	var asked [][3]string
	var woken []string
	env := sqlendpointtest.StartWith(t, sqlendpointtest.Options{
		Allowed: func(principal, action, cluster string) bool {
			asked = append(asked, [3]string{principal, action, cluster})
			return principal != deniedARN
		},
		OnConnect: func(clusterARN string) time.Duration { woken = append(woken, clusterARN); return 0 },
	})
	env.AddRole(t, "observer", observerARN)
	env.Exec(t, "AWS IAM GRANT observer TO '"+deniedARN+"'", "CREATE ROLE unmapped LOGIN")
	asked, woken = nil, nil
	host := env.Hosts[sqlendpointtest.Primary]

	for _, test := range []struct {
		intent     string
		user, role string
		change     func(*pgx.ConnConfig)
		code, hint string // "" for let in
	}{
		{"a mapped role", "observer", observerARN, nil, "", ""},
		{"an unmapped role", "unmapped", observerARN, nil, "08006", "Database role unmapped is not mapped to " + observerARN},
		{"a role mapped to another principal", "observer", otherARN, nil, "08006", "Database role observer is not mapped to " + otherARN},
		{"a principal without permission", "observer", deniedARN, nil, "08006",
			"User: " + deniedARN + " is not authorized to perform: dsql:DbConnect on resource: " + env.ClusterARNs[sqlendpointtest.Primary]},
		{"an expired token", "observer", observerARN, func(c *pgx.ConnConfig) {
			c.Password = sqlendpointtest.Token(t, env.Credentials(observerARN), sqlendpointtest.Primary, host, "DbConnect", time.Now().Add(-time.Hour))
		}, "08006", "Signature expired"},
		{"a token of the other region's endpoint", "observer", observerARN, func(c *pgx.ConnConfig) {
			c.Password = env.Config(t, sqlendpointtest.Secondary, "observer", observerARN).Password
		}, "08006", "The token is for"},
		{"admin with the token of others", "admin", observerARN, func(c *pgx.ConnConfig) {
			c.Password = env.Config(t, sqlendpointtest.Primary, "observer", observerARN).Password
		}, "08006", "Wrong user to action mapping. user: admin, action: DbConnect"},
		{"the superuser behind the endpoint", "postgres", observerARN, nil, "08006", "not mapped"},
		{"another database", "observer", observerARN, func(c *pgx.ConnConfig) { c.Database = "other" }, "3D000", ""},
		{"a parameter that is not the client's to set", "observer", observerARN, func(c *pgx.ConnConfig) {
			c.RuntimeParams["options"] = "-c lock_timeout=0"
		}, "0A000", ""},
		{"a parameter that is", "observer", observerARN, func(c *pgx.ConnConfig) { c.RuntimeParams["application_name"] = "x" }, "", ""},
	} {
		t.Run(test.intent, func(t *testing.T) {
			cfg := env.Config(t, sqlendpointtest.Primary, test.user, test.role)
			if test.change != nil {
				test.change(cfg)
			}
			conn, err := pgx.ConnectConfig(t.Context(), cfg)
			if test.code == "" {
				require.NoError(t, err)
				require.NoError(t, conn.Close(t.Context()))
				return
			}
			pg := pgError(t, err)
			assert.Equal(t, test.code, pg.Code)
			assert.Equal(t, "FATAL", pg.Severity)
			assert.Contains(t, pg.Hint, test.hint)
		})
	}
	assert.Contains(t, asked, [3]string{observerARN, "dsql:DbConnect", env.ClusterARNs[sqlendpointtest.Primary]})
	assert.Equal(t, []string{env.ClusterARNs[sqlendpointtest.Primary], env.ClusterARNs[sqlendpointtest.Primary]}, woken,
		"only who is let in wakes the cluster")
}

func TestTheClientIsToldWhichHostItTalksTo(t *testing.T) {
	env := sqlendpointtest.Start(t)
	primary := env.Endpoints[sqlendpointtest.Primary]

	cfg := env.Config(t, sqlendpointtest.Secondary, "admin", sqlendpointtest.AdminARN)
	cfg.LookupFunc = func(context.Context, string) ([]string, error) { return []string{primary.Addr()}, nil }
	_, err := pgx.ConnectConfig(t.Context(), cfg)
	var mismatch x509.HostnameError
	assert.ErrorAs(t, err, &mismatch, "an endpoint cannot pass for one of another region")

	cfg = env.Config(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN)
	cfg.TLSConfig.RootCAs = x509.NewCertPool()
	_, err = pgx.ConnectConfig(t.Context(), cfg)
	var unknown x509.UnknownAuthorityError
	assert.ErrorAs(t, err, &unknown)

	primary.RemoveCluster(env.Hosts[sqlendpointtest.Primary])
	_, err = pgx.ConnectConfig(t.Context(), env.Config(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN))
	assert.ErrorContains(t, err, "cluster does not exist")
	primary.AddCluster(env.Hosts[sqlendpointtest.Primary], env.ClusterARNs[sqlendpointtest.Primary])
	admin(t, env)

	cfg = env.Config(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN)
	cfg.TLSConfig = &tls.Config{InsecureSkipVerify: true} // the only way to send no server name
	_, err = pgx.ConnectConfig(t.Context(), cfg)
	assert.ErrorContains(t, err, "sni was not received")
}

func TestPlaintextIsRefused(t *testing.T) {
	env := sqlendpointtest.Start(t)
	cfg := env.Config(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN)
	cfg.TLSConfig = nil
	_, err := pgx.ConnectConfig(t.Context(), cfg)
	assert.ErrorContains(t, err, "SSL is required")
}

func TestTLSMayBeginAtOnceOrOnRequest(t *testing.T) {
	env := sqlendpointtest.Start(t)
	cfg := env.Config(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN)
	cfg.SSLNegotiation = "direct"
	cfg.TLSConfig.NextProtos = []string{"postgresql"}
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))

	raw, err := net.Dial("tcp", env.Endpoints[sqlendpointtest.Primary].Addr())
	require.NoError(t, err)
	defer raw.Close()
	request, err := (&pgproto3.GSSEncRequest{}).Encode(nil)
	require.NoError(t, err)
	answer := make([]byte, 1)
	for _, want := range []byte{'N', 'S'} { // GSS is declined, and then TLS is offered
		_, err = raw.Write(request)
		require.NoError(t, err)
		_, err = raw.Read(answer)
		require.NoError(t, err)
		assert.Equal(t, want, answer[0])
		request, err = (&pgproto3.SSLRequest{}).Encode(nil)
		require.NoError(t, err)
	}
}
