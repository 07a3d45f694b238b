-- Pages are read newest first, from a position on.

-- +goose Up
CREATE INDEX ASYNC IF NOT EXISTS transaction_time ON app.transaction (created_at, id);
