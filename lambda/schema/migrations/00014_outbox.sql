-- Events to be sent, each written in the transaction it tells of. A publisher claims a row until claimed_until, and marks it
-- with sent_at; rows that were sent are deleted some days later.

-- +goose Up
CREATE TABLE IF NOT EXISTS app.outbox (
    id             uuid        NOT NULL PRIMARY KEY,
    region         text        NOT NULL,
    transaction_id text        NOT NULL,
    body           text        NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    sent_at        timestamptz,
    claimed_by     text,
    claimed_until  timestamptz
);
