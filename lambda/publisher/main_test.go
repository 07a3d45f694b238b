package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/schema"
)

func TestTheFunctionIsWiredFromItsEnvironment(t *testing.T) {
	d := apptest.Start(t)
	cloud, _ := apptest.StartCloud(t, d, apptest.Ohio, schema.RolePublisher, map[string]string{"EVENT_BUS": "application"})
	const id = "0198c7a2-0000-7000-8000-000000000001"
	d.Exec(t, `INSERT INTO app.outbox (id, region, transaction_id, body) VALUES ('`+id+`', 'us-east-2', 'test-001',
		'{"schema":1,"id":"`+id+
		`","region":"us-east-2","transactionId":"test-001","amount":"100.50","amountNumber":100.5,"status":"completed"}')`)

	e, err := env.ParsePublisher(os.LookupEnv)
	require.NoError(t, err)
	cfg, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	publisher, err := configure(t.Context(), e, cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	assert.Greater(t, publisher.Retention, 24*time.Hour, "rollers have a day to count a row before it is deleted")
	require.NoError(t, publisher.Run(t.Context(), contract.PublishEvent{IDs: []string{id}}))

	put := cloud.Saw(t, "events", apptest.Ohio)
	assert.Equal(t, "AWSEvents.PutEvents", put.Operation)
	var sent struct {
		Entries []struct{ EventBusName, Source, DetailType, Detail string }
	}
	require.NoError(t, json.Unmarshal([]byte(put.Body), &sent))
	require.Len(t, sent.Entries, 1)
	assert.Equal(t, "application", sent.Entries[0].EventBusName)
	assert.Contains(t, sent.Entries[0].Detail, `"publishedIn":"us-east-2"`)
	require.NoError(t, publisher.Run(t.Context(), contract.PublishEvent{}), "a scheduled run finds nothing more to send")
	assert.Equal(t, []string{"sent"}, d.Column(t,
		"SELECT CASE WHEN sent_at IS NULL THEN 'unsent' ELSE 'sent' END FROM app.outbox"))
	assert.Equal(t, []string{"true"}, d.Column(t,
		"SELECT (claimed_until > sent_at + interval '10 seconds')::text FROM app.outbox"), "nobody else sent it meanwhile")
	assert.Equal(t, []string{apptest.Ohio}, d.Column(t, "SELECT region FROM app.publisher"), "it was seen")
	assert.Equal(t, []string{"1"}, d.Column(t, "SELECT count(*)::text FROM app.transaction_history"), "it counts")
}
