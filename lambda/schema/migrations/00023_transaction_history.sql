-- One row, id 1. The transactions from before "until" are counted without their outbox rows, many of which were deleted:
-- along the index transaction_time, and so far up to (counted_to, counted_to_id).

-- +goose Up
CREATE TABLE IF NOT EXISTS app.transaction_history (
    id            bigint      NOT NULL PRIMARY KEY,
    until         timestamptz NOT NULL,
    counted_to    timestamptz NOT NULL,
    counted_to_id text        NOT NULL,
    transactions  bigint      NOT NULL
);
