package check

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

const (
	primary   = sqlendpointtest.Primary
	secondary = sqlendpointtest.Secondary
	witness   = "us-west-2"
	roleARN   = "arn:aws:iam::123456789012:role/monitor"
)

// active is a control plane that is fine.
type active struct{}

func (active) GetCluster(
	context.Context, *dsql.GetClusterInput, ...func(*dsql.Options),
) (*dsql.GetClusterOutput, error) {
	return &dsql.GetClusterOutput{
		Status:            types.ClusterStatusActive,
		EncryptionDetails: &types.EncryptionDetails{EncryptionStatus: types.EncryptionStatusEnabled},
	}, nil
}

// world is the database behind its two endpoints, and the inbox of all observers.
type world struct {
	*sqlendpointtest.Env
	inbox *alerts
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{Env: sqlendpointtest.Start(t), inbox: &alerts{}}
	apptest.Migrate(t, w.Env, roleARN, schema.Roles())
	return w
}

// clear makes the world healthy, silent and without memory.
func (w *world) clear(t testing.TB) {
	t.Helper()
	for region := range w.Endpoints {
		w.fault(t, region, sqlendpoint.Fault{})
		w.Endpoints[region].InjectConflicts(sqlendpoint.Conflicts{})
	}
	w.Exec(t, "DELETE FROM dr.marker", "DELETE FROM dr.incident", "DELETE FROM dr.withdrawal")
	w.inbox = &alerts{}
}

func (w *world) fault(t testing.TB, region string, f sqlendpoint.Fault) {
	t.Helper()
	require.NoError(t, w.Endpoints[region].SetFault(f))
}

// observer is a health check as production wires it, control plane and alerts apart. It dials the addresses in reach
// instead of those of the endpoints, where given.
func (w *world) observer(t testing.TB, name string, reach map[string]string) *Checker {
	t.Helper()
	addresses, err := dsqlconn.ParseHostAddr(w.HostAddr)
	require.NoError(t, err)
	timing := cadence(time.Minute, time.Minute)
	var targets []contract.Target
	for _, region := range []string{primary, secondary} {
		targets = append(targets, contract.Target{
			Region:     region,
			ClusterID:  "x",
			ClusterARN: w.ClusterARNs[region],
			Endpoint:   w.Hosts[region],
		})
		if address, ok := reach[region]; ok {
			addresses[w.Hosts[region]] = []string{address}
		}
	}
	return New(Config{
		Observer:     name,
		FunctionName: "health-check",
		Targets:      targets,
		Cadence:      timing,
		Reminder:     15 * time.Minute,
		Lease:        time.Minute,
		Policy:       verdict.Policy{FailuresToOpen: 2, SuccessesToClose: 3, WakingLimit: time.Minute},
		Prober: probe.Prober{
			Clusters:    map[string]probe.ControlPlane{primary: active{}, secondary: active{}},
			Database:    dsqlconn.Dialer{Credentials: w.Provider(roleARN), HostAddr: addresses, RootCAs: w.CA},
			Role:        schema.RoleMonitor,
			Step:        timing.Step(),
			StatusStep:  timing.StatusStep(),
			ReprobeStep: timing.Step(),
			Memory: incident.Settings{
				Observer:  name,
				Observers: []string{primary, secondary, witness},
				Endpoints: []string{w.Hosts[primary], w.Hosts[secondary]},
				Fresh:     timing.Fresh(),
				Lease:     time.Minute,
				Reminder:  15 * time.Minute,
				Conflicts: dsqlconn.Policy{Attempts: 50, Base: time.Millisecond, Max: 20 * time.Millisecond},
			},
		},
		Alerts:   w.inbox,
		Metrics:  &samples{},
		Embedded: &bytes.Buffer{},
		Log:      slog.New(slog.DiscardHandler),
	})
}

// nowhere is an address on which nobody listens.
func nowhere(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// rounds lets all observers check n times, at the same time, one round each.
func rounds(t testing.TB, n int, observers ...*Checker) {
	t.Helper()
	for range n {
		var wg sync.WaitGroup
		for _, o := range observers {
			wg.Go(func() {
				_, err := o.Check(t.Context(), contract.CheckEvent{Probes: 1}, "")
				assert.NoError(t, err)
			})
		}
		wg.Wait()
	}
}

// told is what the inbox holds: each notice in a few words.
func (w *world) told() []string {
	w.inbox.mu.Lock()
	defer w.inbox.mu.Unlock()
	var out []string
	for _, m := range w.inbox.got {
		confirmed := map[string]string{"true": "confirmed", "false": "unconfirmed"}[m.Attributes[contract.AttributeConfirmed]]
		out = append(out, m.Attributes[contract.AttributeKind]+" "+m.Attributes[contract.AttributeRegion]+" "+confirmed)
	}
	slices.Sort(out)
	return out
}

func TestObservers(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]func(*testing.T, *world){
		"an outage pages once and is resolved once, whatever conflicts": testOneOutage,
		"the side that survives needs no third observer":                testRegionLost,
		"an observer that is cut off from one endpoint pages nobody":    testPartition,
		"a flapping endpoint is one incident":                           testFlapping,
		"a reminder is sent by whoever comes first":                     testReminder,
		"a page its opener cannot publish is published by another":      testDeafOpener,
		"a function that starts cold goes on counting":                  testColdStart,
		"no commit anywhere: everybody pages on its own evidence":       testNoCommits,
		"what is decided between two rounds is shared at once":          testDecisionIsShared,
		"quiet times write markers and nothing else":                    testQuiet,
		"one that was quiet while others closed tells the next outage":  testQuietWhileOthersClosed,
		"what others owe is told by whoever can":                        testOwedByOthers,
		"sharing goes through the other connection if one fails":        testSharingFallsBack,
		"sharing that fails on all connections fails the run":           testSharingFails,
		"a grant that is gone is the observer's own fault":              testGrantGone,
		"a withdrawn region is no incident, and comes back":             testWithdrawnRegion,
		"a withdrawal lapses with the loss of the other region":         testWithdrawalLapses,
		"a lapse that its teller cannot publish is told by another":     testLapseToldByAnother,
		"a region is withdrawn through whichever endpoint serves":       testWithdrawnThroughAny,
		"what is refused, and what nobody was told, is said":            testWithdrawalAnswers,
		"withdrawals that cannot be read fail the run, and no more":     testWithdrawalsUnread,
	} {
		t.Run(name, func(t *testing.T) {
			w.clear(t)
			test(t, w)
		})
	}
}

func (w *world) three(t *testing.T) []*Checker {
	return []*Checker{w.observer(t, primary, nil), w.observer(t, secondary, nil), w.observer(t, witness, nil)}
}

func testOneOutage(t *testing.T, w *world) {
	observers := w.three(t)
	for _, e := range w.Endpoints {
		e.InjectConflicts(sqlendpoint.Conflicts{Percent: 30})
	}
	rounds(t, 3, observers...)
	require.Empty(t, w.told())
	for n := 1; n <= 2; n++ {
		w.fault(t, primary, sqlendpoint.Fault{Refuse: true})
		rounds(t, 4, observers...)
		w.fault(t, primary, sqlendpoint.Fault{})
		rounds(t, 4, observers...)
		told := w.told()
		require.Len(t, told, 2*n, "%v", told)
		assert.Equal(t, slices.Repeat([]string{"opened us-east-1 confirmed"}, n), told[:n])
		assert.Equal(t, slices.Repeat([]string{"resolved us-east-1 confirmed"}, n), told[n:])
	}
}

func testRegionLost(t *testing.T, w *world) {
	survivors := []*Checker{w.observer(t, secondary, nil), w.observer(t, witness, nil)}
	rounds(t, 3, append(survivors, w.observer(t, primary, nil))...)
	w.fault(t, primary, sqlendpoint.Fault{Refuse: true})
	rounds(t, 1, survivors...)
	require.Empty(t, w.told(), "one failure is none")
	rounds(t, 2, survivors...)
	assert.Equal(t, []string{"opened us-east-1 confirmed"}, w.told())
}

func testPartition(t *testing.T, w *world) {
	cut := w.observer(t, witness, map[string]string{primary: nowhere(t)})
	others := []*Checker{w.observer(t, primary, nil), w.observer(t, secondary, nil)}
	rounds(t, 4, append(others, cut)...)
	assert.True(t, cut.word.States[w.Hosts[primary]].Open, "it does hold the endpoint for lost")
	assert.Empty(t, w.told())
}

func testFlapping(t *testing.T, w *world) {
	observers := w.three(t)
	rounds(t, 3, observers...)
	for range 2 {
		w.fault(t, secondary, sqlendpoint.Fault{Refuse: true})
		rounds(t, 2, observers...)
		w.fault(t, secondary, sqlendpoint.Fault{})
		rounds(t, 2, observers...)
	}
	rounds(t, 2, observers...)
	assert.Equal(t, []string{"opened us-east-2 confirmed", "resolved us-east-2 confirmed"}, w.told())
}

func testReminder(t *testing.T, w *world) {
	observers := w.three(t)
	w.fault(t, secondary, sqlendpoint.Fault{Refuse: true})
	rounds(t, 4, observers...)
	require.Equal(t, []string{"opened us-east-2 confirmed"}, w.told())
	w.Exec(t, `UPDATE dr.incident SET notice_due_at = notice_due_at - interval '15 minutes'`)
	rounds(t, 3, observers...)
	assert.Equal(t, []string{"opened us-east-2 confirmed", "reminder us-east-2 confirmed"}, w.told())
}

func testDeafOpener(t *testing.T, w *world) {
	deaf, well := w.observer(t, secondary, nil), w.observer(t, witness, nil)
	deaf.Alerts = &alerts{fail: slices.Repeat([]error{assert.AnError}, 100)}
	rounds(t, 3, deaf, well)
	w.fault(t, primary, sqlendpoint.Fault{Refuse: true})
	rounds(t, 1, deaf, well)
	rounds(t, 1, well) // says so, and finds nobody to agree
	require.Empty(t, w.told())
	_, err := deaf.Check(t.Context(), contract.CheckEvent{Probes: 1}, "")
	require.ErrorIs(t, err, assert.AnError, "it opened the incident and could tell nobody")
	rounds(t, 1, well)
	assert.Equal(t, []string{"opened us-east-1 confirmed"}, w.told())
}

func testColdStart(t *testing.T, w *world) {
	other := w.observer(t, secondary, nil)
	rounds(t, 3, other, w.observer(t, witness, nil))
	w.fault(t, primary, sqlendpoint.Fault{Refuse: true})
	rounds(t, 1, other, w.observer(t, witness, nil))
	rounds(t, 1, other, w.observer(t, witness, nil))
	rounds(t, 1, other)
	assert.Equal(t, []string{"opened us-east-1 confirmed"}, w.told(), "two cold functions saw one failure each")
}

func testNoCommits(t *testing.T, w *world) {
	observers := w.three(t)
	rounds(t, 3, observers...)
	for _, region := range []string{primary, secondary} {
		w.fault(t, region, sqlendpoint.Fault{Refuse: true})
	}
	rounds(t, 3, observers...)
	assert.Equal(t, append(slices.Repeat([]string{"opened us-east-1 unconfirmed"}, 3),
		slices.Repeat([]string{"opened us-east-2 unconfirmed"}, 3)...), w.told())

	for _, region := range []string{primary, secondary} {
		w.fault(t, region, sqlendpoint.Fault{})
	}
	rounds(t, 4, observers...)
	told := w.told()
	require.Len(t, told, 12, "%v", told)
	assert.Equal(t, append(slices.Repeat([]string{"resolved us-east-1 unconfirmed"}, 3),
		slices.Repeat([]string{"resolved us-east-2 unconfirmed"}, 3)...), told[6:])
}

func testQuiet(t *testing.T, w *world) {
	observers := w.three(t)
	rounds(t, 4, observers...)
	assert.Empty(t, w.told())
	conn := w.Connect(t, primary, "admin", sqlendpointtest.AdminARN)
	var markers, incidents int
	require.NoError(t, conn.QueryRow(t.Context(),
		`SELECT (SELECT count(*) FROM dr.marker), (SELECT count(*) FROM dr.incident)`).Scan(&markers, &incidents))
	assert.Equal(t, []int{6, 0}, []int{markers, incidents}, "a row for each observer and endpoint")
	for _, o := range observers {
		assert.Equal(t, verdict.State{Successes: 3}, o.word.States[w.Hosts[primary]])
	}
}

// BenchmarkCheckOverLoopback is one quiet round of both endpoints: name, TCP, TLS, token, statements. The endpoints are
// in the same process, so their share of time and memory is counted too.
func BenchmarkCheckOverLoopback(b *testing.B) {
	w := newWorld(b)
	o := w.observer(b, witness, nil)
	rounds(b, 3, o)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := o.Check(b.Context(), contract.CheckEvent{Probes: 1}, ""); err != nil {
			b.Fatal(err)
		}
	}
}
