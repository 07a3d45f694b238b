-- The publishers, by region. seen_at is their last scheduled run. One that was away catches up with what the other region
-- sent from behind_from to behind_until; both are null when it has.

-- +goose Up
CREATE TABLE IF NOT EXISTS app.publisher (
    region       text        NOT NULL PRIMARY KEY,
    seen_at      timestamptz NOT NULL,
    behind_from  timestamptz,
    behind_until timestamptz
);
