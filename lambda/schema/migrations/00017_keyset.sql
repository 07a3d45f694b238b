-- The field-encryption keyset, encrypted by a KMS key. The row with the highest id is in use and holds all keys; the others
-- are what it was before each rotation.

-- +goose Up
CREATE TABLE IF NOT EXISTS app.keyset (
    id         bigint      NOT NULL PRIMARY KEY,
    wrapped    text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
