package gotest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const output = `goos: linux
goarch: amd64
pkg: example.org/lambda/internal/service
cpu: Some CPU @ 2.50GHz
BenchmarkWrite/plain-2     	     312	    41.50 overhead-%	    1200 handler-p50-µs	   10240 B/op	    120 allocs/op
BenchmarkWrite/encrypted-2     	     300	        -0.5000 overhead-%
PASS
ok  	example.org/lambda/internal/service	5.1s
pkg: example.org/lambda/internal/breaker
BenchmarkDo     	 7000000	       167.0 ns/op	       0 B/op	       0 allocs/op
PASS
`

func TestFiguresAreFoundByPackageBenchmarkAndUnit(t *testing.T) {
	f, err := Parse([]byte(output))
	require.NoError(t, err)
	assert.Equal(t, 41.5, f.Of("service.Write/plain", "overhead-%"))
	assert.Equal(t, 1200.0, f.Of("service.Write/plain", "handler-p50-µs"))
	assert.Equal(t, 120.0, f.Of("service.Write/plain", "allocs/op"))
	assert.Equal(t, -0.5, f.Of("service.Write/encrypted", "overhead-%"))
	assert.Equal(t, 167.0, f.Of("breaker.Do", "ns/op"), "without GOMAXPROCS behind the name")
	assert.NoError(t, f.Missing())
}

func TestWhatIsMissingIsTold(t *testing.T) {
	f, err := Parse([]byte(output))
	require.NoError(t, err)
	assert.Zero(t, f.Of("breaker.Undo", "ns/op"))
	assert.Zero(t, f.Of("breaker.Do", "MB/s"))
	assert.EqualError(
		t,
		f.Missing(),
		"benchmark breaker.Undo has not reported ns/op\nbenchmark breaker.Do has not reported MB/s",
	)
}

func TestALineThatIsCutOffIsAnError(t *testing.T) {
	for _, line := range []string{"BenchmarkDo-2 10 167.0", "BenchmarkDo-2 10 fast ns/op"} {
		_, err := Parse([]byte(line))
		assert.ErrorContains(t, err, line)
	}
}
