-- Each transaction has one outbox row, committed with it: until this column is set, the row stands for its transaction in
-- the count; then app.transaction_total does.

-- +goose Up
ALTER TABLE app.outbox ADD COLUMN IF NOT EXISTS counted_at timestamptz;
