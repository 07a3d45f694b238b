-- Events that are not counted yet.

-- +goose Up
CREATE INDEX ASYNC IF NOT EXISTS projection_uncounted ON app.projection (counted_at);
