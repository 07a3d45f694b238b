package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
)

// validateKeyset reports a version that cannot be made.
func (m *Migrator) validateKeyset(version int64) error {
	switch {
	case version < 0:
		return fmt.Errorf("migrate event: keyset: %d, want the version to have, 1 or higher, or 0 for none", version)
	case version > 0 && m.env.KeyARN == "":
		return fmt.Errorf("migrate event: keyset: %d, but the function has no %s: want the ARN of the KMS key that wraps it", version, contract.EnvKeyARN)
	default:
		return nil
	}
}

// ensureKeyset makes sure that a version of the keyset, or a later one, exists, and returns the newest. A version is the
// one before it with a key more, so a run that asks for the same version again changes nothing.
func (m *Migrator) ensureKeyset(ctx context.Context, db *sql.DB, version int64) (newest int64, err error) {
	if version == 0 {
		return 0, nil
	}
	wrapper, err := fieldcrypt.NewWrapper(ctx, m.env.KeyARN, m.kms)
	if err != nil {
		return 0, err
	}
	for {
		newest, wrapped, err := newestKeyset(ctx, db)
		if err != nil {
			return 0, fmt.Errorf("read the keyset: %s; deploy again", describe(err))
		}
		if newest >= version {
			return newest, nil
		}
		if newest == 0 {
			wrapped, err = wrapper.NewKeyset(ctx)
		} else {
			wrapped, err = wrapper.Rotate(ctx, wrapped)
		}
		if err != nil {
			return 0, fmt.Errorf("%w; the function's IAM role needs kms:Encrypt and kms:Decrypt on the key, and the key must be enabled", err)
		}
		if err := m.insertKeyset(ctx, db, version, wrapped); err != nil {
			return 0, err
		}
	}
}

// insertKeyset is content when another run has made the version at the same time; the caller looks again.
func (m *Migrator) insertKeyset(ctx context.Context, db *sql.DB, version int64, wrapped string) error {
	err := dsqlconn.Retry(ctx, m.retry, func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, "INSERT INTO app.keyset (id, wrapped) VALUES ($1, $2)", version, wrapped)
		return err
	})
	if err != nil && !hasCode(err, uniqueViolation) {
		return fmt.Errorf("store version %d of the keyset: %s; deploy again", version, describe(err))
	}
	m.log.InfoContext(ctx, "keyset stored", "version", version)
	return nil
}

func newestKeyset(ctx context.Context, db *sql.DB) (id int64, wrapped string, err error) {
	err = db.QueryRowContext(ctx, "SELECT id, wrapped FROM app.keyset ORDER BY id DESC LIMIT 1").Scan(&id, &wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	return id, wrapped, err
}
