package incident

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/verdict"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

// routed is an observer's session in a stack that routes traffic.
func (d database) routed(t *testing.T, name, endpoint string) *observer {
	s := d.session(t, name, endpoint)
	s.settings.Hold = hold
	return s
}

func anHour(region string) contract.Withdraw {
	return contract.Withdraw{Region: region, Until: time.Now().Add(time.Hour), Reason: "new firewall", By: "alice"}
}

func TestWithdrawals(t *testing.T) {
	d := newDatabase(t)
	for name, test := range map[string]func(*testing.T, database){
		"a withdrawal is read, changed and returned":              testWithdrawalLife,
		"of two at once one wins":                                 testTwoAtOnce,
		"the loss of the other endpoint ends it in one step":      testLapse,
		"one that is over is ended without a word":                testSilentLapse,
		"a lapse that nobody was told of is told by another":      testLapseIsTold,
		"what is told late says nothing of a newer withdrawal":    testLateLapse,
		"a withdrawal conflicts and is repeated":                  testWithdrawalConflicts,
		"what an observer held for lost is not forgotten":         testLostAtIsKept,
		"without routing nothing of it is read":                   testUnrouted,
		"an observer goes on before the migration":                testUnmigrated,
		"the hold after an incident counts against the other one": testClosedIncidentHolds,
	} {
		t.Run(name, func(t *testing.T) {
			d.Exec(t, `DELETE FROM dr.marker`, `DELETE FROM dr.incident`, `DELETE FROM dr.withdrawal`,
				`DELETE FROM dr.withdrawal_guard`)
			test(t, d)
		})
	}
}

func testWithdrawalLife(t *testing.T, d database) {
	s := d.routed(t, "one", ohio)
	asked := anHour("us-east-1")
	first, err := s.Withdraw(t.Context(), asked)
	require.NoError(t, err)
	assert.Equal(t, Withdrawal{
		Endpoint: east,
		Reason:   "new firewall",
		By:       "alice",
		Since:    first.Since,
		Until:    asked.Until.Truncate(time.Microsecond).Local(),
		Left:     first.Left,
	}, first)
	assert.InDelta(t, time.Hour.Seconds(), first.Left.Seconds(), 60)
	assert.True(t, first.InForce())

	visit, err := d.routed(t, "two", east).Mark(t.Context(), Word{})
	require.NoError(t, err)
	require.Len(t, visit.Snapshot.Withdrawals, 1)
	seen, counts := visit.Snapshot.WithdrawnAt(east, []string{east, ohio}, hold)
	assert.True(t, counts)
	assert.Equal(t, first.Until, seen.Until)
	_, counts = visit.Snapshot.WithdrawnAt(ohio, []string{east, ohio}, hold)
	assert.False(t, counts)

	asked.Until, asked.By = asked.Until.Add(time.Hour), "bob"
	second, err := s.Withdraw(t.Context(), asked)
	require.NoError(t, err)
	assert.Equal(t, []any{first.Since, "bob"}, []any{second.Since, second.By}, "it is in force since the first")
	assert.InDelta(t, 2*time.Hour.Seconds(), second.Left.Seconds(), 60)

	returned, err := s.Return(t.Context(), contract.Return{Region: "us-east-1", By: "carol"})
	require.NoError(t, err)
	assert.False(t, returned.InForce())
	assert.True(t, returned.Counts(hold), "the hold begins")
	assert.Equal(t, "carol", returned.EndedBy)
	_, err = s.Return(t.Context(), contract.Return{Region: "us-east-1", By: "carol"})
	assert.ErrorContains(t, err, "region us-east-1 is not withdrawn: carol returned it at")
	assert.ErrorAs(t, err, new(contract.Refusal))

	again, err := s.Withdraw(t.Context(), asked)
	require.NoError(t, err)
	assert.True(t, again.Since.After(first.Since), "it is a new one")
	assert.Equal(t, []string{"", ""}, []string{again.How, again.EndedBy})
}

// meeting is where transactions wait for each other before their first statement that begins with a text.
type meeting struct {
	before string
	all    *sync.WaitGroup
	once   sync.Once
}

func (m *meeting) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if strings.HasPrefix(strings.TrimSpace(q.SQL), m.before) {
		m.once.Do(func() { m.all.Done(); m.all.Wait() })
	}
	return ctx
}

func (*meeting) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// Both have read that the other region is fit when they write; DSQL would let both commit if they wrote different rows.
func testTwoAtOnce(t *testing.T, d database) {
	for range 5 {
		d.Exec(t, `DELETE FROM dr.withdrawal`)
		all := &sync.WaitGroup{}
		all.Add(2)
		errs := map[string]error{}
		var mu sync.Mutex
		var both sync.WaitGroup
		for region, endpoint := range map[string]string{
			sqlendpointtest.Primary:   east,
			sqlendpointtest.Secondary: ohio,
		} {
			config := d.Config(t, region, schema.RoleMonitor, roleARN)
			config.DefaultQueryExecMode = pgx.QueryExecModeExec
			config.Tracer = &meeting{before: "INSERT INTO dr.withdrawal_guard", all: all}
			conn, err := pgx.ConnectConfig(t.Context(), config)
			require.NoError(t, err)
			s := NewSession(conn, endpoint, d.routed(t, "one", endpoint).settings)
			both.Go(func() {
				_, err := s.Withdraw(t.Context(), anHour(region))
				mu.Lock()
				defer mu.Unlock()
				errs[region] = err
			})
		}
		both.Wait()
		var refused contract.Refusal
		won, lost := sqlendpointtest.Primary, sqlendpointtest.Secondary
		if errs[won] != nil {
			won, lost = lost, won
		}
		require.NoError(t, errs[won])
		require.ErrorAs(t, errs[lost], &refused)
		assert.Contains(t, refused.Reason, "region "+lost+" is the last fit one: "+won+" is withdrawn until")
	}
}

// loseOhio makes two observers agree that the other endpoint is lost, and returns the second one's visit with what both
// are to tell.
func loseOhio(t *testing.T, one, two *observer) Visit {
	t.Helper()
	word := Word{At: epoch, States: states(well, lost)}
	decide := func(s *observer) func(Snapshot) []Action {
		return func(snapshot Snapshot) []Action {
			return Decide(Situation{
				Observer:  s.settings.Observer,
				Endpoints: []string{east, ohio},
				States:    word.States,
				Snapshot:  snapshot,
				Policy:    policy,
				Fresh:     s.settings.Fresh,
				Hold:      s.settings.Hold,
			})
		}
	}
	_, err := two.Mark(t.Context(), Word{At: epoch, States: states(well, well)}) // so that the first is not alone
	require.NoError(t, err)
	first, err := one.Share(t.Context(), word, decide(one))
	require.NoError(t, err)
	visit, err := two.Share(t.Context(), word, decide(two))
	require.NoError(t, err)
	visit.Notices = append(first.Notices, visit.Notices...)
	return visit
}

func testLapse(t *testing.T, d database) {
	one, two := d.routed(t, "one", ohio), d.routed(t, "two", east)
	_, err := one.Withdraw(t.Context(), anHour("us-east-1"))
	require.NoError(t, err)
	visit := loseOhio(t, one, two)
	require.Equal(t, []string{"opened bbb", "lapsed"}, withdrawalKinds(visit.Notices), "in one transaction")
	w := visit.Notices[1].Withdrawal
	assert.Equal(t, []any{east, "alice", "lapsed"}, []any{w.Endpoint, w.By, w.How})
	assert.False(t, w.InForce() || w.Counts(hold), "there is no hold")
	_, counts := visit.Snapshot.WithdrawnAt(east, []string{east, ohio}, hold)
	assert.False(t, counts)

	_, err = one.Withdraw(t.Context(), anHour("us-east-1"))
	assert.ErrorContains(t, err, "us-east-2 is lost, incident 1 is open since")
	assert.Empty(t, withdrawalKinds(loseOhio(t, one, two).Notices), "once")
}

func withdrawalKinds(notices []Notice) []string {
	var out []string
	for _, n := range notices {
		if n.OfWithdrawal() {
			out = append(out, n.Kind.String())
		} else {
			out = append(out, n.Kind.String()+" "+n.Incident.Endpoint[:3])
		}
	}
	return out
}

func testSilentLapse(t *testing.T, d database) {
	one, two := d.routed(t, "one", ohio), d.routed(t, "two", east)
	_, err := one.Withdraw(t.Context(), anHour("us-east-1"))
	require.NoError(t, err)
	_, err = one.Return(t.Context(), contract.Return{Region: "us-east-1", By: "alice"})
	require.NoError(t, err)
	visit := loseOhio(t, one, two)
	assert.Equal(t, []string{"opened bbb"}, withdrawalKinds(visit.Notices), "people know that it was returned")
	assert.Equal(t, howLapsed, visit.Snapshot.Withdrawals[0].How, "but nothing is held against it any more")
}

func testLapseIsTold(t *testing.T, d database) {
	one, two := d.routed(t, "one", ohio), d.routed(t, "two", east)
	_, err := one.Withdraw(t.Context(), anHour("us-east-1"))
	require.NoError(t, err)
	told := loseOhio(t, one, two).Notices[1]
	share := func() []string { return withdrawalKinds(loseOhio(t, two, one).Notices) }
	require.Empty(t, share(), "it has its lease")
	d.Exec(t, `UPDATE dr.withdrawal SET notice_due_at = now()`) // as if its teller had died
	require.NoError(t, one.Release(t.Context(), told))
	visit := loseOhio(t, two, one)
	require.Equal(t, []string{"lapsed"}, withdrawalKinds(visit.Notices))
	require.NoError(t, one.Sent(t.Context(), visit.Notices[0]))
	assert.Empty(t, share())
	d.Exec(t, `UPDATE dr.withdrawal SET notice_due_at = notice_due_at - interval '1 hour'`)
	assert.Empty(t, share(), "nothing is owed")
}

func testLateLapse(t *testing.T, d database) {
	one, two := d.routed(t, "one", ohio), d.routed(t, "two", east)
	_, err := one.Withdraw(t.Context(), anHour("us-east-1"))
	require.NoError(t, err)
	told := loseOhio(t, one, two).Notices[1]
	d.Exec(t, `UPDATE dr.incident SET closed_at = now() - interval '1 hour', notice_due_at = NULL`,
		`DELETE FROM dr.marker`)
	_, err = one.Withdraw(t.Context(), anHour("us-east-1"))
	require.NoError(t, err)
	require.NoError(t, one.Release(t.Context(), told))
	visit, err := one.Mark(t.Context(), Word{})
	require.NoError(t, err)
	assert.False(t, visit.Snapshot.Withdrawals[0].Due)
	assert.True(t, visit.Snapshot.Withdrawals[0].InForce())
}

func testWithdrawalConflicts(t *testing.T, d database) {
	s := d.routed(t, "one", east)
	d.Endpoints[sqlendpointtest.Primary].InjectConflicts(sqlendpoint.Conflicts{Next: 3})
	_, err := s.Withdraw(t.Context(), anHour("us-east-1"))
	require.NoError(t, err)
	s.settings.Conflicts.Attempts = 2
	d.Endpoints[sqlendpointtest.Primary].InjectConflicts(sqlendpoint.Conflicts{Next: 2})
	_, err = s.Withdraw(t.Context(), anHour("us-east-1"))
	assert.True(t, dsqlconn.IsConflict(err), "%v", err)
	assert.ErrorContains(t, err, "shared memory at "+east)
}

// A function that starts anew after a pause writes over the observer's marker, and may die at once.
func testLostAtIsKept(t *testing.T, d database) {
	at := map[string]time.Time{east: epoch}
	_, err := d.routed(t, "one", ohio).Mark(t.Context(), Word{At: epoch, States: states(lost, well), LostAt: at})
	require.NoError(t, err)
	d.Exec(t, `UPDATE dr.marker SET written_at = now() - interval '5 minutes'`)
	for range 2 {
		visit, err := d.routed(t, "one", ohio).Mark(t.Context(), Word{})
		require.NoError(t, err)
		assert.Equal(t, Word{LostAt: at}, visit.Word)
	}
	later := map[string]time.Time{east: epoch.Add(time.Minute), ohio: epoch}
	visit, err := d.routed(t, "one", ohio).Mark(t.Context(), Word{At: epoch, LostAt: later})
	require.NoError(t, err)
	assert.Equal(t, later, visit.Word.LostAt, "the latest counts")
}

func testUnrouted(t *testing.T, d database) {
	_, err := d.routed(t, "one", ohio).Withdraw(t.Context(), anHour("us-east-1"))
	require.NoError(t, err)
	visit, err := d.session(t, "one", ohio).Mark(t.Context(), Word{})
	require.NoError(t, err)
	assert.Empty(t, visit.Snapshot.Withdrawals)
	assert.NoError(t, visit.Unread)
}

// A deployment updates a function before the migration, which needs its role: what is missing then is no outage.
func testUnmigrated(t *testing.T, d database) {
	for what, change := range map[string][2]string{
		"no table yet": {`ALTER TABLE dr.withdrawal RENAME TO later`, `ALTER TABLE dr.later RENAME TO withdrawal`},
		"no grant yet": {`REVOKE SELECT ON dr.withdrawal FROM dr_monitor`, `GRANT SELECT ON dr.withdrawal TO dr_monitor`},
	} {
		d.Exec(t, change[0])
		s := d.routed(t, "one", ohio)
		word := Word{At: epoch, States: states(verdict.State{}, well)}
		for range 2 {
			visit, err := s.Mark(t.Context(), word)
			require.NoError(t, err, what)
			assert.Error(t, visit.Unread, what)
			assert.Equal(t, word, visit.Word, what)
		}
		d.Exec(t, change[1])
		visit, err := d.routed(t, "one", ohio).Mark(t.Context(), word)
		require.NoError(t, err)
		assert.NoError(t, visit.Unread)
	}
}

func testClosedIncidentHolds(t *testing.T, d database) {
	s := d.routed(t, "one", ohio)
	d.Exec(t, `INSERT INTO dr.incident (endpoint, number, opened_by, reason, closed_at) VALUES
		('`+ohio+`', 1, 'x', 'timeout', now() - interval '1 minute'),
		('`+ohio+`', 2, 'x', 'timeout', now() - interval '9 minutes')`)
	_, err := s.Withdraw(t.Context(), anHour("us-east-1"))
	require.NoError(t, err, "the latest one counts")
	d.Exec(t, `UPDATE dr.incident SET closed_at = now() - interval '7 minutes'`)
	_, err = s.Withdraw(t.Context(), anHour("us-east-1"))
	assert.ErrorContains(t, err, "us-east-2 was lost until")
}
