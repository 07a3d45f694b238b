-- The latest withdrawal of each endpoint: somebody keeps clients away from its region until a time. It is in force until
-- then, or until ended_at if it is ended before: ended_how is returned (somebody took it back) or lapsed (the other
-- endpoint was lost). notice_due_at is when the notice that it lapsed is due, null if none is owed.

-- +goose Up
CREATE TABLE IF NOT EXISTS dr.withdrawal (
    endpoint      text        NOT NULL PRIMARY KEY,
    reason        text        NOT NULL,
    withdrawn_by  text        NOT NULL,
    since         timestamptz NOT NULL DEFAULT now(),
    until         timestamptz NOT NULL,
    ended_at      timestamptz,
    ended_how     text,
    ended_by      text,
    notice_due_at timestamptz
);
