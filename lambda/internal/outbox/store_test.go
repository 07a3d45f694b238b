package outbox_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
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
		"what can never be sent is parked":                whatCanNeverBeSentIsParked,
		"a bus that takes nothing is asked once":          aBusThatTakesNothing,
		"a region that was away catches up":               aRegionThatWasAwayCatchesUp,
		"catching up goes on where it was cut short":      catchingUpGoesOn,
		"a second absence makes the first one longer":     aSecondAbsenceMakesTheFirstOneLonger,
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.Exec(t, "DELETE FROM app.outbox", "DELETE FROM app.projection", "DELETE FROM app.publisher")
			clear(w.caughtUp)
			w.parked = nil
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
	assert.Equal(t, []string{east, ohio}, due(t, w.stores[apptest.East]),
		"the other region's rows when it does not send them")
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
	claimed := func(events []outbox.Event) (enough bool) {
		mu.Lock()
		defer mu.Unlock()
		for _, e := range events {
			got = append(got, e.ID)
		}
		return len(events) == 0 || len(got) > len(want)
	}
	var group errgroup.Group
	for i := range 8 {
		store := *w.stores[[]string{apptest.East, apptest.Ohio}[i%2]]
		store.Conflicts.Attempts = 50
		group.Go(func() error {
			for {
				events, err := store.ClaimDue(t.Context(), 3)
				if err != nil || claimed(events) {
					return err
				}
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
	assert.Equal(t, 0, purge(), "it stands for its transaction until that is counted")
	require.NoError(t, w.publisher(apptest.East, never).RollUp(t.Context()))
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
	assert.Empty(t,
		w.Column(t, "SELECT id FROM app.transaction WHERE id = 'never' UNION ALL SELECT transaction_id FROM app.outbox"))
}

func aRunOutOfTimeLeavesTheRestToTheNext(t *testing.T, w *world) {
	w.write(apptest.East)
	w.pass(sweep)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // less than the reserve
	defer cancel()
	require.NoError(t, w.publisher(apptest.East, never).Run(ctx, contract.PublishEvent{}))
	assert.Equal(t, []string{"1"},
		w.Column(t, "SELECT count(*)::text FROM app.outbox WHERE sent_at IS NULL AND claimed_by IS NULL"))
}

func aPublisherMayDoNothingElse(t *testing.T, w *world) {
	for _, statement := range []string{
		"INSERT INTO app.outbox (id, region, transaction_id, body) VALUES (gen_random_uuid(), 'x', 'x', 'x')",
		"SELECT * FROM app.transaction",
		"SELECT * FROM app.keyset", "INSERT INTO app.projection SELECT * FROM app.projection", "DELETE FROM app.projection",
		"SELECT * FROM dr.marker",
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

func whatCanNeverBeSentIsParked(t *testing.T, w *world) {
	for range 230 {
		w.write(apptest.East)
	}
	w.pass(sweep)
	w.Exec(t, "UPDATE app.outbox SET body = '{' WHERE id IN (SELECT id FROM app.outbox ORDER BY created_at LIMIT 120)")
	require.NoError(t, w.publisher(apptest.East, never).Run(t.Context(), contract.PublishEvent{}))
	assert.Equal(t, []string{"120 body: unexpected end of JSON input"}, w.Column(t,
		"SELECT count(*) || ' ' || parked_reason FROM app.outbox "+
			"WHERE parked_at IS NOT NULL AND sent_at IS NULL GROUP BY parked_reason"))
	assert.Equal(t, []string{"110"}, w.Column(t, "SELECT count(*)::text FROM app.outbox WHERE sent_at IS NOT NULL"),
		"all others, in one run")
	assert.Equal(t, []int{100, 20}, w.parked, "people are told")

	age, err := w.stores[apptest.East].Age(t.Context())
	require.NoError(t, err)
	assert.Zero(t, age, "nothing waits that could be sent")
	w.pass(lease)
	w.parked = nil
	require.NoError(t, w.publisher(apptest.East, never).Run(t.Context(), contract.PublishEvent{}))
	assert.Empty(t, w.parked, "once")

	w.Exec(t,
		"UPDATE app.outbox SET body = '{\"id\":\"0198c7a2-0000-7000-8000-000000000001\"}' WHERE parked_at IS NOT NULL")
	w.Exec(t, "UPDATE app.outbox SET parked_at = NULL WHERE parked_at IS NOT NULL")
	assert.Len(t, due(t, w.stores[apptest.East]), 100, "a row that was repaired is due again")
}

func aBusThatTakesNothing(t *testing.T, w *world) {
	for range 130 {
		w.write(apptest.East)
	}
	w.pass(sweep)
	calls := 0
	p := w.publisher(apptest.East, never)
	p.Bus.Client = client(func(entries []types.PutEventsRequestEntry) ([]types.PutEventsResultEntry, error) {
		calls++
		return make([]types.PutEventsResultEntry, len(entries)), nil
	})
	require.ErrorContains(t, p.Run(t.Context(), contract.PublishEvent{}), "refused it")
	assert.Equal(t, 10, calls, "one claim's")
	assert.Empty(t, w.parked, "it may take them another time")
	assert.Equal(t, []string{"30"}, w.Column(t, "SELECT count(*)::text FROM app.outbox WHERE claimed_by IS NULL"))
}

// away has Ohio's publisher run, then lets it miss n events that the other region sends.
func away(t *testing.T, w *world, n int) (missed []string) {
	t.Helper()
	ohio := w.publisher(apptest.Ohio, never)
	before := w.write(apptest.East)
	require.NoError(t, w.publisher(apptest.East, never).Run(t.Context(), contract.PublishEvent{IDs: []string{before}}))
	w.pass(lease + time.Second) // what was sent in the lease before its last run may be missing as well
	require.NoError(t, ohio.Run(t.Context(), contract.PublishEvent{}))
	w.pass(catchUp / 2)
	require.NoError(t, ohio.Run(t.Context(), contract.PublishEvent{}))
	assert.Empty(t, w.caughtUp, "it was there")
	for range n {
		missed = append(missed, w.write(apptest.East))
	}
	require.NoError(t, w.publisher(apptest.East, never).Run(t.Context(), contract.PublishEvent{IDs: missed}))
	w.pass(catchUp)
	return missed
}

func aRegionThatWasAwayCatchesUp(t *testing.T, w *world) {
	missed := away(t, w, 25)
	own := w.write(apptest.Ohio)
	require.NoError(t, w.publisher(apptest.Ohio, never).Run(t.Context(), contract.PublishEvent{IDs: []string{own}}))
	assert.Empty(t, w.caughtUp, "a run after a commit sends that one's event")

	require.NoError(t, w.publisher(apptest.Ohio, never).Run(t.Context(), contract.PublishEvent{}))
	want := map[string]int{}
	for _, id := range missed {
		want[id] = 1
	}
	assert.Equal(t, want, w.caughtUp, "what the other region sent, once")
	require.NoError(t, w.publisher(apptest.Ohio, never).Run(t.Context(), contract.PublishEvent{}))
	assert.Equal(t, want, w.caughtUp, "and not again")
}

func catchingUpGoesOn(t *testing.T, w *world) {
	missed := away(t, w, 450) // two reads
	p := w.publisher(apptest.Ohio, never)
	alive, puts := p.Bus.Client, atomic.Int64{}
	p.Bus.Client = client(func(entries []types.PutEventsRequestEntry) ([]types.PutEventsResultEntry, error) {
		if puts.Add(1) > 42 {
			return nil, errCrash
		}
		out, err := alive.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: entries})
		if err != nil {
			return nil, err
		}
		return out.Entries, nil
	})
	require.ErrorIs(t, p.Run(t.Context(), contract.PublishEvent{}), errCrash)
	assert.Less(t, len(w.caughtUp), len(missed))
	require.NoError(t, w.publisher(apptest.Ohio, never).Run(t.Context(), contract.PublishEvent{}))
	assert.Len(t, w.caughtUp, len(missed))
	repeated := 0
	for _, n := range w.caughtUp {
		repeated += n - 1
	}
	assert.Less(t, repeated, 60, "the first read's are not all sent again")
	assert.Equal(t, []string{"true"}, w.Column(t,
		"SELECT (behind_from IS NULL AND behind_until IS NULL)::text FROM app.publisher WHERE region = $1", apptest.Ohio))
}

func aSecondAbsenceMakesTheFirstOneLonger(t *testing.T, w *world) {
	missed := away(t, w, 3)
	p := w.publisher(apptest.Ohio, never)
	p.Bus.Client = client(func([]types.PutEventsRequestEntry) ([]types.PutEventsResultEntry,
		error) {
		return nil, errCrash
	})
	require.ErrorIs(t, p.Run(t.Context(), contract.PublishEvent{}), errCrash)
	w.pass(catchUp)
	require.NoError(t, w.publisher(apptest.Ohio, never).Run(t.Context(), contract.PublishEvent{}))
	assert.Equal(t, map[string]int{missed[0]: 1, missed[1]: 1, missed[2]: 1}, w.caughtUp, "what it missed the first time")
}
