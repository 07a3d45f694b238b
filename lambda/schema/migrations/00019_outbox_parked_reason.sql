-- Why the event was parked, for the person who repairs it.

-- +goose Up
ALTER TABLE app.outbox ADD COLUMN IF NOT EXISTS parked_reason text;
