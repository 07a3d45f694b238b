package outbox_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/outbox"
	"aurora-dsql-dr/lambda/internal/transaction"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

func TestOutbox(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]func(*testing.T, *world){
		"rows are due by age and region":                  rowsAreDueByAgeAndRegion,
		"a claim lasts as long as its lease":              aClaimLastsAsLongAsItsLease,
		"an event is claimed by one of many":              anEventIsClaimedByOneOfMany,
		"the age is that of the oldest unsent event":      theAgeIsThatOfTheOldestUnsentEvent,
		"sent events are deleted after the retention":     sentEventsAreDeletedAfterTheRetention,
		"a run sends more than a claim holds":             aRunSendsMoreThanAClaimHolds,
		"what the bus refuses stays and is an error":      whatTheBusRefusesStaysAndIsAnError,
		"a write that fails leaves neither row":           aWriteThatFailsLeavesNeitherRow,
		"a run out of time leaves the rest to the next":   aRunOutOfTimeLeavesTheRestToTheNext,
		"a publisher may do nothing but what is declared": aPublisherMayDoNothingElse,
		"a conflict repeats a claim":                      aConflictRepeatsAClaim,
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.Exec(t, "DELETE FROM app.outbox", "DELETE FROM app.projection")
			test(t, w)
		})
	}
}

func due(t *testing.T, s *outbox.Store) []string {
	t.Helper()
	events, err := s.ClaimDue(t.Context(), 100)
	require.NoError(t, err)
	var ids []string
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	slices.Sort(ids)
	return ids
}

func rowsAreDueByAgeAndRegion(t *testing.T, w *world) {
	east, ohio := w.write(apptest.East), w.write(apptest.Ohio)
	assert.Empty(t, due(t, w.stores[apptest.East]), "a fresh row is left to the invocation after its commit")
	w.pass(sweep)
	assert.Equal(t, []string{east}, due(t, w.stores[apptest.East]))
	w.pass(takeover)
	assert.Equal(t, []string{east, ohio}, due(t, w.stores[apptest.East]), "the other region's rows when it does not send them")
}

func aClaimLastsAsLongAsItsLease(t *testing.T, w *world) {
	id := w.write(apptest.East)
	claim := func(region string) int {
		events, err := w.stores[region].ClaimIDs(t.Context(), []string{id})
		require.NoError(t, err)
		return len(events)
	}
	assert.Equal(t, 1, claim(apptest.East))
	assert.Equal(t, 0, claim(apptest.Ohio))
	w.pass(lease)
	assert.Equal(t, 1, claim(apptest.Ohio))
	require.NoError(t, w.stores[apptest.East].Mark(t.Context(), []string{id}), "whoever sent it may say so")
	w.pass(lease)
	assert.Equal(t, 0, claim(apptest.East))
}

func anEventIsClaimedByOneOfMany(t *testing.T, w *world) {
	var want []string
	for range 20 {
		want = append(want, w.write(apptest.East))
	}
	w.pass(takeover)
	var mu sync.Mutex
	var got []string
	var group errgroup.Group
	for i := range 8 {
		store := *w.stores[[]string{apptest.East, apptest.Ohio}[i%2]]
		store.Conflicts.Attempts = 50
		group.Go(func() error {
			for {
				events, err := store.ClaimDue(t.Context(), 3)
				if err != nil || len(events) == 0 {
					return err
				}
				mu.Lock()
				for _, e := range events {
					got = append(got, e.ID)
				}
				mu.Unlock()
			}
		})
	}
	require.NoError(t, group.Wait())
	assert.ElementsMatch(t, want, got)
}

func theAgeIsThatOfTheOldestUnsentEvent(t *testing.T, w *world) {
	age := func() float64 {
		age, err := w.stores[apptest.Ohio].Age(t.Context())
		require.NoError(t, err)
		return age.Seconds()
	}
	assert.Zero(t, age())
	old := w.write(apptest.East)
	w.pass(time.Hour)
	w.write(apptest.East)
	assert.InDelta(t, 3600, age(), 30)
	require.NoError(t, w.stores[apptest.East].Mark(t.Context(), []string{old}))
	assert.Less(t, age(), 30.0)
}

func sentEventsAreDeletedAfterTheRetention(t *testing.T, w *world) {
	sent, unsent := w.write(apptest.East), w.write(apptest.East)
	require.NoError(t, w.stores[apptest.East].Mark(t.Context(), []string{sent}))
	purge := func() int {
		n, err := w.stores[apptest.East].Purge(t.Context(), time.Hour, 10)
		require.NoError(t, err)
		return n
	}
	assert.Equal(t, 0, purge())
	w.pass(time.Hour)
	assert.Equal(t, 1, purge())
	assert.Equal(t, []string{unsent}, w.Column(t, "SELECT id::text FROM app.outbox"), "what was not sent is never deleted")
}

func aRunSendsMoreThanAClaimHolds(t *testing.T, w *world) {
	for range 105 {
		w.write(apptest.Ohio)
	}
	w.pass(sweep)
	var ages []time.Duration
	p := w.publisher(apptest.Ohio, never)
	p.RecordAge = func(age time.Duration) error {
		ages = append(ages, age)
		return nil
	}
	require.NoError(t, p.Run(t.Context(), contract.PublishEvent{}))
	assert.Equal(t, []string{"105"}, w.Column(t, "SELECT count(*)::text FROM app.outbox WHERE sent_at IS NOT NULL"))
	require.Len(t, ages, 1)
	assert.GreaterOrEqual(t, ages[0], sweep, "the age is from before the sweep")
}

func whatTheBusRefusesStaysAndIsAnError(t *testing.T, w *world) {
	a, b := w.write(apptest.East), w.write(apptest.East)
	p := w.publisher(apptest.East, never)
	p.Bus.Client = client(func(entries []types.PutEventsRequestEntry) ([]types.PutEventsResultEntry, error) {
		results := accepted(entries)
		results[0] = types.PutEventsResultEntry{}
		return results, nil
	})
	err := p.Run(t.Context(), contract.PublishEvent{IDs: []string{a, b}})
	require.ErrorContains(t, err, "the bus "+apptest.East+" refused it")
	assert.Equal(t, []string{"1"}, w.Column(t, "SELECT count(*)::text FROM app.outbox WHERE sent_at IS NULL"))
	w.pass(lease + sweep)
	require.NoError(t, w.publisher(apptest.East, never).Run(t.Context(), contract.PublishEvent{}))
	assert.Equal(t, []string{"0"}, w.Column(t, "SELECT count(*)::text FROM app.outbox WHERE sent_at IS NULL"))
}

func aWriteThatFailsLeavesNeitherRow(t *testing.T, w *world) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.ledgers[apptest.East].Write(ctx, transaction.Order{ID: "never", Amount: 1})
	require.Error(t, err)
	assert.Empty(t, w.Column(t, "SELECT id FROM app.transaction WHERE id = 'never' UNION ALL SELECT transaction_id FROM app.outbox"))
}

func aRunOutOfTimeLeavesTheRestToTheNext(t *testing.T, w *world) {
	w.write(apptest.East)
	w.pass(sweep)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // less than the reserve
	defer cancel()
	require.NoError(t, w.publisher(apptest.East, never).Run(ctx, contract.PublishEvent{}))
	assert.Equal(t, []string{"1"}, w.Column(t, "SELECT count(*)::text FROM app.outbox WHERE sent_at IS NULL AND claimed_by IS NULL"))
}

func aPublisherMayDoNothingElse(t *testing.T, w *world) {
	for _, statement := range []string{
		"INSERT INTO app.outbox (id, region, transaction_id, body) VALUES (gen_random_uuid(), 'x', 'x', 'x')", "SELECT * FROM app.transaction",
		"SELECT * FROM app.keyset", "SELECT * FROM app.projection", "SELECT * FROM dr.marker",
	} {
		_, err := w.stores[apptest.East].Database.Exec(t.Context(), statement)
		assert.ErrorContains(t, err, "permission denied", statement)
	}
}

func aConflictRepeatsAClaim(t *testing.T, w *world) {
	id := w.write(apptest.East)
	w.Endpoints[apptest.East].InjectConflicts(sqlendpoint.Conflicts{Next: 3})
	t.Cleanup(func() { w.Endpoints[apptest.East].InjectConflicts(sqlendpoint.Conflicts{}) })
	events, err := w.stores[apptest.East].ClaimIDs(t.Context(), []string{id})
	require.NoError(t, err)
	require.Len(t, events, 1)
	assert.Equal(t, []string{id, apptest.East}, []string{events[0].ID, events[0].Region})
}
