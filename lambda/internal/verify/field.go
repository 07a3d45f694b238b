package verify

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
)

// selectEncrypted is an encrypted field of the newest transactions. A table in which nothing is encrypted is not read
// to its end.
const (
	selectEncrypted = `SELECT id, CASE WHEN reference LIKE $1 THEN 'reference' ELSE 'details' END,
			CASE WHEN reference LIKE $1 THEN reference ELSE details END
		FROM (SELECT id, reference, details FROM app.transaction ORDER BY created_at DESC, id DESC LIMIT 1000) AS newest
		WHERE reference LIKE $1 OR details LIKE $1 LIMIT 1`
	selectKeyset = `SELECT wrapped FROM app.keyset ORDER BY id DESC LIMIT 1`
)

// field opens an encrypted field with the restored keyset and the key: a backup whose key is gone is worth nothing.
func (l *look) field(ctx context.Context) error {
	if !slices.Contains(l.tables, transactions) || !slices.Contains(l.tables, "app.keyset") {
		l.found.EncryptedField = "not verified: the restored database has no application"
		return nil
	}
	var id, field, stored string
	err := l.restored.conn.QueryRow(ctx, selectEncrypted, fieldcrypt.MarkEncrypted+"%").Scan(&id, &field, &stored)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		l.found.EncryptedField = "not verified: none of the newest 1000 transactions has an encrypted field"
		return nil
	case err != nil:
		return l.restored.failure("read an encrypted field", err)
	case l.Key == nil:
		l.found.EncryptedField = "not verified: no key is configured"
		return nil
	}
	cipher := fieldcrypt.Cipher{Wrapper: l.Key, Load: l.keyset}
	if _, err := cipher.Open(ctx, id, field, stored); err != nil {
		var refused NotGranted
		if errors.As(err, &refused) {
			return refused
		}
		l.found.EncryptedField = "not opened: " + err.Error()
		l.finding("an encrypted field could not be opened: %v", err)
		return nil
	}
	l.found.EncryptedField = contract.FieldOpened
	return nil
}

// keyset is the restored database's newest, "" without any.
func (l *look) keyset(ctx context.Context) (wrapped string, err error) {
	err = l.restored.conn.QueryRow(ctx, selectKeyset).Scan(&wrapped)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return wrapped, l.restored.failure("read the keyset", err)
}
