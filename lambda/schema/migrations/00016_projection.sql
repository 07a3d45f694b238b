-- What the events add up to: a row per event, summed when it is read. One row per region with a running total would make
-- every two writers conflict.

-- +goose Up
CREATE TABLE IF NOT EXISTS app.projection (
    event_id     uuid          NOT NULL PRIMARY KEY,
    region       text          NOT NULL,
    amount       numeric(14,2) NOT NULL,
    occurred_at  timestamptz   NOT NULL,
    processed_in text          NOT NULL
);
