// Command livez answers Route 53's health checkers: whether the region serves.
package main

import (
	"context"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"

	"aurora-dsql-dr/lambda/internal/boot"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/liveness"
)

func main() {
	boot.Start(env.ParseLivez, func(_ context.Context, e env.Livez, cfg aws.Config, log *slog.Logger) (any, error) {
		return configure(e, cfg, log).Handle, nil
	})
}

func configure(e env.Livez, cfg aws.Config, log *slog.Logger) *liveness.Watch {
	endpoint := &liveness.Endpoint{
		Dialer: dsqlconn.Dialer{Credentials: cfg.Credentials, HostAddr: e.HostAddr, Patience: e.Limit / 3},
		Host:   e.Endpoint.Host,
		Region: e.Endpoint.Region,
		Role:   e.Role,
		Hold:   e.Hold,
	}
	return &liveness.Watch{Look: endpoint.Look, Interval: e.Interval, Limit: e.Limit, Log: log}
}
