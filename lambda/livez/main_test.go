package main

import (
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/liveness"
	"aurora-dsql-dr/lambda/schema"
)

func wire(t *testing.T) *liveness.Watch {
	t.Helper()
	e, err := env.ParseLivez(os.LookupEnv)
	require.NoError(t, err)
	cfg, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	return configure(e, cfg, slog.New(slog.DiscardHandler))
}

func TestTheFunctionIsWiredFromItsEnvironment(t *testing.T) {
	d := apptest.Start(t)
	apptest.StartCloud(t, d, apptest.Ohio, schema.RoleLivez, map[string]string{
		contract.EnvLivezInterval: "1ns",
		contract.EnvTrafficHold:   "10m",
	})
	watch := wire(t)
	assert.Equal(t, 1500*time.Millisecond, watch.Limit)
	watch.Limit = time.Minute // the machine may be busy
	status := func() int {
		response, err := watch.Handle(t.Context(), events.APIGatewayV2HTTPRequest{})
		require.NoError(t, err)
		return response.StatusCode
	}
	assert.Equal(t, http.StatusOK, status())
	d.Exec(t, `INSERT INTO dr.withdrawal (endpoint, reason, withdrawn_by, until)
		VALUES ('`+d.Hosts[apptest.Ohio]+`', 'x', 'x', now() - interval '9 minutes')`)
	assert.Equal(t, http.StatusServiceUnavailable, status(), "it is held")
	d.Exec(t, `UPDATE dr.withdrawal SET until = now() - interval '11 minutes'`)
	assert.Equal(t, http.StatusOK, status())
}
