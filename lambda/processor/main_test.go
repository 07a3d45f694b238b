package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/schema"
)

func TestTheFunctionIsWiredFromItsEnvironment(t *testing.T) {
	d := apptest.Start(t)
	apptest.StartCloud(t, d, apptest.Ohio, schema.RoleProcessor, nil)
	e, err := env.ParseProcessor(os.LookupEnv)
	require.NoError(t, err)
	cfg, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	processor, err := configure(t.Context(), e, cfg)
	require.NoError(t, err)
	require.NoError(t, processor.Process(t.Context(), events.EventBridgeEvent{
		Source:     "dsql.application",
		DetailType: "Transaction Created",
		Detail: json.RawMessage(`{"schema":1,
			"id":"0198c7a2-0000-7000-8000-000000000001","region":"us-east-1",
			"time":"2026-01-02T03:04:05.678Z","amount":"100.50"}`),
	}))
	assert.Equal(t, []string{"us-east-1 us-east-2"},
		d.Column(t, "SELECT region || ' ' || processed_in FROM app.projection"))
}
