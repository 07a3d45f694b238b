-- Rows that are not counted yet, by age.

-- +goose Up
CREATE INDEX ASYNC IF NOT EXISTS outbox_uncounted ON app.outbox (counted_at, created_at);
