-- Unsent rows by age, and sent rows by the time they were sent.

-- +goose Up
CREATE INDEX ASYNC IF NOT EXISTS outbox_unsent ON app.outbox (sent_at, created_at);
