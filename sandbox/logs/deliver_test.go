package logs

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// remade creates a group, lets another service write to it and deletes it again.
func remade(t *testing.T, s *Service, name string) error {
	t.Helper()
	_, err := s.CreateGroup(Group{Name: name})
	require.NoError(t, err)
	refused := s.PermitDelivery(name)
	require.NoError(t, s.DeleteGroup(name))
	return refused
}

func TestDeliveriesUseUpTheResourcePolicy(t *testing.T) {
	s := newService(t)
	times := 0
	for ; times < 100; times++ {
		if err := remade(t, s, fmt.Sprintf("primary-transactions-access-logs-%07d", times)); err != nil {
			assert.ErrorContains(t, err, "Policy document length breaking Cloudwatch Logs Constraints")
			break
		}
	}
	assert.InDelta(t, 40, times, 10, "APIs that are made anew before access logs are refused")

	s = newService(t)
	for i := range 100 {
		require.NoError(t, remade(t, s, fmt.Sprintf("/aws/vendedlogs/primary-transactions-access-logs/%07d", i)))
	}
}
