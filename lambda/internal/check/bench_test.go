package check

import (
	"testing"

	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/probe"
)

// BenchmarkCheck is a run of one round over two healthy endpoints, without the network: what the check itself costs.
func BenchmarkCheck(b *testing.B) {
	c, f := checker(script([]probe.Result{up}, []probe.Result{up}))
	b.ReportAllocs()
	for b.Loop() {
		_, err := c.Check(b.Context(), contract.CheckEvent{Probes: 1}, "request")
		require.NoError(b, err)
		f.prober.asked, f.samples.got = nil, nil
		f.out.Reset()
	}
}
