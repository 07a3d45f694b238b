// Command migrate is the Lambda function that a deployment invokes to bring the database to its declared state.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/migrate"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	env, envErr := migrate.ParseEnvironment(os.Getenv)
	aws, awsErr := config.LoadDefaultConfig(context.Background())
	startErr := errors.Join(envErr, awsErr)
	lambda.Start(func(ctx context.Context, event contract.MigrateEvent) (contract.MigrateResult, error) {
		if startErr != nil { // answered rather than exited with: a deployment shows the function's answer, not its log
			return contract.MigrateResult{}, startErr
		}
		return migrate.New(env, aws.Credentials, kms.NewFromConfig(aws), log).Run(ctx, event)
	})
}
