-- The application's tables have a schema of their own: neither it nor the health checks can reach the other's.

-- +goose Up
CREATE SCHEMA IF NOT EXISTS app;
