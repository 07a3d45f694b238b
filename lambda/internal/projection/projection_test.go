package projection_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/projection"
	"aurora-dsql-dr/lambda/schema"
)

const detail = `{"schema":1,"id":"0198c7a2-0000-7000-8000-000000000001","region":"us-east-1","publishedIn":"us-east-1",
	"time":"2026-01-02T03:04:05.678Z",
	"transactionId":"test-001","amount":"100.50","amountNumber":100.5,"status":"completed","later":"added"}`

func envelope(detail string) events.EventBridgeEvent {
	return events.EventBridgeEvent{
		ID:         "e-1",
		Source:     "dsql.application",
		DetailType: "Transaction Created",
		Detail:     json.RawMessage(detail),
	}
}

func TestProjection(t *testing.T) {
	d := apptest.Start(t)
	delays := map[string][]time.Duration{}
	processor := func(region string) projection.Processor {
		return projection.Processor{
			Database:  d.Pool(t, region, schema.RoleProcessor, 2),
			Region:    region,
			Conflicts: dsqlconn.Policy{Attempts: 50, Base: time.Millisecond, Max: 20 * time.Millisecond},
			RecordDelay: func(delay time.Duration) error {
				delays[region] = append(delays[region], delay)
				return nil
			},
		}
	}
	east, ohio := processor(apptest.East), processor(apptest.Ohio)

	t.Run("an event counts once however often and wherever it comes", func(t *testing.T) {
		require.NoError(t, ohio.Process(t.Context(), envelope(detail)))
		require.NoError(t, east.Process(t.Context(), envelope(detail)))
		require.NoError(t, ohio.Process(t.Context(), envelope(detail)))
		assert.Equal(t, []string{"us-east-1 100.50 2026-01-02 03:04:05.678 us-east-2"},
			d.Column(t,
				"SELECT concat_ws(' ', region, amount, occurred_at AT TIME ZONE 'UTC', processed_in) FROM app.projection"))
		assert.Empty(t, delays[apptest.East], "its own region's event has crossed nothing")
		require.Len(t, delays[apptest.Ohio], 2)
		assert.Greater(t, delays[apptest.Ohio][0], time.Hour)
	})

	t.Run("a clock ahead of ours makes no negative delay", func(t *testing.T) {
		ahead := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		require.NoError(t, ohio.Process(t.Context(),
			envelope(strings.NewReplacer("2026-01-02T03:04:05.678Z", ahead, "000000000001", "000000000002").Replace(detail))))
		assert.Zero(t, delays[apptest.Ohio][2])
	})

	t.Run("both regions may count one event at a time", func(t *testing.T) {
		for i := range 10 {
			var group errgroup.Group
			body := strings.Replace(detail, "000000000001", "00000000010"+string(rune('0'+i)), 1)
			for _, p := range []projection.Processor{east, ohio} {
				p.RecordDelay = func(time.Duration) error { return nil }
				group.Go(func() error { return p.Process(t.Context(), envelope(body)) })
			}
			require.NoError(t, group.Wait())
		}
		totals, err := projection.Totals(t.Context(), d.Pool(t, apptest.East, schema.RoleTransactions, 1))
		require.NoError(t, err)
		assert.Equal(t, []projection.Total{{Region: "us-east-1", Transactions: 12, Amount: "1206.00"}}, totals)
	})

	t.Run("what is not an event of ours is refused, for the dead letters to show", func(t *testing.T) {
		foreign := envelope(detail)
		foreign.Source = "aws.s3"
		assert.ErrorContains(t, east.Process(t.Context(), foreign),
			`source "aws.s3", detail type "Transaction Created": want "dsql.application"`)
		assert.ErrorContains(t, east.Process(t.Context(), envelope(`{`)), "event e-1: detail: unexpected end")
		err := east.Process(t.Context(), envelope(`{"schema":2,"id":"x","amount":"NaN"}`))
		for _, problem := range []string{"schema 2: want 1", `id "x"`, "region: missing", "time: missing", `amount "NaN"`} {
			assert.ErrorContains(t, err, problem)
		}
		assert.Equal(t, []string{"12"}, d.Column(t, "SELECT count(*)::text FROM app.projection"))
	})

	t.Run("a metric that cannot be written is an error", func(t *testing.T) {
		p := ohio
		p.RecordDelay = func(time.Duration) error { return errors.New("broken pipe") }
		assert.EqualError(t, p.Process(t.Context(), envelope(detail)), "broken pipe")
	})
}
