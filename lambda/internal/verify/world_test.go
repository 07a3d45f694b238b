package verify

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/postgres"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

const principal = "arn:aws:iam::123456789012:role/verify"

// noon is when the newest restored marker was written.
var noon = time.Date(2026, 1, 4, 12, 0, 0, 0, time.UTC)

// world is a source, and a database that was restored of it as a pair, with the key of their fields.
type world struct {
	source, restored *sqlendpointtest.Env
	kms              *apptest.KMS
	key              *fieldcrypt.Wrapper
	dialers          map[string]dsqlconn.Dialer // by host
}

// Connect dials whichever database has the host.
func (w *world) Connect(ctx context.Context, host, region, user string) (*pgx.Conn, error) {
	return w.dialers[host].Connect(ctx, host, region, user)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{kms: apptest.NewKMS(), dialers: map[string]dsqlconn.Dialer{}}
	var err error
	w.key, err = fieldcrypt.NewWrapper(t.Context(), apptest.KeyARN(apptest.East), w.kms)
	require.NoError(t, err)
	wrapped, err := w.key.NewKeyset(t.Context())
	require.NoError(t, err)
	cipher := fieldcrypt.Cipher{
		Fields:  []string{"details"},
		Wrapper: w.key,
		Load:    func(context.Context) (string, error) { return wrapped, nil },
	}
	sealed, err := cipher.Seal(t.Context(), "t2", "details", "a secret")
	require.NoError(t, err)
	for _, database := range []**sqlendpointtest.Env{&w.source, &w.restored} {
		env := sqlendpointtest.Start(t)
		apptest.Migrate(t, env, principal, schema.Roles())
		env.Exec(t,
			"INSERT INTO app.keyset (id, wrapped) VALUES (1, '"+wrapped+"')",
			"INSERT INTO dr.marker VALUES ('us-west-2', 'a', '2026-01-04 11:00Z', ''), ('us-east-1', 'a', '2026-01-04 12:00Z', '')",
			`INSERT INTO app.transaction (id, amount, reference, details, created_at, region, status) VALUES
				('t1', 1, 'text:plain', NULL, '2026-01-04 10:00Z', 'us-east-1', 'done'),
				('t2', 1, 'text:plain', '`+sealed+`', '2026-01-04 11:58Z', 'us-east-1', 'done'),
				('t3', 1, NULL, NULL, '2026-01-04 11:59Z', 'us-east-1', 'done')`)
		addresses, err := dsqlconn.ParseHostAddr(env.HostAddr)
		require.NoError(t, err)
		for _, host := range env.Hosts {
			w.dialers[host] = dsqlconn.Dialer{Credentials: env.Provider(principal), HostAddr: addresses, RootCAs: env.CA}
		}
		built(t, env)
		*database = env
	}
	w.source.Exec(t, `INSERT INTO app.transaction (id, amount, created_at, region, status) VALUES
		('t4', 1, '2026-01-04 11:59:30Z', 'us-east-1', 'done'), ('t5', 1, '2026-01-04 13:00Z', 'us-east-1', 'done')`)
	return w
}

// built waits for the indexes of a database.
func built(t *testing.T, env *sqlendpointtest.Env) {
	t.Helper()
	conn := env.Connect(t, sqlendpointtest.Primary, dsqlconn.Admin, sqlendpointtest.AdminARN)
	rows, err := conn.Query(t.Context(), "SELECT job_id FROM sys.jobs WHERE job_type = 'INDEX_BUILD'")
	require.NoError(t, err)
	jobs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, job := range jobs {
		_, err := conn.Exec(t.Context(), "CALL sys.wait_for_job('"+job+"')")
		require.NoError(t, err)
	}
	assert.NoError(t, conn.Close(t.Context()))
}

func (w *world) verifier() Verifier {
	return Verifier{Dialer: w, Role: schema.RoleVerify, Source: w.source.Hosts[apptest.East], Key: w.key}
}

// test is one whose restore has made the pair.
func (w *world) test() contract.RestoreTest {
	test := contract.RestoreTest{Execution: "weekly-1"}
	for _, region := range []string{apptest.East, apptest.Ohio} {
		test.Restored = append(test.Restored, contract.RestoredCluster{
			Region:   region,
			ARN:      w.restored.ClusterARNs[region],
			Endpoint: w.restored.Hosts[region],
		})
	}
	return test
}

func (w *world) verify(t *testing.T) contract.Verification {
	t.Helper()
	after, err := w.verifier().Run(t.Context(), contract.RestoreTestEvent{Test: w.test()})
	require.NoError(t, err)
	require.NotNil(t, after.Verification)
	return *after.Verification
}

// verifyFirst verifies one cluster.
func (w *world) verifyFirst(t *testing.T) contract.Verification {
	t.Helper()
	test := w.test()
	test.Restored = test.Restored[:1]
	after, err := w.verifier().Run(t.Context(), contract.RestoreTestEvent{Test: test})
	require.NoError(t, err)
	return *after.Verification
}

// superuser runs statements past the endpoint of the restored database, which Aurora DSQL would refuse.
func superuser(t *testing.T, w *world, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.restored.Server.ConnString(postgres.Superuser))
	require.NoError(t, err)
	for _, statement := range statements {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	require.NoError(t, conn.Close(t.Context()))
}

// keyset is the source's.
func keyset(t *testing.T, w *world) (wrapped string) {
	t.Helper()
	conn := w.source.Connect(t, apptest.East, dsqlconn.Admin, sqlendpointtest.AdminARN)
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT wrapped FROM app.keyset").Scan(&wrapped))
	return wrapped
}
