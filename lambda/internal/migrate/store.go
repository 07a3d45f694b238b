package migrate

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// store is goose's record of applied migrations for Aurora DSQL, made to survive a crash between any two statements:
// each commits alone, because DSQL does not mix DDL with DML in a transaction.
type store struct {
	database.StoreExtender
}

func newStore() (store, error) {
	dialect, err := database.NewStore(database.DialectAuroraDSQL, goose.DefaultTablename)
	if err != nil {
		return store{}, err
	}
	return store{dialect.(database.StoreExtender)}, nil
}

// TableExists is true when the table holds the row that goose puts in first. A table without it is one that a run left
// behind on the way.
func (s store) TableExists(ctx context.Context, db database.DBTxConn) (bool, error) {
	exists, err := s.StoreExtender.TableExists(ctx, db)
	if err != nil || !exists {
		return false, err
	}
	rows, err := s.ListMigrations(ctx, db)
	return len(rows) > 0, err
}

// CreateVersionTable is content with the table that such a run, or one at the same time, has made.
func (s store) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	err := s.StoreExtender.CreateVersionTable(ctx, db)
	if hasCode(err, duplicateTable) {
		return nil
	}
	return err
}

// Insert records a migration, once the indexes that it began to build are there: a migration whose index fails stays
// pending and runs again.
func (s store) Insert(ctx context.Context, db database.DBTxConn, request database.InsertRequest) error {
	if err := awaitIndexes(ctx, db); err != nil {
		return err
	}
	return s.StoreExtender.Insert(ctx, db, request)
}

// SQLSTATEs of what another run has done already.
const (
	duplicateSchema = "42P06"
	duplicateTable  = "42P07"
	duplicateObject = "42710"
	undefinedObject = "42704"
	uniqueViolation = "23505"
)

func hasCode(err error, codes ...string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && slices.Contains(codes, pg.Code)
}
