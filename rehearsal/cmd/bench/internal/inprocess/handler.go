// Package inprocess tells what the Go benchmarks of the functions' parts have found.
package inprocess

import (
	"errors"
	"fmt"
	"time"

	"aurora-dsql-dr/rehearsal/cmd/bench/internal/gotest"
	"aurora-dsql-dr/rehearsal/cmd/bench/internal/results"
)

// maxOverhead is what the handler may cost beyond its statements, in percent of them.
const maxOverhead = 30

// Handler sets the handler against its statements; bound tells where it costs too much.
func Handler(f *gotest.Figures) (_ results.Table, bound error) {
	rows := [][]string{{"request", "p50", "p99", "requests/s", "cost"}}
	for _, r := range []struct{ name, benchmark string }{
		{"write", "service.Write/plain"}, {"write with encrypted details", "service.Write/encrypted"},
		{"read", "service.Read/plain"}, {"read of encrypted details", "service.Read/encrypted"},
	} {
		for _, by := range []struct{ name, benchmark string }{{"by plain pgx", "pgx"}, {"by the handler", "handler"}} {
			rows = append(rows, []string{r.name + " " + by.name, micros(f.Of(r.benchmark, by.benchmark+"-p50-µs")),
				micros(f.Of(r.benchmark, by.benchmark+"-p99-µs")), fmt.Sprintf("%.0f", f.Of(r.benchmark, by.benchmark+"/s")), ""})
		}
		overhead := f.Of(r.benchmark, "overhead-%")
		rows[len(rows)-1][4] = fmt.Sprintf("%+.0f %%", overhead)
		if overhead > maxOverhead {
			const much = "%s: the handler costs %.1f %% more than its statements: want at most %d %%"
			bound = errors.Join(bound, fmt.Errorf(much, r.name, overhead, maxOverhead))
		}
	}
	return results.Table{
		Title: "The handler of transactions in process against its statements by plain pgx, in turns through one SQL " +
			"endpoint",
		Rows: rows,
		Note: fmt.Sprintf("The cost is what the handler adds to the lower quartile, which other load disturbs least: at "+
			"most %d %%.", maxOverhead),
	}, bound
}

func micros(n float64) string { return results.Millis(time.Duration(n * float64(time.Microsecond))) }
