package main

import (
	"log/slog"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/schema"
)

func TestTheFunctionLetsTheVerifierIn(t *testing.T) {
	const verifier = "arn:aws:iam::123456789012:role/verify"
	d := apptest.Start(t)
	apptest.StartCloud(t, d, apptest.East, schema.RoleVerify, map[string]string{contract.EnvVerifierRole: verifier})
	e, err := env.ParseRestoreGrant(os.LookupEnv)
	require.NoError(t, err)
	cfg, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	handle, err := configure(e, cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)

	test, err := handle(t.Context(), contract.RestoreTestEvent{Test: contract.RestoreTest{
		Execution: "weekly-1",
		Restored:  []contract.RestoredCluster{{Region: apptest.East, Endpoint: d.Hosts[apptest.East]}},
	}})
	require.NoError(t, err)
	assert.True(t, test.Granted)
	assert.Equal(t, "weekly-1", test.Execution)
	assert.Equal(t, []string{"1"}, d.Column(t, `SELECT count(*)::text FROM sys.iam_pg_role_mappings
		WHERE pg_role_name = 'dr_verify' AND arn = $1`, verifier))

	test, err = handle(t.Context(), contract.RestoreTestEvent{})
	assert.EqualError(t, err, "nothing is restored yet: poll says what is")
	assert.False(t, test.Granted)

	_, err = configure(env.RestoreGrant{Role: "postgres"}, cfg, nil)
	assert.EqualError(t, err, `DATABASE_ROLE is "postgres": want a role of package schema, dr_verify`)
}
