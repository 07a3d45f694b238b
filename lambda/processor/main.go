// Command processor is the Lambda function that consumes the application's events from the region's bus.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/emf"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/projection"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	ctx := context.Background()
	e, err := env.ParseProcessor(os.LookupEnv)
	if err != nil {
		fail(log, err)
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		fail(log, err)
	}
	processor, err := configure(ctx, e, cfg)
	if err != nil {
		fail(log, err)
	}
	lambda.Start(processor.Process)
}

// fail ends a function that cannot start; Lambda counts that as an error of the invocation.
func fail(log *slog.Logger, err error) {
	log.Error("the processor cannot start", "error", err)
	os.Exit(1)
}

func configure(ctx context.Context, e env.Database, cfg aws.Config) (projection.Processor, error) {
	dialer := dsqlconn.Dialer{Credentials: cfg.Credentials, HostAddr: e.HostAddr}
	pool, err := dialer.Pool(ctx, e.Endpoint.Host, e.Endpoint.Region, e.Role, 1)
	if err != nil {
		return projection.Processor{}, err
	}
	return projection.Processor{
		Database: pool, Region: e.Region, Conflicts: dsqlconn.ShortTransactions,
		RecordDelay: func(delay time.Duration) error {
			return emf.Line{
				Namespace: contract.ApplicationNamespace, Dimensions: contract.ApplicationDimensions(e.Region),
				Metrics: map[string]emf.Metric{contract.MetricReplicationDelay: {Unit: emf.Milliseconds, Values: []float64{emf.Millis(delay)}}},
			}.Write(os.Stdout, time.Now())
		},
	}, nil
}
