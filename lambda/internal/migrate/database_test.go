package migrate

import (
	"context"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/authority"
	"aurora-dsql-dr/sandbox/postgres"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

const endpoint = "abcdefghij0123456789abcdef.dsql.us-east-1.on.aws"

// migrateARN is who the tests connect as.
const migrateARN = "arn:aws:iam::123456789012:role/migrate"

// testDB is a DSQL database: a PostgreSQL behind an endpoint that has DSQL's statements, rules and tokens.
type testDB struct {
	dialer   dsqlconn.Dialer
	endpoint *sqlendpoint.Endpoint
	super    *pgx.Conn     // past the endpoint, as PostgreSQL's superuser
	refusals *atomic.Int64 // connections that IAM is yet to refuse
}

func startDatabase(t *testing.T) testDB {
	t.Helper()
	server := postgrestest.Start(t)
	database, err := sqlendpoint.OpenDatabase(t.Context(), server)
	require.NoError(t, err)
	t.Cleanup(database.Close)
	ca, err := authority.New()
	require.NoError(t, err)
	refusals := &atomic.Int64{}
	served, err := sqlendpoint.New(sqlendpoint.Options{
		Region:   "us-east-1",
		Database: database,
		CA:       ca,
		Allowed:  func(string, string, string) bool { return refusals.Add(-1) < 0 },
		Credentials: func(accessKeyID string) (sqlendpoint.Credential, bool) {
			return sqlendpoint.Credential{
				SecretAccessKey: "secret",
				PrincipalARN:    migrateARN,
			}, accessKeyID == "AKID"
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, served.Close()) })
	served.AddCluster(endpoint, "arn:aws:dsql:us-east-1:123456789012:cluster/abcdefghij0123456789abcdef")
	super, err := pgx.Connect(t.Context(), server.ConnString(postgres.Superuser))
	require.NoError(t, err)
	t.Cleanup(func() { _ = super.Close(context.Background()) })
	return testDB{
		dialer: dsqlconn.Dialer{
			RootCAs:  ca.Pool(),
			HostAddr: map[string][]string{endpoint: {served.Addr()}},
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
			}),
		},
		endpoint: served,
		super:    super,
		refusals: refusals,
	}
}

// reset empties the database for the next test.
func (d testDB) reset(t *testing.T) {
	t.Helper()
	d.endpoint.InjectConflicts(sqlendpoint.Conflicts{})
	d.refusals.Store(0)
	for _, statement := range []string{
		"DROP EVENT TRIGGER IF EXISTS trap", "DROP FUNCTION IF EXISTS public.trap", "DROP SEQUENCE IF EXISTS public.trapped",
		"DROP SCHEMA IF EXISTS dr, app CASCADE", "DROP TABLE IF EXISTS public.goose_db_version",
		"DELETE FROM sandbox.iam_mapping", "DELETE FROM sandbox.job",
		`DO $$ DECLARE r text; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE rolname LIKE 'dr\_%' OR rolname = 'app' LOOP
			EXECUTE format('DROP OWNED BY %I', r); EXECUTE format('DROP ROLE %I', r); END LOOP; END $$`,
	} {
		_, err := d.super.Exec(context.Background(), statement) // the test's context has ended
		require.NoError(t, err, statement)
	}
}

// migrator migrates the database with the given migrations and the declared roles.
func (d testDB) migrator(migrations fs.FS) *Migrator {
	return &Migrator{
		env:        Environment{Endpoint: endpoint, Region: "us-east-1"},
		dialer:     d.dialer,
		migrations: migrations,
		roles:      schema.Roles(),
		retry:      dsqlconn.Policy{Attempts: 10, Base: 10 * time.Millisecond, Max: 100 * time.Millisecond},
		patience:   patience{Total: 2 * time.Second, Pause: 20 * time.Millisecond},
		log:        slog.New(slog.DiscardHandler),
	}
}

// exec runs statements past the endpoint.
func (d testDB) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		_, err := d.super.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

// column is a column of text.
func (d testDB) column(t *testing.T, query string) []string {
	t.Helper()
	rows, err := d.super.Query(t.Context(), query)
	require.NoError(t, err)
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return values
}
