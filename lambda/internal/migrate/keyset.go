package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
)

// validateKeyset reports a version that cannot be made.
func (m *Migrator) validateKeyset(event contract.MigrateEvent) error {
	switch version, fresh := event.Keyset, event.FreshKeyset; {
	case version < 0:
		return fmt.Errorf("migrate event: keyset is %d: want the version to have, 1 or higher, or 0 for none", version)
	case fresh < 0 || fresh > version:
		return fmt.Errorf("migrate event: freshKeyset is %d: want a version of the keyset from 1 to %d, or 0 for none",
			fresh, version)
	case version > 0 && m.env.KeyARN == "":
		return fmt.Errorf("migrate event: keyset is %d, but %s is missing: want the ARN of the KMS key that wraps it",
			version, contract.EnvKeyARN)
	default:
		return nil
	}
}

// ensureKeyset makes sure that the wanted version of the keyset, or a later one, exists and can be opened, and returns
// the newest. A version is the one before it with a key more, or a fresh one if the event says so; a run that asks for
// the same version again changes nothing.
func (m *Migrator) ensureKeyset(ctx context.Context, db *sql.DB, event contract.MigrateEvent) (int64, error) {
	if event.Keyset == 0 {
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
		if newest >= event.Keyset {
			return newest, m.openKeyset(ctx, wrapper, newest, wrapped)
		}
		next := wrapper.NewKeyset
		if newest >= max(event.FreshKeyset, 1) { // nothing before, or nothing that the fresh one is to have
			next = func(ctx context.Context) (string, error) { return wrapper.Rotate(ctx, wrapped) }
		}
		var made string
		err = m.whileRefused(ctx, isKeyRefused, func(ctx context.Context) (err error) {
			made, err = next(ctx)
			return err
		})
		if err != nil {
			return 0, unusable(newest, err)
		}
		if err := m.insertKeyset(ctx, db, event.Keyset, made); err != nil {
			return 0, err
		}
	}
}

// openKeyset fails a deployment whose functions could neither encrypt nor decrypt.
func (m *Migrator) openKeyset(ctx context.Context, wrapper *fieldcrypt.Wrapper, version int64, wrapped string) error {
	err := m.whileRefused(ctx, isKeyRefused, func(ctx context.Context) error { return wrapper.Open(ctx, wrapped) })
	if err != nil {
		return unusable(version, err)
	}
	return nil
}

// unusable says what to do about a keyset that cannot be opened, or not be made if there is none yet.
func unusable(newest int64, err error) error {
	if newest == 0 {
		return fmt.Errorf(
			"%w; the function's IAM role needs kms:Encrypt and kms:Decrypt on the key, and the key must be enabled", err)
	}
	return fmt.Errorf(
		"version %d of the keyset cannot be used: %w; the function's IAM role needs kms:Encrypt and kms:Decrypt on the key, "+
			"which must be enabled and the one that wrapped it. Restore that key if it can be; "+
			"if it is gone for good, so is what was encrypted: "+
			"set applicationSettings.keysetVersion and freshKeyset both to %d, which starts a keyset anew", newest, err,
		newest+1)
}

// isKeyRefused knows KMS's answer to a role whose policy allows nothing, yet.
func isKeyRefused(err error) bool {
	var refused smithy.APIError
	return errors.As(err, &refused) && refused.ErrorCode() == "AccessDeniedException"
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
