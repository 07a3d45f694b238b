-- One outage of one endpoint, numbered from 1 per endpoint: two observers that open the next one race for a key, and one
-- loses. The table grows by a row per outage, for ever: what is read is found by the key or by the index incident_due.

-- +goose Up
CREATE TABLE IF NOT EXISTS dr.incident (
    endpoint       text        NOT NULL,
    number         bigint      NOT NULL,
    opened_at      timestamptz NOT NULL DEFAULT now(),
    opened_by      text        NOT NULL,
    confirmed_by   text,
    reason         text        NOT NULL,
    closed_at      timestamptz,
    closed_by      text,
    notice_due_at  timestamptz,
    notice_sent_at timestamptz,
    PRIMARY KEY (endpoint, number)
);
