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
	"aurora-dsql-dr/lambda/internal/rollup"
)

func main() {
	boot.Start(env.ParsePublisher, func(ctx context.Context, e env.Publisher, cfg aws.Config, log *slog.Logger) (any,
		error) {
		publisher, err := configure(ctx, e, cfg, log)
		return publisher.Run, err
	})
}

func configure(ctx context.Context, e env.Publisher, cfg aws.Config, log *slog.Logger) (outbox.Publisher, error) {
	dialer := dsqlconn.Dialer{Credentials: cfg.Credentials, HostAddr: e.HostAddr}
	pool, err := dialer.Pool(ctx, e.Endpoint.Host, e.Endpoint.Region, e.Role, 1)
	if err != nil {
		return outbox.Publisher{}, err
	}
	roller := rollup.Roller{
		Database:  pool,
		Region:    e.Region,
		Settled:   e.SweepAge,
		Takeover:  e.TakeoverAge,
		Conflicts: dsqlconn.ShortTransactions,
	}
	return outbox.Publisher{
		Rows: &outbox.Store{
			Database:  pool,
			Region:    e.Region,
			Lease:     e.ClaimLease,
			Sweep:     e.SweepAge,
			Takeover:  e.TakeoverAge,
			CatchUp:   e.CatchUpAge,
			Conflicts: dsqlconn.ShortTransactions,
		},
		Bus:       outbox.Bus{Client: eventbridge.NewFromConfig(cfg), Name: e.EventBus, Region: e.Region},
		Retention: e.OutboxRetention,
		RollUp:    roller.Run,
		RecordAge: func(age time.Duration) error {
			return record(e.Region, contract.MetricOutboxAge, emf.Metric{Unit: emf.Seconds, Values: []float64{age.Seconds()}})
		},
		RecordParked: func(n int) error {
			return record(e.Region, contract.MetricEventsParked, emf.Metric{Unit: emf.Count, Values: []float64{float64(n)}})
		},
		Log: log,
	}, nil
}

// record writes a line of the embedded metric format.
func record(region, name string, metric emf.Metric) error {
	return emf.Line{
		Namespace:  contract.ApplicationNamespace,
		Dimensions: contract.ApplicationDimensions(region),
		Metrics:    map[string]emf.Metric{name: metric},
	}.Write(os.Stdout, time.Now())
}
