package workload

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/route53"
	"aurora-dsql-dr/sandbox/route53/nameserver"
)

// zones answer with one address, or that there is no such name if it is "".
type zones struct {
	mu    sync.Mutex
	addr  string
	asked int
}

func (z *zones) answer(addr string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.addr = addr
}

func (z *zones) questions() int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.asked
}

func (z *zones) Resolve(name, kind, _ string) (route53.Resolution, bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked++
	r := route53.Resolution{Zone: "example.com.", SOA: route53.Record{Name: "example.com.", Type: "SOA", TTL: 900,
		Value: "ns.example.com. admin.example.com. 1 7200 900 1209600 30"}}
	if z.addr != "" {
		r.Records = []route53.Record{{Name: name, Type: kind, TTL: 60, Value: z.addr}}
	}
	return r, true
}

func TestAnAnswerIsBelievedForItsTTL(t *testing.T) {
	const speed = 100
	z := &zones{addr: "127.0.0.2"}
	server, err := nameserver.Listen(z, east)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	clk := clock.New(speed)
	r := newResolver(clk, server.Address)
	begun := clk.Now()
	first, err := r.lookUp(t.Context(), "pay.example.com")
	require.NoError(t, err)
	assert.Equal(t, []netip.Addr{netip.MustParseAddr("127.0.0.2")}, first)

	z.answer("127.0.0.3")
	moved := func() bool {
		found, err := r.lookUp(t.Context(), "pay.example.com")
		return err == nil && found[0] == netip.MustParseAddr("127.0.0.3")
	}
	require.Eventually(t, moved, 10*time.Second, time.Millisecond)
	assert.GreaterOrEqual(t, clk.Since(begun), time.Minute)
	assert.Equal(t, 2, z.questions())

	z.answer("")
	require.Eventually(t, func() bool { return !moved() }, 10*time.Second, time.Millisecond)
	begun = clk.Now()
	_, err = r.lookUp(t.Context(), "pay.example.com")
	require.ErrorContains(t, err, "look up pay.example.com: no address: NXDOMAIN")
	z.answer("127.0.0.3")
	require.Eventually(t, moved, 10*time.Second, time.Millisecond)
	assert.GreaterOrEqual(t, clk.Since(begun), 29*time.Second, "as long as the zone's SOA says")
}
