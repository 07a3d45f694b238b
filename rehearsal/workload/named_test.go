package workload

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal/routing/routingtest"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
)

// Clients follow the name as HTTP clients do: with new connections, once the answer that they know is out of date.
func TestClientsOfANameMoveWithNewConnections(t *testing.T) {
	s, err := sandbox.Start(t.Context(), sandbox.Options{Speed: 30, Template: postgrestest.Template(t)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	w := routingtest.In(t, s.Account)
	application, err := PrepareApplication(s, map[string]string{east: "", west: ""}, "a token")
	require.NoError(t, err)
	_, err = PrepareNamed(s, application, "")
	require.ErrorContains(t, err, `deploy it with "traffic"`)
	clients, err := PrepareNamed(s, application, routingtest.Domain)
	require.NoError(t, err)
	write := func(e Endpoint) string {
		t.Helper()
		by, err := e.Write(t.Context(), "an order")
		require.NoError(t, err)
		return by
	}
	once := func() string {
		e := clients.Dial(east, routingtest.Domain)
		defer e.Close()
		return write(e)
	}
	begun := s.Clock.Now()
	kept := clients.Dial(east, routingtest.Domain)
	defer kept.Close()
	assert.Equal(t, east, write(kept))
	w.Turn(t, w.Leaf[east])
	moved := once()
	require.Eventually(t, func() bool {
		assert.Equal(t, east, write(kept), "its connection goes on")
		moved = once()
		return moved == west
	}, time.Minute, 50*time.Millisecond)
	assert.GreaterOrEqual(t, s.Clock.Since(begun), time.Minute, "the answer's TTL")

	s.Account.Region(east).SetDown(true)
	impatient, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = kept.Write(impatient, "an order")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = kept.Stored(t.Context())
	assert.ErrorContains(t, err, "rows are looked for in each region")
}
