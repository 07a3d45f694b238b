// Package migrate brings a DSQL database to the state that package schema declares: migrations applied, indexes built,
// roles granted, exactly the wanted IAM roles mapped to them, and the field-encryption keyset made or rotated, and
// opened. Everything it does may be done again, so a run that was cut short is finished by the next one.
package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
	"aurora-dsql-dr/lambda/schema"
)

// conflicts is how long a step is repeated that another schema change disturbs (OC001): about half a minute in the
// worst case, while a DDL statement takes less than a second.
var conflicts = dsqlconn.Policy{Attempts: 12, Base: 100 * time.Millisecond, Max: 5 * time.Second}

// reserve is kept of the function's time for the answer: a function that times out cannot say what it was doing.
const reserve = 2 * time.Second

// Migrator runs against one endpoint. In a multi-region cluster one is enough: both show the same database.
type Migrator struct {
	env        Environment
	dialer     dsqlconn.Dialer
	migrations fs.FS
	roles      []schema.Role
	retry      dsqlconn.Policy
	patience   patience
	kms        fieldcrypt.KMS
	log        *slog.Logger
}

// New returns a Migrator of the declared schema. kms is the client of the region of the key that wraps the keyset.
func New(env Environment, credentials aws.CredentialsProvider, kms fieldcrypt.KMS, log *slog.Logger) *Migrator {
	return &Migrator{
		env:        env,
		dialer:     dsqlconn.Dialer{Credentials: credentials, HostAddr: env.HostAddr},
		migrations: schema.FS(),
		roles:      schema.Roles(),
		retry:      conflicts,
		patience:   propagation,
		kms:        kms,
		log:        log,
	}
}

// Run does what the event asks. Its error says what failed, in which migration or for which role, with the database's
// own words and SQLSTATE, and what to do; what was done before it stays done.
func (m *Migrator) Run(ctx context.Context, event contract.MigrateEvent) (contract.MigrateResult, error) {
	result := contract.MigrateResult{Applied: []string{}, Granted: []string{}, Revoked: []string{}}
	if err := errors.Join(validate(event, m.roles), m.validateKeyset(event)); err != nil {
		return result, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	db, err := m.open(ctx)
	if err != nil {
		return result, err
	}
	defer func() { _ = db.Close() }()
	if result.Version, result.Applied, err = m.migrate(ctx, db); err != nil {
		return result, err
	}
	if result.Granted, result.Revoked, err = m.reconcile(ctx, db, event); err != nil {
		return result, err
	}
	result.Keyset, err = m.ensureKeyset(ctx, db, event)
	return result, err
}

// open connects as admin. The handle keeps one connection, since DDL statements of several would only conflict.
func (m *Migrator) open(ctx context.Context) (*sql.DB, error) {
	config, err := m.dialer.Config(ctx, m.env.Endpoint, m.env.Region, dsqlconn.Admin)
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDB(*config, stdlib.OptionBeforeConnect(func(ctx context.Context, config *pgx.ConnConfig) (err error) {
		config.Password, err = m.dialer.Token(ctx, m.env.Endpoint, m.env.Region, dsqlconn.Admin)
		return err
	}))
	db.SetMaxOpenConns(1)
	refused := func(err error) bool { return dsqlconn.Classify(err) == dsqlconn.ReasonAuth }
	if err := m.whileRefused(ctx, refused, db.PingContext); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf(
			"connect to %s as admin: %w; the function's IAM role needs dsql:DbConnectAdmin on the cluster, "+
				"and the cluster must be ACTIVE and reachable on port 5432", m.env.Endpoint, err)
	}
	return db, nil
}
