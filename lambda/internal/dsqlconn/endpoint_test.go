package dsqlconn

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/authority"
	"aurora-dsql-dr/sandbox/postgres"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

func TestAnEndpointThatChecksTokensLetsInWhoItShould(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/monitor"
	server := postgrestest.Start(t)
	database, err := sqlendpoint.OpenDatabase(t.Context(), server)
	require.NoError(t, err)
	t.Cleanup(database.Close)
	ca, err := authority.New()
	require.NoError(t, err)
	var skew atomic.Int64 // of the endpoint's clock, nanoseconds
	served, err := sqlendpoint.New(sqlendpoint.Options{
		Region:   region,
		Database: database,
		CA:       ca,
		Now:      func() time.Time { return time.Now().Add(time.Duration(skew.Load())) },
		Credentials: func(key string) (sqlendpoint.Credential, bool) {
			known, _ := credentials.Retrieve(context.Background())
			return sqlendpoint.Credential{
					SecretAccessKey: known.SecretAccessKey,
					SessionToken:    known.SessionToken,
					PrincipalARN:    role,
				},
				key == known.AccessKeyID
		},
		Allowed: func(_, action, _ string) bool { return action == "dsql:DbConnect" },
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, served.Close()) })
	served.AddCluster(endpoint, "arn:aws:dsql:us-east-1:123456789012:cluster/abcdefghij0123456789abcdef")
	super, err := pgx.Connect(t.Context(), server.ConnString(postgres.Superuser))
	require.NoError(t, err)
	t.Cleanup(func() { _ = super.Close(context.Background()) })
	require.NoError(t, exec(t.Context(), super,
		"CREATE ROLE dr_monitor LOGIN", "CREATE ROLE stranger LOGIN", "SELECT sandbox.iam_grant('dr_monitor', '"+role+"')"))

	good := Dialer{Credentials: credentials, RootCAs: ca.Pool(), HostAddr: map[string][]string{endpoint: {served.Addr()}}}
	forged := good
	forged.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := credentials.Retrieve(ctx)
		c.SecretAccessKey = "guessed"
		return c, err
	})
	for name, tc := range map[string]struct {
		dialer       Dialer
		region, user string
		skew         time.Duration
		want         Reason
	}{
		"a mapped role":                      {good, region, "dr_monitor", 0, ReasonNone},
		"a token near its end":               {good, region, "dr_monitor", 14 * time.Minute, ReasonNone},
		"an expired token":                   {good, region, "dr_monitor", 16 * time.Minute, ReasonAuth},
		"a role that is not mapped":          {good, region, "stranger", 0, ReasonAuth},
		"a role that does not exist":         {good, region, "nobody", 0, ReasonAuth},
		"admin without DbConnectAdmin":       {good, region, Admin, 0, ReasonAuth},
		"a token of another region":          {good, "us-west-2", "dr_monitor", 0, ReasonAuth},
		"a token signed with a wrong secret": {forged, region, "dr_monitor", 0, ReasonAuth},
	} {
		t.Run(name, func(t *testing.T) {
			skew.Store(int64(tc.skew))
			conn, err := tc.dialer.Connect(t.Context(), endpoint, tc.region, tc.user)
			assert.Equal(t, tc.want, Classify(err), "%v", err)
			if err == nil {
				assert.NoError(t, conn.Close(t.Context()))
			}
		})
	}
}
