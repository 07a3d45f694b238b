-- One row, which whoever withdraws or returns an endpoint changes: of two at once one loses and repeats, with the other's
-- withdrawal before it. Both endpoints are never withdrawn at the same time.

-- +goose Up
CREATE TABLE IF NOT EXISTS dr.withdrawal_guard (
    name       text        NOT NULL PRIMARY KEY,
    changed_at timestamptz NOT NULL
);
