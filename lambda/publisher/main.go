// Command publisher is the Lambda function that puts the outbox's events on the region's bus.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/boot"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/emf"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/outbox"
)

func main() {
	boot.Start(env.ParsePublisher, func(ctx context.Context, e env.Publisher, cfg aws.Config, _ *slog.Logger) (any, error) {
		publisher, err := configure(ctx, e, cfg)
		return publisher.Run, err
	})
}

func configure(ctx context.Context, e env.Publisher, cfg aws.Config) (outbox.Publisher, error) {
	dialer := dsqlconn.Dialer{Credentials: cfg.Credentials, HostAddr: e.HostAddr}
	pool, err := dialer.Pool(ctx, e.Endpoint.Host, e.Endpoint.Region, e.Role, 1)
	if err != nil {
		return outbox.Publisher{}, err
	}
	return outbox.Publisher{
		Rows: &outbox.Store{
			Database: pool, Region: e.Region, Lease: e.ClaimLease, Sweep: e.SweepAge, Takeover: e.TakeoverAge, Conflicts: dsqlconn.ShortTransactions,
		},
		Bus:       outbox.Bus{Client: eventbridge.NewFromConfig(cfg), Name: e.EventBus, Region: e.Region},
		Retention: e.OutboxRetention,
		RecordAge: func(age time.Duration) error {
			return emf.Line{
				Namespace: contract.ApplicationNamespace, Dimensions: contract.ApplicationDimensions(e.Region),
				Metrics: map[string]emf.Metric{contract.MetricOutboxAge: {Unit: emf.Seconds, Values: []float64{age.Seconds()}}},
			}.Write(os.Stdout, time.Now())
		},
	}, nil
}
