-- The events that were counted, by where they came from. As in app.transaction_total, each region that counts has rows of
-- its own.

-- +goose Up
CREATE TABLE IF NOT EXISTS app.projection_total (
    region       text          NOT NULL,
    counted_in   text          NOT NULL,
    transactions bigint        NOT NULL,
    amount       numeric(38,2) NOT NULL,
    PRIMARY KEY (region, counted_in)
);
