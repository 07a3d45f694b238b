// Command processor is the Lambda function that consumes the application's events from the region's bus.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/boot"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/emf"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/projection"
)

func main() {
	boot.Start(env.ParseProcessor, func(ctx context.Context, e env.Database, cfg aws.Config, _ *slog.Logger) (any, error) {
		processor, err := configure(ctx, e, cfg)
		return processor.Process, err
	})
}

func configure(ctx context.Context, e env.Database, cfg aws.Config) (projection.Processor, error) {
	dialer := dsqlconn.Dialer{Credentials: cfg.Credentials, HostAddr: e.HostAddr}
	pool, err := dialer.Pool(ctx, e.Endpoint.Host, e.Endpoint.Region, e.Role, 1)
	if err != nil {
		return projection.Processor{}, err
	}
	return projection.Processor{
		Database:  pool,
		Region:    e.Region,
		Conflicts: dsqlconn.ShortTransactions,
		RecordDelay: func(delay time.Duration) error {
			return emf.Line{
				Namespace:  contract.ApplicationNamespace,
				Dimensions: contract.ApplicationDimensions(e.Region),
				Metrics: map[string]emf.Metric{contract.MetricReplicationDelay: {
					Unit:   emf.Milliseconds,
					Values: []float64{emf.Millis(delay)},
				}},
			}.Write(os.Stdout, time.Now())
		},
	}, nil
}
