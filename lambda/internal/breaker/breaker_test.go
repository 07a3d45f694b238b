package breaker

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	errLost   = errors.New("lost")
	errAnswer = errors.New("an answer that is an error")
	errGone   = errors.New("the caller went away")
)

func newGroup(changes *[]string, names ...string) *Group[string] {
	var endpoints []Endpoint[string]
	for _, name := range names {
		endpoints = append(endpoints, Endpoint[string]{Name: name, Via: name})
	}
	return New(Policy{
		Failure: func(err error) bool { return errors.Is(err, errLost) },
		Ignore:  func(err error) bool { return errors.Is(err, errGone) },
		Pause:   10 * time.Second,
		OnChange: func(endpoint string, kind Kind, from, to string) {
			if changes != nil {
				*changes = append(*changes, endpoint+", "+kind.String()+": "+from+" to "+to)
			}
		},
	}, endpoints...)
}

// call gives the endpoint that was used, "" if none, and the error.
func call(t *testing.T, g *Group[string], outcome func(endpoint string) error) (string, error) {
	used := ""
	err := g.Do(t.Context(), Write, func(_ context.Context, endpoint string) error {
		used = endpoint
		return outcome(endpoint)
	})
	return used, err
}

func lost(string) error { return errLost }
func fine(string) error { return nil }

func TestABreakerOpensOnFailuresOnlyAndTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var changes []string
		g := newGroup(&changes, "own")
		for _, outcome := range []error{errLost, errLost, errAnswer, errLost, errGone, errLost, nil, errLost, errLost,
			errGone} {
			_, err := call(t, g, func(string) error { return outcome })
			assert.Equal(t, outcome, err)
			assert.False(t, g.Open(),
				"an answer, even a bad one, counts for the endpoint; a caller that left counts for nothing")
		}
		_, err := call(t, g, lost)
		require.ErrorIs(t, err, errLost)
		assert.True(t, g.Open())

		used, err := call(t, g, fine)
		var open *OpenError
		require.ErrorAs(t, err, &open)
		assert.Equal(t, 10*time.Second, open.RetryAfter)
		assert.ErrorContains(t, err, "circuit breaker is open")
		assert.Empty(t, used, "nobody waits for an endpoint that is given up")

		time.Sleep(10*time.Second + 1)
		_, err = call(t, g, lost)
		require.ErrorIs(t, err, errLost, "one call is the trial")
		assert.True(t, g.Open(), "and fails for all")

		time.Sleep(10*time.Second + 1)
		_, err = call(t, g, fine)
		require.NoError(t, err)
		assert.False(t, g.Open())
		assert.Equal(t, []string{
			"own, writes: closed to open", "own, writes: open to half-open", "own, writes: half-open to open",
			"own, writes: open to half-open", "own, writes: half-open to closed",
		}, changes)
	})
}

func TestTheOtherEndpointServesWhileTheOwnIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(nil, "own", "peer")
		own := func(endpoint string) error {
			if endpoint == "own" {
				return errLost
			}
			return nil
		}
		for range failuresToOpen {
			used, err := call(t, g, own)
			require.ErrorIs(t, err, errLost, "a call that failed is not repeated elsewhere: its outcome is unknown")
			assert.Equal(t, "own", used)
		}
		used, err := call(t, g, own)
		require.NoError(t, err)
		assert.Equal(t, "peer", used)
		assert.True(t, g.Open())

		time.Sleep(10*time.Second + 1)
		used, err = call(t, g, fine)
		require.NoError(t, err)
		assert.Equal(t, "own", used, "the own endpoint is preferred as soon as it is back")

		for range failuresToOpen {
			_, _ = call(t, g, lost)
		}
		for range failuresToOpen {
			_, _ = call(t, g, lost)
		}
		_, err = call(t, g, fine)
		var open *OpenError
		assert.ErrorAs(t, err, &open, "both are given up")
	})
}

func TestSlowReadsKeepNoWritesFromTheEndpoint(t *testing.T) {
	var changes []string
	g := newGroup(&changes, "own")
	read := func() error { return g.Do(t.Context(), Read, func(context.Context, string) error { return errLost }) }
	for range failuresToOpen {
		require.ErrorIs(t, read(), errLost)
	}
	var open *OpenError
	require.ErrorAs(t, read(), &open, "nobody waits for another slow read")
	assert.False(t, g.Open())
	used, err := call(t, g, fine)
	require.NoError(t, err)
	assert.Equal(t, "own", used)
	assert.Equal(t, []string{"own, reads: closed to open"}, changes)
}

func BenchmarkDo(b *testing.B) {
	g := newGroup(nil, "own")
	for b.Loop() {
		if err := g.Do(b.Context(), Write, func(context.Context, string) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
