-- The transactions that were counted, by where they were written. Each region that counts has rows of its own, so that two
-- that count at a time do not conflict.

-- +goose Up
CREATE TABLE IF NOT EXISTS app.transaction_total (
    region       text   NOT NULL,
    counted_in   text   NOT NULL,
    transactions bigint NOT NULL,
    PRIMARY KEY (region, counted_in)
);
