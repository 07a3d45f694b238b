package dsqlconn_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/sandbox/sqlendpoint"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

func TestAPoolSignsForEveryConnectionAndReplacesLostOnes(t *testing.T) {
	const region, role = sqlendpointtest.Primary, "arn:aws:iam::123456789012:role/app"
	env := sqlendpointtest.Start(t)
	env.AddRole(t, "app_user", role)
	addresses, err := dsqlconn.ParseHostAddr(env.HostAddr)
	require.NoError(t, err)
	var signed atomic.Int64
	credentials := env.Credentials(role)
	dialer := dsqlconn.Dialer{
		HostAddr: addresses,
		RootCAs:  env.CA,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			signed.Add(1)
			return credentials, nil
		}),
	}
	pool, err := dialer.Pool(t.Context(), env.Hosts[region], region, "app_user", 2)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	assert.Zero(t, pool.Stat().TotalConns(), "nothing is connected before it is needed")

	before := signed.Load()
	for range 3 {
		_, err = pool.Exec(t.Context(), "SELECT 1")
		require.NoError(t, err)
	}
	assert.Equal(t, before+1, signed.Load(), "one connection, one token")

	env.Endpoints[region].CloseAll()
	for range 3 { // those that find the connection lost give it back to be closed
		if _, err = pool.Exec(t.Context(), "SELECT 1"); err == nil {
			break
		}
		assert.True(t, dsqlconn.Unreachable(err), "%v", err)
	}
	require.NoError(t, err)
	assert.Equal(t, before+2, signed.Load())

	config := pool.Config()
	assert.Equal(t, int32(2), config.MaxConns)
	assert.Less(t, config.MaxConnLifetime+config.MaxConnLifetimeJitter, 55*time.Minute, "the server cuts at 60")

	require.NoError(t, env.Endpoints[region].SetFault(sqlendpoint.Fault{Refuse: true}))
	env.Endpoints[region].CloseAll()
	pool.Reset()
	_, err = pool.Exec(t.Context(), "SELECT 1")
	assert.True(t, dsqlconn.Unreachable(err), "%v", err)
	require.NoError(t, env.Endpoints[region].SetFault(sqlendpoint.Fault{}))

	credentials.SecretAccessKey = "wrong"
	pool.Reset()
	_, err = pool.Exec(t.Context(), "SELECT 1")
	assert.Equal(t, dsqlconn.ReasonAuth, dsqlconn.Classify(err), "%v", err)
	assert.False(t, dsqlconn.Unreachable(err))

	_, err = dsqlconn.Dialer{}.Pool(t.Context(), env.Hosts[region], region, "app_user", 2)
	assert.Equal(t, dsqlconn.ReasonLocal, dsqlconn.Classify(err))
}
