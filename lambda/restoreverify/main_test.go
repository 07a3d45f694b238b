package main

import (
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

// The restored database is the source here, and the application's: it has no role of the observers.
func TestTheFunctionIsWiredFromItsEnvironment(t *testing.T) {
	d := apptest.Start(t)
	apptest.StartCloud(t, d, apptest.East, schema.RoleVerify, map[string]string{
		contract.EnvKeyARN: apptest.KeyARN(apptest.East),
	})
	e, err := env.ParseRestoreVerify(os.LookupEnv)
	require.NoError(t, err)
	cfg, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	verifier, err := configure(t.Context(), e, cfg)
	require.NoError(t, err)
	assert.NotNil(t, verifier.Key)
	test, err := verifier.Run(t.Context(), contract.RestoreTestEvent{Test: contract.RestoreTest{
		Restored: []contract.RestoredCluster{{Region: apptest.East, Endpoint: d.Hosts[apptest.East]}},
	}})
	require.NoError(t, err)
	require.NotNil(t, test.Verification)
	assert.Equal(t, schema.Version(), test.Verification.SchemaVersion)
	assert.Contains(t, test.Verification.Findings,
		"roles or grants are missing, which the bootstrap makes: there is no role dr_monitor")

	e.KeyARN = ""
	verifier, err = configure(t.Context(), e, cfg)
	require.NoError(t, err)
	assert.Nil(t, verifier.Key)
}
