//go:build e2e

package stack

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/engine"
)

// routedLife is a stack whose traffic is routed in a zone of the sandbox.
type routedLife struct {
	life
	zone string
}

func TestTrafficIsRoutedAndNoLonger(t *testing.T) {
	config := WithApplication(Config())
	config["aurora-dsql-dr:applicationSettings"] = map[string]any{
		"jwt": map[string]any{"issuer": "https://login.example.com/", "audience": "pay"},
	}
	s := newSandbox(t, sandbox.Options{})
	zone, _, err := s.Account.Route53.CreateZone("example.com", "given", "")
	require.NoError(t, err)
	stack, err := Prepare(t.Context(), s, config)
	require.NoError(t, err)
	l := routedLife{life{s, t, stack}, zone.ID}
	before := deployedNow(l.up())

	l.aNameOutsideTheZoneIsRefused()
	l.set("traffic", map[string]any{"zoneId": l.zone, "domain": "pay.example.com"})
	out := l.outputs(l.up())
	assert.Equal(t, "pay.example.com", out.TrafficDomain)
	assert.Len(t, out.HealthCheckIDs, 10)
	assert.Empty(t, changed(l.up()), "nothing has changed")
	l.theNameAnswers()

	l.set("traffic", map[string]any{})
	l.up()
	assert.Equal(t, before, deployedNow(l.up()), "what traffic brought is gone")
	sets, err := s.Account.Route53.RecordSets(zone.ID)
	require.NoError(t, err)
	assert.Len(t, sets, 2, "the zone's own")
	assert.Empty(t, l.paged(), "nobody is paged")
	_, err = l.stack.Destroy(t.Context(), engine.Run{})
	require.NoError(t, err)
	assert.Empty(t, l.Leftovers())
}

// deployedNow are the resources of AWS that there are after an operation.
func deployedNow(r engine.Result) map[string]bool {
	there := map[string]bool{}
	for _, step := range r.Steps {
		if step.Op != "delete" && step.Op != "refresh" && step.Op != "read" && strings.HasPrefix(step.Type, "aws:") {
			there[step.Type+" "+step.Name] = true
		}
	}
	return there
}

func (l routedLife) aNameOutsideTheZoneIsRefused() {
	l.t.Helper()
	l.set("traffic", map[string]any{"zoneId": l.zone, "domain": "pay.example.org"})
	r, err := l.stack.Up(l.t.Context(), engine.Run{})
	require.ErrorContains(l.t, err, `traffic.domain is "pay.example.org": want example.com, which is the name of zone `+l.zone)
	assert.Empty(l.t, changed(r))
	l.set("traffic", map[string]any{"zoneId": "ZNOTTHERE", "domain": "pay.example.com"})
	r, err = l.stack.Up(l.t.Context(), engine.Run{})
	require.ErrorContains(l.t, err, "ZNOTTHERE")
	assert.Empty(l.t, changed(r))
}

// theNameAnswers waits until the leaves are healthy, and asks in each data region.
func (l routedLife) theNameAnswers() {
	l.t.Helper()
	for _, address := range l.DNS {
		resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}}
		require.Eventually(l.t, func() bool {
			found, err := resolver.LookupHost(l.t.Context(), "pay.example.com")
			return err == nil && len(found) > 0
		}, time.Minute, time.Second)
	}
	for name, id := range l.outputs(l.up()).HealthCheckIDs {
		healthy, err := l.Account.Route53.Health(id)
		require.NoError(l.t, err)
		assert.True(l.t, healthy, name)
	}
}
