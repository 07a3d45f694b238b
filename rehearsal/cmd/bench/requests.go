package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"

	"aurora-dsql-dr/rehearsal/cmd/bench/internal/load"
	"aurora-dsql-dr/rehearsal/cmd/bench/internal/results"
)

const (
	// manyClients are the clients at a time where not one alone is measured.
	manyClients = 4
	// lasting is how long each row of the table is measured.
	lasting = 5 * time.Second
)

// reportRequests takes the application from its API to the database, and the same statements by plain pgx through the
// same endpoint. Writes through the API come last: their publishers and processors go on working after them.
func (d *deployed) reportRequests(ctx context.Context) error {
	api, known := d.api(), uuid.NewString()
	if err := api.write(ctx, known); err != nil {
		return err
	}
	readPlain := func(ctx context.Context) error { return d.database.read(ctx, known) }
	readAPI := func(ctx context.Context) error { return api.read(ctx, known) }
	writePlain := func(ctx context.Context) error { return d.database.write(ctx, created(d.region), true) }
	writeAPI := func(ctx context.Context) error { return api.write(ctx, uuid.NewString()) }

	rows, err := measure(ctx, []requests{
		{"read by plain pgx", 1, readPlain}, {"read by plain pgx", manyClients, readPlain},
		{"read through the API", 1, readAPI}, {"read through the API", manyClients, readAPI},
		{"write by plain pgx", 1, writePlain}, {"write by plain pgx", manyClients, writePlain},
		{"write through the API", 1, writeAPI}, {"write through the API", manyClients, writeAPI},
	})
	if err != nil {
		return err
	}
	return results.Table{
		Title: "The deployed application end to end: signed request, HTTP API, function, SQL endpoint, database",
		Rows:  append([][]string{{"request", "clients", "p50", "p99", "requests/s"}}, rows...),
		Note: fmt.Sprintf("%v a row; through the API details are encrypted. "+
			"Clients, AWS, functions and database share this machine, and so\n"+
			"do the publishers and processors that every write through the API sets to work.", lasting),
	}.Write(os.Stdout)
}

// requests are one row of the table.
type requests struct {
	name    string
	clients int
	call    load.Call
}

func measure(ctx context.Context, all []requests) (rows [][]string, err error) {
	defer begin(fmt.Sprintf("Reading and writing through the API and by plain pgx, %d times %v", len(all), lasting))()
	for _, r := range all {
		l, err := load.Run(ctx, r.clients, lasting, r.call)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		rows = append(rows, []string{
			r.name,
			fmt.Sprint(r.clients),
			results.Millis(l.Quantile(0.5)),
			results.Millis(l.Quantile(0.99)),
			fmt.Sprintf("%.0f", l.PerSecond()),
		})
	}
	return rows, nil
}
