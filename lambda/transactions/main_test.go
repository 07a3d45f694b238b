package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
	"aurora-dsql-dr/lambda/internal/service"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

func TestTheFunctionIsWiredFromItsEnvironment(t *testing.T) {
	d := apptest.Start(t)
	cloud, key := apptest.StartCloud(t, d, apptest.East, schema.RoleTransactions, map[string]string{
		"PEER_ENDPOINT":      d.Hosts[apptest.Ohio],
		"PUBLISHER_FUNCTION": "publisher-0123",
		"ENCRYPTED_FIELDS":   "details",
		"KEY_ARN":            apptest.KeyARN(apptest.East),
	})
	wrapper, err := fieldcrypt.NewWrapper(t.Context(), apptest.KeyARN(apptest.Ohio), key)
	require.NoError(t, err)
	wrapped, err := wrapper.NewKeyset(t.Context())
	require.NoError(t, err)
	d.Exec(t, "INSERT INTO app.keyset (id, wrapped) VALUES (1, '"+wrapped+"')")

	e, err := env.ParseTransactions(os.LookupEnv)
	require.NoError(t, err)
	cfg, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	s, err := configure(t.Context(), e, cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	answer, err := s.Invoke(t.Context(),
		json.RawMessage(`{"operation":"write","transaction_id":"test-001","amount":100.50,"details":"the secret"}`))
	require.NoError(t, err)
	assert.Equal(t, 200, answer.(service.DirectAnswer).StatusCode, answer)

	invoked := cloud.Saw(t, "lambda", apptest.East)
	assert.Equal(t, "/2015-03-31/functions/publisher-0123/invocations Event", invoked.Operation)
	assert.JSONEq(t, `{"ids":["`+d.Column(t, "SELECT id::text FROM app.outbox")[0]+`"]}`, invoked.Body)
	unwrapped := cloud.Saw(t, "kms", apptest.East)
	assert.Equal(t, "TrentService.Decrypt", unwrapped.Operation)
	assert.Contains(t, unwrapped.Body, apptest.KeyARN(apptest.East))
	assert.Equal(t, []string{"aead:"}, d.Column(t, "SELECT substr(details, 1, 5) FROM app.transaction"))

	require.NoError(t, d.Endpoints[apptest.East].SetFault(sqlendpoint.Fault{Refuse: true}))
	d.Endpoints[apptest.East].CloseAll()
	var statuses []int
	for range 4 {
		answer, err := s.Invoke(t.Context(), json.RawMessage(`{"operation":"read"}`))
		require.NoError(t, err)
		statuses = append(statuses, answer.(service.DirectAnswer).StatusCode)
	}
	assert.Equal(t, []int{503, 503, 503, 200}, statuses, "the breaker opens, and the peer answers")
}
