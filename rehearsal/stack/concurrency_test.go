package stack

import (
	"testing"

	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/engine"
)

func TestANewAccountIsDeployedToWithoutReservations(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{Concurrency: 10})
	stack, err := Prepare(t.Context(), s, Config())
	require.NoError(t, err)
	_, err = stack.Up(t.Context(), engine.Run{})
	require.ErrorContains(t, err, "decreases account's UnreservedConcurrentExecution below its minimum value of [10]")

	require.NoError(t, stack.SetConfig(t.Context(), "aurora-dsql-dr:monitor",
		map[string]any{"architecture": Architecture(), "reservedConcurrency": "none"}))
	_, err = stack.Up(t.Context(), engine.Run{})
	require.NoError(t, err)
}
