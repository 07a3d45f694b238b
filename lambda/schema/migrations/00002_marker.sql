-- The last word of each observer, written through each endpoint. An observer writes its own rows only, so observers
-- never conflict. written_at is the database's clock. state is JSON for the observers alone; no statement looks into it,
-- so it is text, and its shape may change without a migration.

-- +goose Up
CREATE TABLE IF NOT EXISTS dr.marker (
    observer   text        NOT NULL,
    endpoint   text        NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    state      text        NOT NULL,
    PRIMARY KEY (observer, endpoint)
);
