// Package boot starts a function: its environment, the AWS configuration, its own wiring.
package boot

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// Start parses the environment, lets configure make the handler (of any shape lambda.Start takes) and serves it. What
// fails before the first event is logged and ends the process; Lambda counts that as an error of the invocation.
func Start[E any](
	parse func(func(string) (string, bool)) (E, error),
	configure func(context.Context, E, aws.Config, *slog.Logger) (any, error),
) {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	handler, err := prepare(context.Background(), parse, configure, log)
	if err != nil {
		log.Error("the function cannot start", "error", err)
		os.Exit(1)
	}
	lambda.Start(handler)
}

func prepare[E any](
	ctx context.Context, parse func(func(string) (string, bool)) (E, error),
	configure func(context.Context, E, aws.Config, *slog.Logger) (any, error), log *slog.Logger,
) (any, error) {
	e, err := parse(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	return configure(ctx, e, cfg, log)
}
