package main

import (
	"context"
	"fmt"
	"os"

	"aurora-dsql-dr/rehearsal/cmd/bench/internal/function"
	"aurora-dsql-dr/rehearsal/cmd/bench/internal/results"
)

// reportFunctions runs each function by itself, as it is deployed.
func (d *deployed) reportFunctions(ctx context.Context) error {
	rows := [][]string{{"function", "first poll", "first answer", "its CPU", "later call", "its CPU", "peak memory"}}
	for _, measured := range []struct {
		name  string
		event func(context.Context) ([]byte, error)
	}{
		{"healthcheck", d.eventOfDeployment("healthcheck")},
		{"migrate", d.eventOfDeployment("migrate")},
		{"transactions", order},
		{"publisher", d.unsent},
		{"processor", d.foreign},
	} {
		subject, err := d.subject(measured.name)
		if err != nil {
			return err
		}
		subject.Event = measured.event
		done := begin(fmt.Sprintf("Starting %s %d times, calling it %d times", subject.Name, function.Starts, function.Calls))
		c, err := function.Measure(ctx, subject)
		done()
		if err != nil {
			return fmt.Errorf("%s: %w", subject.Name, err)
		}
		rows = append(rows, []string{
			subject.Name,
			results.Millis(c.FirstPoll),
			results.Millis(c.Cold),
			results.Millis(c.ColdCPU),
			results.Millis(c.Warm),
			results.Millis(c.WarmCPU),
			results.Bytes(c.Peak),
		})
	}
	return results.Table{
		Title: "Functions in the sandbox: a cold start, from the start of the process, and later calls",
		Rows:  rows,
		Note: fmt.Sprintf("Medians of %d starts and %d later calls. "+
			"A call is one round of both endpoints (healthcheck), a migration with\n"+
			"nothing to do (migrate), a write with encrypted details (transactions), one event sent (publisher), one event of\n"+
			"the other region recorded (processor).",
			function.Starts, function.Calls),
	}.Write(os.Stdout)
}
