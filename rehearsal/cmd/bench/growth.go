package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/google/uuid"

	"aurora-dsql-dr/rehearsal/cmd/bench/internal/load"
	"aurora-dsql-dr/rehearsal/cmd/bench/internal/results"
)

const (
	// growthLasting is how long each cell of the table is measured.
	growthLasting = 2 * time.Second
	// swept is how many events a measured run of the publisher finds.
	swept = 100
)

// sizes are the numbers of transactions that the database is brought to; DEEP=1 goes on to a million, which takes
// minutes to fill in.
func sizes() []int {
	if os.Getenv("DEEP") == "1" {
		return []int{10_000, 100_000, 1_000_000}
	}
	return []int{10_000, 100_000}
}

// grown is what is measured at each size.
type grown struct {
	name string
	call load.Call
	// before prepares each call, unmeasured; nil is nothing.
	before load.Call
}

// reportGrowth shows what requests cost as the tables grow.
func (d *deployed) reportGrowth(ctx context.Context) error {
	measured := d.growing()
	if err := d.sweep(ctx); err != nil { // until a publisher has run, transactions are counted one by one
		return err
	}
	rows := make([][]string, len(measured)+1)
	rows[0] = []string{"median of"}
	for i, m := range measured {
		rows[i+1] = []string{m.name}
	}
	for _, size := range sizes() {
		done := begin(fmt.Sprintf("Growing the tables to %d transactions, and measuring", size))
		err := d.grow(ctx, size)
		for i := 0; i < len(measured) && err == nil; i++ {
			var median time.Duration
			median, err = measured[i].median(ctx)
			rows[i+1] = append(rows[i+1], results.Millis(median))
		}
		done()
		if err != nil {
			return err
		}
		rows[0] = append(rows[0], strconv.Itoa(size)+" rows")
	}
	return results.Table{
		Title: "Growth: the same requests, one client, as transactions, outbox and projection grow",
		Rows:  rows,
		Note: fmt.Sprintf("Requests are signed and go through the API, read and sweep through direct invocations. A sweep "+
			"is a scheduled run of the\n"+
			"publisher that finds %d events to send, counts, catches up and cleans up. The rows are counted, as all are but "+
			"a minute's.", swept),
	}.Write(os.Stdout)
}

func (d *deployed) growing() []grown {
	api := d.api()
	get := func(path string) load.Call {
		return func(ctx context.Context) error { return api.request(ctx, http.MethodGet, path, nil) }
	}
	return []grown{
		{name: "read (number of transactions)", call: d.count},
		{name: "totals", call: get("/totals")},
		{name: "page, the newest 20", call: get("/transactions?limit=20")},
		{name: "write", call: func(ctx context.Context) error { return api.write(ctx, uuid.NewString()) }},
		{name: fmt.Sprintf("outbox sweep of %d events", swept), call: d.sweep, before: d.leaveBehind},
	}
}

// count asks for the number of transactions as the recipe does.
func (d *deployed) count(ctx context.Context) error {
	return d.invoke(ctx, "transactions", `{"operation":"read"}`)
}

// sweep runs the publisher as its schedule does.
func (d *deployed) sweep(ctx context.Context) error { return d.invoke(ctx, "publisher", "{}") }

// invoke runs a function of the region and takes everything but an answer for an error.
func (d *deployed) invoke(ctx context.Context, binary, payload string) error {
	name, err := d.nameOf(binary)
	if err != nil {
		return err
	}
	result, err := d.Account.Region(d.region).Lambda.Invoke(
		ctx,
		d.Account.IAM.Admin().Principal,
		name,
		[]byte(payload),
		nil,
	)
	if err == nil && result.FunctionError != "" {
		err = fmt.Errorf("%s: %s", binary, result.Payload)
	}
	return err
}

// median measures the call alone.
func (g grown) median(ctx context.Context) (time.Duration, error) {
	if g.before == nil {
		l, err := load.Run(ctx, 1, growthLasting, g.call)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", g.name, err)
		}
		return l.Quantile(0.5), nil
	}
	var took []time.Duration
	for begun := time.Now(); len(took) < 5 || time.Since(begun) < growthLasting; {
		if err := g.before(ctx); err != nil {
			return 0, fmt.Errorf("%s: %w", g.name, err)
		}
		start := time.Now()
		if err := g.call(ctx); err != nil {
			return 0, fmt.Errorf("%s: %w", g.name, err)
		}
		took = append(took, time.Since(start))
	}
	return load.Of(took, growthLasting).Quantile(0.5), nil
}
