package logs

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const somebody = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"route53.amazonaws.com"},
	"Action":"logs:PutLogEvents","Resource":"*"}}`

func TestARegionHasTenResourcePolicies(t *testing.T) {
	s := newService(t)
	require.NoError(t, remade(t, s, "/aws/vendedlogs/first"))
	require.Len(t, s.Policies(), 1, "deliveries have one, which stays when the group goes")
	assert.Equal(t, deliveryPolicy, s.Policies()[0].Name)
	for i := 1; i < MaxPolicies; i++ {
		_, err := s.PutPolicy(ResourcePolicy{Name: fmt.Sprintf("p%d", i), Document: somebody})
		require.NoError(t, err)
	}
	_, err := s.PutPolicy(ResourcePolicy{Name: "one more", Document: somebody})
	require.EqualError(t, err, "LimitExceededException: Resource limit exceeded.")
	_, err = s.PutPolicy(ResourcePolicy{Name: "p1", Document: somebody})
	require.NoError(t, err, "one that is there is replaced")
	require.NoError(t, remade(t, s, "other-logs"), "and so is the one for deliveries")

	require.NoError(t, s.DeletePolicy(deliveryPolicy))
	_, err = s.PutPolicy(ResourcePolicy{Name: "one more", Document: somebody})
	require.NoError(t, err)
	assert.ErrorContains(t, remade(t, s, "/aws/vendedlogs/second"), "Cannot enable logging. LimitExceededException")
}

func TestResourcePoliciesThatLogsRefuses(t *testing.T) {
	s := newService(t)
	for says, p := range map[string]ResourcePolicy{
		"'policyName'":          {Document: somebody},
		"'policyDocument'":      {Name: "p"},
		"not a JSON object":     {Name: "p", Document: "x"},
		"is written by the":     {Name: deliveryPolicy, Document: somebody},
		"less than or equal to": {Name: "p", Document: fmt.Sprintf("%5121s", "x")},
	} {
		_, err := s.PutPolicy(p)
		require.ErrorContains(t, err, says)
	}
	require.ErrorContains(t, s.DeletePolicy("p"), "ResourceNotFoundException")
	assert.Empty(t, s.Policies())
}
