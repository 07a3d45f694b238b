package service_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

// 64 environments of the function in two regions write overlapping orders at the same time, through both endpoints,
// with the conflicts of DSQL and some more. Of the orders of an ID the first one is recorded, whoever it is from; equal
// ones are told so, others are refused.
func TestManyWritersOfOverlappingOrders(t *testing.T) {
	const writers, orders, ids = 64, 6, 40
	w := newWorld(t)
	regions := []string{apptest.East, apptest.Ohio}
	for _, region := range regions {
		w.Endpoints[region].InjectConflicts(sqlendpoint.Conflicts{Percent: 10})
	}
	functions := make([]*function, writers)
	for i := range functions {
		functions[i] = w.function(t, regions[i%2], options{
			pool:      1,
			limit:     time.Minute,
			conflicts: dsqlconn.Policy{Attempts: 50, Base: 2 * time.Millisecond, Max: 100 * time.Millisecond},
		})
	}
	var mu sync.Mutex
	created := map[string]string{} // amount by ID
	repeated := map[string][]string{}
	var group errgroup.Group
	for i, f := range functions {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		group.Go(func() error {
			for range orders {
				id := fmt.Sprintf("t-%02d", random.IntN(ids))
				amount := fmt.Sprintf("%d.%02d", 100+random.IntN(2), random.IntN(2)) // one of four contents
				body := `{"transaction_id":"` + id + `","amount":` + amount + `,"details":"of ` + id + `"}`
				response, err := f.http(t, request("POST", "/transactions", body))
				if err != nil {
					return err
				}
				mu.Lock()
				switch response.StatusCode {
				case http.StatusCreated:
					if before, twice := created[id]; twice {
						err = fmt.Errorf("%s was recorded as %s and as %s", id, before, amount)
					}
					created[id] = amount
				case http.StatusOK:
					repeated[id] = append(repeated[id], amount)
				case http.StatusConflict:
				default:
					err = fmt.Errorf("%s: %d %s", id, response.StatusCode, response.Body)
				}
				mu.Unlock()
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())

	var want, total []string
	sum := 0
	for id, amount := range created {
		want = append(want, id+" "+amount)
		var whole, cents int
		_, err := fmt.Sscanf(amount, "%d.%d", &whole, &cents)
		require.NoError(t, err)
		sum += 100*whole + cents
	}
	for id, amounts := range repeated {
		for _, amount := range amounts {
			assert.Equal(t, created[id], amount, "%s: only an equal order is a repetition", id)
		}
	}
	slices.Sort(want)
	total = []string{fmt.Sprintf("%d %d.%02d", len(created), sum/100, sum%100)}
	assert.Equal(t, want, w.Column(t, "SELECT id || ' ' || amount FROM app.transaction ORDER BY id"))
	assert.Equal(t, total, w.Column(t, "SELECT count(*) || ' ' || sum(amount) FROM app.transaction"))
	assert.Equal(t, want,
		w.Column(t, "SELECT transaction_id || ' ' || (body::json->>'amount') FROM app.outbox ORDER BY transaction_id"),
		"an event each")
	assert.NotEmpty(t, repeated)
	assert.Len(t, w.Column(t, "SELECT DISTINCT region FROM app.transaction"), 2, "both regions were active")
}
