package main

import (
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/livez"
)

func wire(t *testing.T) *livez.Watch {
	t.Helper()
	values := map[string]string{
		"AWS_REGION":                 "us-east-1",
		contract.EnvDatabaseEndpoint: "aaa.dsql.us-east-1.on.aws",
		contract.EnvDatabaseRole:     "dr_livez",
		contract.EnvLivezInterval:    "7s",
		contract.EnvHostAddr:         "aaa.dsql.us-east-1.on.aws=127.0.0.1:1", // refused at once
	}
	e, err := env.ParseLivez(func(key string) (string, bool) { value, ok := values[key]; return value, ok })
	require.NoError(t, err)
	cfg := aws.Config{Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", "")}
	return configure(e, cfg, slog.New(slog.DiscardHandler))
}

func TestTheWatchIsWired(t *testing.T) {
	watch := wire(t)
	assert.Equal(t, []time.Duration{7 * time.Second, 1500 * time.Millisecond}, []time.Duration{watch.Interval, watch.Limit})
	response, err := watch.Handle(t.Context(), events.APIGatewayV2HTTPRequest{})
	require.NoError(t, err)
	assert.Equal(t, 503, response.StatusCode, "there is no database")
}
