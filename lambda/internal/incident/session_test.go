package incident

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/verdict"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

const roleARN = "arn:aws:iam::123456789012:role/monitor"

// database is a real PostgreSQL with the schema, behind two endpoints that give conflicts DSQL's face.
type database struct{ *sqlendpointtest.Env }

func newDatabase(t *testing.T) database {
	t.Helper()
	d := database{sqlendpointtest.Start(t)}
	apptest.Migrate(t, d.Env, roleARN, schema.Roles())
	return d
}

// dial connects as production does.
func (d database) dial(t *testing.T, region string) *pgx.Conn {
	t.Helper()
	addresses, err := dsqlconn.ParseHostAddr(d.HostAddr)
	require.NoError(t, err)
	dialer := dsqlconn.Dialer{Credentials: d.Provider(roleARN), HostAddr: addresses, RootCAs: d.CA}
	conn, err := dialer.Connect(t.Context(), d.Hosts[region], region, schema.RoleMonitor)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// observer is a session, and the notices it has won.
type observer struct {
	*Session
	held []Notice
}

// session is the observer's, through the endpoint.
func (d database) session(t *testing.T, name, endpoint string) *observer {
	region := map[string]string{east: sqlendpointtest.Primary, ohio: sqlendpointtest.Secondary}[endpoint]
	return &observer{Session: NewSession(d.dial(t, region), endpoint, Settings{
		Observer:  name,
		Observers: []string{"one", "two", "three", "four", "newer", "late", "early"},
		Endpoints: []string{east, ohio},
		Fresh:     45 * time.Second,
		Lease:     time.Minute,
		Reminder:  reminder,
		Conflicts: dsqlconn.Policy{Attempts: 50, Base: time.Millisecond, Max: 20 * time.Millisecond},
	})}
}

// share makes the observer say that east is in the state, and decide by the rules.
func (s *observer) share(t *testing.T, state verdict.State) []string {
	t.Helper()
	word := Word{At: epoch, States: states(state, well)}
	visit, err := s.Share(t.Context(), word, func(snapshot Snapshot) []Action {
		return Decide(Situation{
			Observer:  s.settings.Observer,
			Endpoints: []string{east, ohio},
			States:    word.States,
			Snapshot:  snapshot,
			Policy:    policy,
			Fresh:     s.settings.Fresh,
		})
	})
	require.NoError(t, err)
	s.held = append(s.held, visit.Notices...)
	return kinds(visit.Notices)
}

// sent records that the observer has published what it won.
func (s *observer) sent(t *testing.T) {
	t.Helper()
	for _, n := range s.held {
		assert.NoError(t, s.Sent(t.Context(), n))
	}
	s.held = nil
}

func TestSharedMemory(t *testing.T) {
	d := newDatabase(t)
	for name, test := range map[string]func(*testing.T, database){
		"an observer reads what the others wrote":                   testMarkers,
		"a function that starts goes on from its own stored word":   testColdStart,
		"an observer's clock misleads nobody":                       testSkew,
		"of many observers that agree, one opens and one closes":    testRace,
		"an incident is paged, reminded of, resolved":               testLife,
		"a notice whose claimant died is published by another":      testLease,
		"a notice that reached nobody is free at once":              testRelease,
		"a lost connection is named with its endpoint":              testLostConnection,
		"conflicts are repeated, and told when they do not end":     testConflicts,
		"a late acknowledgement does not put off the resolved page": testLateAcknowledgement,
		"the end of what nobody was told is told to nobody":         testUntold,
		"a first page that was on its way at the end is resolved":   testLateFirstPage,
		"what another observer has done already is not done again":  testTooLate,
	} {
		t.Run(name, func(t *testing.T) {
			d.Exec(t, `DELETE FROM dr.marker`)
			d.Exec(t, `DELETE FROM dr.incident`)
			test(t, d)
		})
	}
}

func testMarkers(t *testing.T, d database) {
	word := Word{At: epoch, States: states(lost, well)}
	one := d.session(t, "one", ohio)
	_, err := one.Mark(t.Context(), word)
	require.NoError(t, err)
	d.Exec(t, `UPDATE dr.marker SET written_at = now() - interval '20 seconds'`)
	d.Exec(t,
		fmt.Sprintf(`INSERT INTO dr.marker (observer, endpoint, state) VALUES ('newer', '%s', 'not for this program')`, east))
	d.Exec(t,
		fmt.Sprintf(`INSERT INTO dr.marker (observer, endpoint, state) VALUES ('nobody', '%s', '{}'), ('one', 'x', '{}')`,
			ohio))

	visit, err := d.session(t, "two", east).Mark(t.Context(), Word{})
	require.NoError(t, err)
	got, ok := visit.Snapshot.Word("one", 45*time.Second)
	require.True(t, ok)
	assert.Equal(t, word, got)
	_, ok = visit.Snapshot.Word("one", 20*time.Second)
	assert.False(t, ok, "it is older than that")
	age, ok := visit.Snapshot.AgeThroughOther(east)
	require.True(t, ok)
	assert.InDelta(t, 20, age.Seconds(), 5)
	got, ok = visit.Snapshot.Word("newer", time.Minute)
	assert.True(t, ok)
	assert.Equal(t, Word{}, got, "a word that cannot be read says nothing")
	assert.Positive(t, min(visit.Query, visit.Commit))

	_, err = one.Mark(t.Context(), word)
	require.NoError(t, err)
	visit, err = one.Mark(t.Context(), word)
	require.NoError(t, err)
	_, ok = visit.Snapshot.Word("one", 20*time.Second)
	assert.True(t, ok, "whoever says the same again is fresh")
}

func testColdStart(t *testing.T, d database) {
	stored := Word{At: epoch, States: states(lost, well)}
	_, err := d.session(t, "one", ohio).Mark(t.Context(), stored)
	require.NoError(t, err)

	visit, err := d.session(t, "one", east).Mark(t.Context(), Word{})
	require.NoError(t, err)
	assert.Equal(t, stored, visit.Word, "through whichever endpoint")

	newer := Word{At: epoch.Add(time.Second), States: states(well, well)}
	visit, err = d.session(t, "one", east).Mark(t.Context(), newer)
	require.NoError(t, err)
	assert.Equal(t, newer, visit.Word, "a function that has run on knows better")

	d.Exec(t, `UPDATE dr.marker SET written_at = now() - interval '45 seconds'`)
	visit, err = d.session(t, "one", east).Mark(t.Context(), Word{})
	require.NoError(t, err)
	assert.Equal(t, Word{}, visit.Word, "what was thought too long ago is forgotten")
}

func testSkew(t *testing.T, d database) {
	for observer, clock := range map[string]time.Time{"late": epoch.AddDate(-1, 0, 0), "early": epoch.AddDate(1, 0, 0)} {
		_, err := d.session(t, observer, ohio).Mark(t.Context(), Word{At: clock, States: states(lost, well)})
		require.NoError(t, err)
	}
	visit, err := d.session(t, "one", ohio).Mark(t.Context(), Word{})
	require.NoError(t, err)
	for _, m := range visit.Snapshot.Markers {
		assert.Less(t, math.Abs(m.Age.Seconds()), 5.0)
	}
}

func testRace(t *testing.T, d database) {
	observers := []string{"one", "two", "three", "four"}
	var sessions []*observer
	for i, name := range observers {
		sessions = append(sessions, d.session(t, name, []string{east, ohio}[i%2]))
	}
	// together lets all observers share the state at once, publish, and returns what they won.
	together := func(state verdict.State) []string {
		var mu sync.Mutex
		var wg sync.WaitGroup
		var won []string
		for _, s := range sessions {
			wg.Go(func() {
				notices := s.share(t, state)
				s.sent(t)
				mu.Lock()
				defer mu.Unlock()
				won = append(won, notices...)
			})
		}
		wg.Wait()
		return won
	}
	for _, s := range sessions { // everybody has been heard once
		require.Empty(t, s.share(t, well))
	}
	for range 10 {
		// Observers that come first find nobody to agree with yet; the second time all do.
		assert.Equal(t, []string{"opened aaa"}, append(together(lost), together(lost)...))
		assert.Equal(t, []string{"resolved aaa"}, append(together(well), together(well)...))
	}
	var incidents, numbers int
	require.NoError(t, d.dial(t, sqlendpointtest.Primary).QueryRow(t.Context(),
		`SELECT count(*), max(number) FROM dr.incident`).Scan(&incidents, &numbers))
	assert.Equal(t, []int{10, 10}, []int{incidents, numbers}, "one row an outage, numbered without a gap")
}

func testLife(t *testing.T, d database) {
	one, two := d.session(t, "one", ohio), d.session(t, "two", ohio)
	require.Empty(t, two.share(t, well))
	require.Empty(t, one.share(t, lost))
	require.Equal(t, []string{"opened aaa"}, two.share(t, lost))
	opened := two.held[0].Incident
	assert.Equal(t, Incident{
		Endpoint:    east,
		Number:      1,
		OpenedAt:    opened.OpenedAt,
		OpenedBy:    "two",
		ConfirmedBy: "one",
		Reason:      verdict.Timeout,
	}, opened)
	assert.WithinDuration(t, time.Now(), opened.OpenedAt, time.Minute)
	require.NoError(t, two.Sent(t.Context(), two.held[0]))
	require.Empty(t, one.share(t, lost), "it is not due")

	d.Exec(t,
		`UPDATE dr.incident SET opened_at = opened_at - interval '15 minutes',
			notice_due_at = notice_due_at - interval '15 minutes'`)
	require.Equal(t, []string{"reminder aaa"}, one.share(t, lost))
	assert.InDelta(t, reminder.Seconds(), one.held[0].Lasted().Seconds(), 60)
	require.Empty(t, two.share(t, lost), "one claim is enough")
	require.NoError(t, one.Sent(t.Context(), one.held[0]))
	require.Empty(t, two.share(t, lost), "the next one is due in 15 minutes")

	require.Empty(t, one.share(t, between))
	require.Empty(t, one.share(t, well), "the other does not agree yet")
	require.Equal(t, []string{"resolved aaa"}, two.share(t, well))
	resolved := two.held[1]
	assert.Equal(t, "two", resolved.Incident.ClosedBy)
	assert.InDelta(t, reminder.Seconds(), resolved.Lasted().Seconds(), 60)
	require.NoError(t, two.Sent(t.Context(), resolved))
	visit, err := one.Mark(t.Context(), Word{})
	require.NoError(t, err)
	assert.Empty(t, visit.Snapshot.Incidents, "and forgotten")
}

// opened lets two observers open an incident and returns the opener's session, then the other's.
func opened(t *testing.T, d database) (opener, other *observer) {
	t.Helper()
	opener, other = d.session(t, "two", ohio), d.session(t, "one", ohio)
	require.Empty(t, opener.share(t, well))
	require.Empty(t, other.share(t, lost))
	require.Equal(t, []string{"opened aaa"}, opener.share(t, lost))
	return opener, other
}

func testLease(t *testing.T, d database) {
	_, other := opened(t, d) // and dies
	require.Empty(t, other.share(t, lost), "the opener still has its lease")
	d.Exec(t, `UPDATE dr.incident SET notice_due_at = now()`)
	require.Equal(t, []string{"opened aaa"}, other.share(t, lost), "nobody has been told yet, so it is no reminder")
	require.NoError(t, other.Sent(t.Context(), other.held[0]))
	assert.Empty(t, other.share(t, lost))

	third := d.session(t, "three", ohio)
	require.Empty(t, third.share(t, well))
	require.Equal(t, []string{"resolved aaa"}, other.share(t, well)) // and dies
	require.Empty(t, third.share(t, well))
	d.Exec(t, `UPDATE dr.incident SET notice_due_at = now()`)
	assert.Equal(t, []string{"resolved aaa"}, third.share(t, well))
}

func testRelease(t *testing.T, d database) {
	opener, other := opened(t, d)
	require.NoError(t, opener.Release(t.Context(), opener.held[0]))
	assert.Equal(t, []string{"opened aaa"}, other.share(t, lost))
}

func testTooLate(t *testing.T, d database) {
	opener, other := opened(t, d)
	late := func(step Step) []string {
		visit, err := other.Share(t.Context(), Word{}, func(Snapshot) []Action {
			return []Action{{Step: step, Endpoint: east, Number: 1}}
		})
		require.NoError(t, err)
		return kinds(visit.Notices)
	}
	assert.Empty(t, late(Claim), "the opener has its lease")
	opener.sent(t)
	assert.Equal(t, []string{"resolved aaa"}, late(Close))
	assert.Empty(t, late(Close), "it is closed")
}

func testLateAcknowledgement(t *testing.T, d database) {
	opener, other := opened(t, d)
	require.NoError(t, opener.Sent(t.Context(), opener.held[0]))
	require.Empty(t, d.session(t, "three", ohio).share(t, well))
	require.Equal(t, []string{"resolved aaa"}, other.share(t, well)) // and dies
	require.NoError(t, opener.Sent(t.Context(), opener.held[0]), "of a reminder, say")
	d.Exec(t, `UPDATE dr.incident SET notice_due_at = notice_due_at - interval '1 minute'`)
	assert.Equal(t, []string{"resolved aaa"}, opener.share(t, well),
		"due when its lease ends, not after a reminder's time")
}

func testUntold(t *testing.T, d database) {
	opener, other := opened(t, d)
	require.Empty(t, d.session(t, "three", ohio).share(t, well))
	require.NoError(t, opener.Release(t.Context(), opener.held[0])) // and so would everybody
	require.Empty(t, other.share(t, well), "it closes the incident")
	visit, err := other.Mark(t.Context(), Word{})
	require.NoError(t, err)
	assert.Empty(t, visit.Snapshot.Incidents, "which owes nobody anything")

	d.Exec(t, `UPDATE dr.incident SET notice_due_at = now()`) // as an earlier version left it
	require.Empty(t, other.share(t, well))
	visit, err = other.Mark(t.Context(), Word{})
	require.NoError(t, err)
	assert.Empty(t, visit.Snapshot.Incidents)
}

func testLateFirstPage(t *testing.T, d database) {
	opener, other := opened(t, d)
	require.Empty(t, d.session(t, "three", ohio).share(t, well))
	require.Empty(t, other.share(t, well), "it closes the incident while the first page is on its way")
	require.NoError(t, opener.Sent(t.Context(), opener.held[0]))
	require.Equal(t, []string{"resolved aaa"}, other.share(t, well))
	require.NoError(t, other.Sent(t.Context(), other.held[0]))
	require.Empty(t, opener.share(t, well), "once")
}

func testConflicts(t *testing.T, d database) {
	s := d.session(t, "one", east)
	d.Endpoints[sqlendpointtest.Primary].InjectConflicts(sqlendpoint.Conflicts{Next: 3})
	_, err := s.Mark(t.Context(), Word{At: epoch})
	require.NoError(t, err)
	d.Endpoints[sqlendpointtest.Primary].InjectConflicts(sqlendpoint.Conflicts{Percent: 100})
	defer d.Endpoints[sqlendpointtest.Primary].InjectConflicts(sqlendpoint.Conflicts{})
	s.settings.Conflicts.Attempts = 3
	_, err = s.Mark(t.Context(), Word{At: epoch})
	assert.True(t, dsqlconn.IsConflict(err), "%v", err)
}

func testLostConnection(t *testing.T, d database) {
	s := d.session(t, "one", east)
	s.Close(t.Context())
	_, err := s.Mark(t.Context(), Word{})
	assert.ErrorContains(t, err, "shared memory at "+east)
	assert.ErrorContains(t, s.Sent(t.Context(), Notice{Incident: Incident{
		Endpoint: east,
		Number:   4,
	}}), "notice of incident 4 of "+east)
}
