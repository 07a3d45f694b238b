-- Every probe reads the incidents that are open or owe a notice: those with a time at which the next notice is due. The table
-- keeps an outage's row for ever, so that they are found by this index; it changes a few times in an outage.

-- +goose Up
CREATE INDEX ASYNC IF NOT EXISTS incident_due ON dr.incident (notice_due_at);
