-- An event that can never be sent is parked, so that it holds up no other: it stays, and no publisher claims it.

-- +goose Up
ALTER TABLE app.outbox ADD COLUMN IF NOT EXISTS parked_at timestamptz;
