package sandbox

import (
	"testing"

	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/engine"
)

func TestANewAccountIsDeployedToWithoutReservations(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, Options{Concurrency: 10})
	stack, err := s.DisasterRecovery(t.Context(), StackConfig())
	require.NoError(t, err)
	_, err = stack.Up(t.Context(), engine.Run{})
	require.ErrorContains(t, err, "decreases account's UnreservedConcurrentExecution below its minimum value of [10]")

	require.NoError(t, stack.SetConfig(t.Context(), "aurora-dsql-dr:monitor",
		map[string]any{"architecture": Architecture(), "reservedConcurrency": "none"}))
	_, err = stack.Up(t.Context(), engine.Run{})
	require.NoError(t, err)
}
