package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

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
	return provider.UpByOne(ctx)
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
		return fmt.Errorf("%s: %s; other changes of the schema keep disturbing it: wait for them to end and deploy again", what, describe(err))
	case dsqlconn.Classify(err) == dsqlconn.ReasonTimeout:
		return fmt.Errorf("%s: out of time: %s; deploy again to continue where it stopped", what, describe(err))
	default:
		return fmt.Errorf("%s: %s; correct the file and deploy again (the files before it are applied and stay so)", what, describe(err))
	}
}
