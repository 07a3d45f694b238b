package inprocess

import (
	"fmt"
	"time"

	"aurora-dsql-dr/rehearsal/cmd/bench/internal/gotest"
	"aurora-dsql-dr/rehearsal/cmd/bench/internal/results"
)

// Parts are what a request or a check passes through.
func Parts(f *gotest.Figures) results.Table {
	rows := [][]string{{"part", "time", "memory", "allocations"}}
	for _, r := range []struct{ name, benchmark string }{
		{"circuit breaker around a call", "breaker.Do"},
		{"a field encrypted and decrypted", "fieldcrypt.SealAndOpen"},
		{"one check without the network", "check.Check"},
		{"one check over loopback, endpoints included", "check.CheckOverLoopback"},
	} {
		rows = append(rows, []string{r.name, results.Duration(time.Duration(f.Of(r.benchmark, "ns/op"))),
			results.Bytes(int64(f.Of(r.benchmark, "B/op"))), fmt.Sprintf("%.0f", f.Of(r.benchmark, "allocs/op"))})
	}
	return results.Table{Title: "Parts of the functions, per call", Rows: rows}
}
