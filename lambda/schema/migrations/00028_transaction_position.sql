-- Where transactions are in the order of pages. Whoever counts them sees this much of a transaction and nothing else.

-- +goose Up
CREATE OR REPLACE VIEW app.transaction_position AS SELECT created_at, id FROM app.transaction;
