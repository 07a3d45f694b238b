-- Until this column is set, the event counts by its own row; then app.projection_total counts it, and the row only keeps it
-- from being counted again.

-- +goose Up
ALTER TABLE app.projection ADD COLUMN IF NOT EXISTS counted_at timestamptz;
