package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/rehearsal/cmd/bench/internal/memory"
	"aurora-dsql-dr/rehearsal/cmd/bench/internal/results"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/backup"
)

const (
	// pauseSpeed is how much faster the sandbox's clock runs where restores are tested: the state machine pauses for
	// minutes, which says nothing.
	pauseSpeed = 5
	// rowSize is about how many bytes of a recovery point are a row of fillDetails.
	rowSize = 1000
	// rowsAtATime are as many as a transaction of DSQL may change.
	rowsAtATime = 3000
)

// fillDetails inserts transactions with as much text as makes a row of rowSize. They are old enough to be counted in a
// database whose newest marker is of now.
const fillDetails = `INSERT INTO app.transaction (id, amount, details, region, status, created_at)
	SELECT $1 || n, 100.50, rpad('text:', 920, md5(n::text)), $2, 'completed', now() - interval '2 minutes'
		FROM generate_series(1, $3::int) AS n`

// restoreSizes are what the database is brought to, in bytes; DEEP=1 goes on to a gigabyte.
func restoreSizes() []int {
	if os.Getenv("DEEP") == "1" {
		return []int{10_000_000, 100_000_000, 1_000_000_000}
	}
	return []int{10_000_000, 100_000_000}
}

// reportRestores reports what a restore test takes as the database grows. It has a stack of its own, whose recovery
// points take as long as their data do.
func reportRestores(ctx context.Context) (err error) {
	done := begin("Deploying the stack with backups into a sandbox")
	s, err := stack.Start(ctx, sandbox.Options{
		Speed:  pauseSpeed,
		Backup: backup.Durations{Start: time.Millisecond},
	})
	if err != nil {
		done()
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	d, err := deploy(ctx, s, stack.WithBackups(configuration()))
	done()
	if err != nil {
		return err
	}
	defer d.database.Close()
	if err := d.api().write(ctx, uuid.NewString()); err != nil { // whose encrypted details are opened
		return err
	}
	rows := [][]string{
		{"what"}, {"recovery point"}, {"backup and its copy"}, {"restore"}, {"verification"}, {"whole test, with its pauses"},
		{"verifier, peak memory"}, {"sandbox, database and functions, before it"}, {"and at their peak"},
	}
	for _, size := range restoreSizes() {
		column, err := d.testRestore(ctx, size)
		if err != nil {
			return err
		}
		for i := range rows {
			rows[i] = append(rows[i], column[i])
		}
	}
	return results.Table{
		Title: "Restore test: a recovery point is restored, verified and deleted, as the database grows",
		Rows:  rows,
		Note: fmt.Sprintf("Rows of %d bytes. The pauses are the state machine's, some two minutes, %d times as fast.",
			rowSize, pauseSpeed),
	}.Write(os.Stdout)
}

// testRestore fills the database to a size, makes a recovery point, and tests its restore: a column of the table.
func (d *deployed) testRestore(ctx context.Context, size int) ([]string, error) {
	heading := results.Bytes(int64(size))
	done := begin("Filling the database to " + heading)
	err := d.fillTo(ctx, size)
	done()
	if err != nil {
		return nil, err
	}
	defer begin("Making a recovery point, and testing its restore")()
	if err := d.invoke(ctx, "healthcheck", `{"probes":1}`); err != nil { // a marker of now
		return nil, err
	}
	start := time.Now()
	if _, err := stack.BackUp(ctx, d.Sandbox, d.outputs, d.region); err != nil {
		return nil, err
	}
	backedUp := time.Since(start)
	before, stop, start := memory.Held(), memory.Watch(), time.Now()
	_, err = stack.TestRestore(ctx, d.Sandbox, d.outputs, d.region, false)
	took, peak := time.Since(start), stop()
	if err != nil {
		return nil, err
	}
	verification, err := d.lastRun("restoreverify")
	if err != nil {
		return nil, err
	}
	restored := d.Account.Region(d.region).Backup.RestoreJobs()[0]
	return []string{
		heading,
		results.Bytes(restored.Bytes),
		results.Duration(backedUp),
		results.Duration(d.Clock.Wall(restored.CompletedAt.Sub(restored.CreatedAt))),
		results.Duration(verification.took),
		results.Duration(took),
		results.Bytes(verification.peak),
		results.Bytes(before),
		results.Bytes(peak),
	}, nil
}

// fillTo fills the database to a size.
func (d *deployed) fillTo(ctx context.Context, size int) error {
	var now int
	if err := d.database.QueryRow(ctx, "SELECT count(*) FROM app.transaction").Scan(&now); err != nil {
		return err
	}
	for rows := size / rowSize; now < rows; now += rowsAtATime {
		if err := d.again(ctx, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, fillDetails, uuid.NewString()[:8]+"-", d.region, min(rowsAtATime, rows-now))
			return err
		}); err != nil {
			return fmt.Errorf("fill in transactions: %w", err)
		}
	}
	_, err := d.database.Exec(ctx, "ANALYZE app.transaction")
	return err
}

// functionRun is an invocation as Lambda reports it: how long it took by the wall, and the most memory of its process.
type functionRun struct {
	took time.Duration
	peak int64
}

// lastRun is the newest invocation of a function that Lambda has reported in its log.
func (d *deployed) lastRun(binary string) (run functionRun, err error) {
	name, err := d.nameOf(binary)
	if err != nil {
		return run, err
	}
	region := d.Account.Region(d.region)
	f, err := region.Lambda.Function(name)
	if err != nil {
		return run, err
	}
	events, err := region.Logs.Events(f.Logging.LogGroup, time.Time{})
	if err != nil {
		return run, err
	}
	for _, e := range events {
		var line struct {
			Type   string
			Record struct {
				Metrics struct {
					DurationMs      float64
					MaxMemoryUsedMB int64
				}
			}
		}
		if json.Unmarshal([]byte(e.Message), &line) == nil && line.Type == "platform.report" {
			m := line.Record.Metrics
			run.took = d.Clock.Wall(time.Duration(m.DurationMs * float64(time.Millisecond)))
			run.peak = m.MaxMemoryUsedMB << 20
		}
	}
	if run.peak == 0 {
		return run, fmt.Errorf("Lambda has reported no invocation of %s", name)
	}
	return run, nil
}
