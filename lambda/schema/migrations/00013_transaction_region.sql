-- What a region wrote, for reconciliation after its loss.

-- +goose Up
CREATE INDEX ASYNC IF NOT EXISTS transaction_region ON app.transaction (region, created_at);
