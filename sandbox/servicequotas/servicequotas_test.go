package servicequotas

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/region"
)

func service(t *testing.T) (*region.Env, *Service) {
	t.Helper()
	env := region.New("us-east-1", "123456789012", clock.New(1))
	return env, New(env)
}

func TestAQuotaIsWhatTheSandboxHoldsTo(t *testing.T) {
	env, s := service(t)
	for _, limit := range []int{1000, 10} {
		env.SetLimit(lambda.ConcurrencyQuota, limit)
		q, err := s.Quota("lambda", "L-B99A9384")
		require.NoError(t, err)
		assert.Equal(t, limit, q.Value)
		assert.Equal(t, 1000, q.Default)
	}
}

func TestQuotasAreNamedAsOnAWS(t *testing.T) {
	_, s := service(t)
	q, err := s.Quota("dsql", "L-DCF93F11")
	require.NoError(t, err)
	assert.Equal(t, 5, q.Value)
	assert.Equal(t, "arn:aws:servicequotas:us-east-1:123456789012:dsql/L-DCF93F11", s.ARN(q))
	assert.Equal(t, "arn:aws:servicequotas:us-east-1::dsql/L-DCF93F11", s.DefaultARN(q))
	quotas, err := s.Quotas("events")
	require.NoError(t, err)
	var codes []string
	for _, q := range quotas {
		codes = append(codes, q.Code)
	}
	assert.Equal(t, []string{"L-244521F2", "L-658A4FD9", "L-664C5505"}, codes)
}

func TestWhatIsNoQuotaIsRefusedWithWhatIs(t *testing.T) {
	_, s := service(t)
	_, err := s.Quota("lambda", "L-00000000")
	require.ErrorIs(t, err, awserr.ErrNotFound)
	require.ErrorContains(t, err, "the sandbox has L-B99A9384")
	_, err = s.Quotas("ec2")
	require.ErrorIs(t, err, awserr.ErrNotFound)
	require.ErrorContains(t, err, "the sandbox has apigateway, backup, dsql, events, lambda")
}
