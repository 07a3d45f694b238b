-- One transaction. id is the client's or a UUIDv7: a sequence would be a counter that two active regions contend for on
-- every write. reference and details say themselves whether they are encrypted ("aead:") or not ("text:").

-- +goose Up
CREATE TABLE IF NOT EXISTS app.transaction (
    id         text          NOT NULL PRIMARY KEY,
    amount     numeric(14,2) NOT NULL,
    reference  text,
    details    text,
    created_at timestamptz   NOT NULL DEFAULT now(),
    region     text          NOT NULL,
    status     text          NOT NULL
);
