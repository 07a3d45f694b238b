package outbox_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/breaker"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
	"aurora-dsql-dr/lambda/internal/ledger"
	"aurora-dsql-dr/lambda/internal/outbox"
	"aurora-dsql-dr/lambda/internal/projection"
	"aurora-dsql-dr/lambda/internal/rollup"
	"aurora-dsql-dr/lambda/internal/transaction"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

const (
	lease    = 30 * time.Second
	sweep    = 10 * time.Second
	takeover = 2 * time.Minute
	catchUp  = 90 * time.Second
)

// world is the whole application of both regions, but for its functions' processes: ledgers and publishers on a real
// database, and buses that forward to each other's processors as the rules do.
type world struct {
	apptest.Database
	t          testing.TB
	admin      *pgx.Conn
	ledgers    map[string]*ledger.Ledger
	stores     map[string]*outbox.Store
	pools      map[string]*pgxpool.Pool // the publishers'
	processors map[string]projection.Processor
	// parked is what the publishers have recorded.
	parked []int
	mu     sync.Mutex
	// delivered counts what arrived in any region, by event, caughtUp what a region put on its own bus once more.
	delivered, caughtUp map[string]int
	written             int
}

func newWorld(t testing.TB) *world {
	w := &world{
		Database:   apptest.Start(t),
		t:          t,
		ledgers:    map[string]*ledger.Ledger{},
		stores:     map[string]*outbox.Store{},
		pools:      map[string]*pgxpool.Pool{},
		processors: map[string]projection.Processor{},
		delivered:  map[string]int{},
		caughtUp:   map[string]int{},
	}
	w.admin = w.Connect(t, apptest.East, dsqlconn.Admin, sqlendpointtest.AdminARN)
	for _, region := range []string{apptest.East, apptest.Ohio} {
		policy := breaker.Policy{Failure: dsqlconn.Unreachable, Ignore: func(error) bool { return false }, Pause: time.Second}
		w.ledgers[region] = &ledger.Ledger{
			Database: breaker.New(policy, breaker.Endpoint[*pgxpool.Pool]{
				Name: region,
				Via:  w.Pool(t, region, schema.RoleTransactions, 2),
			}),
			Region:    region,
			Cipher:    &fieldcrypt.Cipher{},
			Conflicts: dsqlconn.ShortTransactions,
		}
		w.pools[region] = w.Pool(t, region, schema.RolePublisher, 4)
		w.stores[region] = &outbox.Store{
			Database:  w.pools[region],
			Region:    region,
			Lease:     lease,
			Sweep:     sweep,
			Takeover:  takeover,
			CatchUp:   catchUp,
			Conflicts: dsqlconn.ShortTransactions,
		}
		w.processors[region] = projection.Processor{
			Database:    w.Pool(t, region, schema.RoleProcessor, 1),
			Region:      region,
			Conflicts:   dsqlconn.ShortTransactions,
			RecordDelay: func(time.Duration) error { return nil },
		}
	}
	return w
}

// write commits a transaction in a region and returns its event.
func (w *world) write(region string) (eventID string) {
	w.written++
	written, err := w.ledgers[region].Write(w.t.Context(), transaction.Order{
		ID:     fmt.Sprintf("w-%06d", w.written),
		Amount: transaction.Amount(w.written),
	})
	require.NoError(w.t, err)
	return written.EventID
}

// put is PutEvents of a region's bus: its own processor gets the event, and the other region's by the forward rule,
// which matches publishedIn.
func (w *world) put(region string) client {
	return func(entries []types.PutEventsRequestEntry) ([]types.PutEventsResultEntry, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, e := range entries {
			var detail contract.TransactionCreated
			require.NoError(w.t, json.Unmarshal([]byte(*e.Detail), &detail))
			reached := w.processors
			if detail.CaughtUpIn != "" {
				require.Equal(w.t, region, detail.CaughtUpIn)
				require.NotEqual(w.t, region, detail.PublishedIn, "or it would be forwarded back")
				w.caughtUp[detail.ID]++
				reached = map[string]projection.Processor{region: w.processors[region]}
			} else {
				require.Equal(w.t, region, detail.PublishedIn, "or it would not be forwarded, or for ever")
				w.delivered[detail.ID]++
			}
			for _, processor := range reached {
				require.NoError(w.t, processor.Process(w.t.Context(), events.EventBridgeEvent{
					ID:         "x",
					Source:     *e.Source,
					DetailType: *e.DetailType,
					Detail:     json.RawMessage(*e.Detail),
				}))
			}
		}
		return accepted(entries), nil
	}
}

// pass lets time pass for every row.
func (w *world) pass(d time.Duration) {
	for table, columns := range map[string][]string{
		"app.outbox":              {"created_at", "claimed_until", "sent_at"},
		"app.publisher":           {"seen_at", "behind_from", "behind_until"},
		"app.transaction":         {"created_at"},
		"app.transaction_history": {"until", "counted_to"},
	} {
		var set []string
		for _, column := range columns {
			set = append(set, fmt.Sprintf("%[1]s = %[1]s - interval '%[2]d milliseconds'", column, d.Milliseconds()))
		}
		_, err := w.admin.Exec(w.t.Context(), "UPDATE "+table+" SET "+strings.Join(set, ", "))
		require.NoError(w.t, err)
	}
}

// publisher is a region's publisher that dies where the crash says.
func (w *world) publisher(region string, at crash) outbox.Publisher {
	p := &process{Rows: w.stores[region], at: at}
	roller := rollup.Roller{
		Database:  w.pools[region],
		Region:    region,
		Settled:   sweep,
		Takeover:  takeover,
		Conflicts: dsqlconn.ShortTransactions,
	}
	return outbox.Publisher{
		Rows:      p,
		Retention: time.Hour,
		RollUp:    roller.Run,
		RecordAge: func(time.Duration) error { return nil },
		RecordParked: func(n int) error {
			w.parked = append(w.parked, n)
			return nil
		},
		Log: slog.New(slog.DiscardHandler),
		Bus: outbox.Bus{Name: region, Region: region, Client: p.client(w.put(region))},
	}
}
