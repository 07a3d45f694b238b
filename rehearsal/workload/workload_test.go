package workload

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
)

const (
	east = "us-east-1"
	west = "us-east-2"
)

// store is one database behind two endpoints, each of which may be down, and may forget.
type store struct {
	mu              sync.Mutex
	rows            map[string]bool
	down            map[string]error
	hangs           map[string]bool
	forget          map[string]bool
	dialled, closed int
}

func newStore() *store {
	return &store{
		rows:   map[string]bool{},
		down:   map[string]error{},
		hangs:  map[string]bool{},
		forget: map[string]bool{},
	}
}

func (s *store) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

type door struct {
	*store
	region string
}

func (s *store) dial(_, endpoint string) Endpoint {
	s.set(func() { s.dialled++ })
	return &door{s, endpoint}
}

func (d *door) Write(ctx context.Context, id string) (by string, err error) {
	d.mu.Lock()
	hangs, down, forget := d.hangs[d.region], d.down[d.region], d.forget[d.region]
	if !hangs && down == nil && !forget {
		d.rows[id] = true
	}
	d.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return d.region, ctx.Err()
	}
	return d.region, down
}

func (d *door) Stored(context.Context) (map[string]bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	stored := map[string]bool{}
	for id := range d.rows {
		stored[id] = true
	}
	return stored, d.down[d.region]
}

func (d *door) Close() { d.set(func() { d.closed++ }) }

func start(s *store, notices *[]Notice) *Workload {
	var mu sync.Mutex
	return Start(Options{
		Clock:   clock.New(1),
		Dial:    s.dial,
		Regions: [2]string{east, west},
		Clients: 1,
		Report: func(n Notice) {
			mu.Lock()
			defer mu.Unlock()
			*notices = append(*notices, n)
		},
	})
}

func TestAClientMovesToTheEndpointThatServesAndComesHome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, notices := newStore(), []Notice{}
		w := start(s, &notices)
		time.Sleep(5*time.Second + 100*time.Millisecond)
		s.set(func() { s.hangs[east] = true })
		time.Sleep(20 * time.Second)
		s.set(func() { s.hangs[east] = false })
		time.Sleep(20 * time.Second)
		before := len(w.Acknowledged())
		r, err := w.Stop(t.Context())
		require.NoError(t, err)
		assert.Equal(t, before, r.Total())
		assert.Empty(t, r.Lost[east])
		assert.Empty(t, r.Lost[west])
		assert.Zero(t, r.Pending)
		require.Len(t, r.Gaps, 1, "one client was refused, once: it stays away for half a minute")
		assert.Equal(t, Gap{
			Client: east + "-1",
			Region: east,
			From:   r.Gaps[0].From,
			To:     r.Gaps[0].From.Add(2 * time.Second),
		}, r.Gaps[0],
			"from the begin of the attempt, for as long as the client is patient")
		require.Len(t, notices, 2)
		assert.Equal(t, []string{east, west}, []string{notices[0].Endpoint, notices[1].Endpoint})
		assert.True(t, notices[1].Recovered)
		assert.Greater(t, r.Acknowledged[east], 25, "at home before, and again after half a minute")
		assert.Equal(t, 1, r.Refused)
	})
}

func TestConnectionsAreRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, notices := newStore(), []Notice{}
		w := start(s, &notices)
		time.Sleep(100 * time.Second)
		s.set(func() {
			assert.Equal(t, 8, s.dialled, "two clients, at the start and after 30, 60 and 90 s")
			assert.Equal(t, 6, s.closed)
		})
		_, err := w.Stop(t.Context())
		require.NoError(t, err)
		assert.Equal(t, s.dialled, s.closed, "all of them")
		assert.Empty(t, notices)
	})
}

func TestARowIsRepeatedUntilItIsAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, notices := newStore(), []Notice{}
		refused := errors.New("refused")
		s.down[east], s.down[west] = refused, refused
		w := start(s, &notices)
		time.Sleep(4900 * time.Millisecond)
		s.set(func() { s.down = map[string]error{} })
		require.NoError(t, w.AwaitAcknowledged(t.Context(), 1))
		r, err := w.Stop(t.Context())
		require.NoError(t, err)
		assert.Len(t, r.Gaps, 2)
		assert.Equal(t, 40, r.Refused, "two clients, both endpoints, every half second")
		assert.True(t, s.rows[east+"-1-000000.000-000001"], "the first row, under its own id")
		assert.ErrorIs(t, notices[0].Err, refused)
	})
}

func TestWhatWasAcknowledgedAndIsGoneIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, notices := newStore(), []Notice{}
		s.forget[west] = true
		w := start(s, &notices)
		time.Sleep(1100 * time.Millisecond)
		r, err := w.Stop(t.Context())
		require.NoError(t, err)
		want := []string{west + "-1-000000.000-000001", west + "-1-000000.000-000002", west + "-1-000000.000-000003"}
		assert.Equal(t, map[string][]string{east: want, west: want}, r.Lost)
	})
}

func TestAnEndpointThatCannotBeAskedIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, notices := newStore(), []Notice{}
		w := start(s, &notices)
		time.Sleep(100 * time.Millisecond)
		s.set(func() { s.down[west] = errors.New("gone") })
		time.Sleep(time.Minute)
		s.set(func() { s.down[east] = errors.New("gone as well") })
		time.Sleep(time.Second)
		r, err := w.Stop(t.Context())
		assert.ErrorContains(t, err, "look for the acknowledged rows in us-east-1: gone as well")
		assert.ErrorContains(t, err, "look for the acknowledged rows in us-east-2: gone")
		assert.Equal(t, 2, r.Pending)
		assert.True(t, r.Gaps[len(r.Gaps)-1].To.IsZero())
	})
}

func TestWaitingForWritesEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, notices := newStore(), []Notice{}
		s.hangs[east], s.hangs[west] = true, true
		w := start(s, &notices)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.ErrorContains(t, w.AwaitAcknowledged(ctx, 1), "only 0 writes")
		_, err := w.Stop(t.Context())
		require.NoError(t, err)
	})
}
