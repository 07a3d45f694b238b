package migrate

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"

	"aurora-dsql-dr/lambda/internal/dsqlconn"
)

// migrate applies what is pending, file by file, and returns the database's version and the names of the files.
func (m *Migrator) migrate(ctx context.Context, db *sql.DB) (int64, []string, error) {
	applied := []string{}
	for {
		var result *goose.MigrationResult
		err := dsqlconn.Retry(ctx, m.retry, func(ctx context.Context) (err error) {
			result, err = m.applyNext(ctx, db)
			return err
		})
		if errors.Is(err, goose.ErrNoNextVersion) {
			break
		}
		if err != nil {
			return 0, applied, failure(err)
		}
		m.log.InfoContext(ctx, "migration applied", "file", result.Source.Path, "duration", result.Duration.String())
		applied = append(applied, result.Source.Path)
	}
	provider, err := m.provider(db)
	if err != nil {
		return 0, applied, err
	}
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return 0, applied, failure(err)
	}
	return version, applied, nil
}

// applyNext applies one file. The provider is new each time, since one that has failed to make its version table does
// not try again.
func (m *Migrator) applyNext(ctx context.Context, db *sql.DB) (*goose.MigrationResult, error) {
	provider, err := m.provider(db)
	if err != nil {
		return nil, err
	}
	result, err := provider.UpByOne(ctx)
	if hasCode(err, duplicateSchema, duplicateTable, duplicateObject) {
		// A run at the same time made it under our IF NOT EXISTS, which is not safe from that; now it sees it.
		return provider.UpByOne(ctx)
	}
	return result, err
}

func (m *Migrator) provider(db *sql.DB) (*goose.Provider, error) {
	store, err := newStore()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectCustom, db, m.migrations,
		goose.WithStore(store), goose.WithIsolateDDL(true), goose.WithDisableGlobalRegistry(true))
}

// failure explains an error of goose to the person whose deployment it fails.
func failure(err error) error {
	what := "migrations"
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		what, err = "migration "+partial.Failed.Source.Path, partial.Err
	}
	var index *indexError
	switch {
	case errors.As(err, &index):
		return fmt.Errorf("%s: %w", what, err)
	case dsqlconn.IsConflict(err):
		return fmt.Errorf("%s: %s; other changes of the schema keep disturbing it: wait for them to end and deploy again",
			what, describe(err))
	case dsqlconn.IsUnavailable(err):
		return fmt.Errorf("%s: %s, each time: deploy again to continue where it stopped", what, describe(err))
	case dsqlconn.Classify(err) == dsqlconn.ReasonTimeout:
		return fmt.Errorf("%s: out of time: %s; deploy again to continue where it stopped", what, describe(err))
	case isLost(err):
		return fmt.Errorf("%s: the connection was lost: %s; deploy again to continue where it stopped", what, describe(err))
	default:
		return fmt.Errorf("%s: %s; correct the file and deploy again (the files before it are applied and stay so)", what,
			describe(err))
	}
}

// isLost tells a connection that ended from a statement that failed: the database gave an answer of class 08
// (connection exception) or 57 (operator intervention), or none.
func isLost(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57")
	}
	var network *net.OpError
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, pgconn.ErrConnClosed)
}
