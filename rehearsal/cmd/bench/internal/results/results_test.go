package results

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFiguresStandBelowEachOther(t *testing.T) {
	var out strings.Builder
	require.NoError(t, Table{
		Title: "Functions",
		Rows: [][]string{
			{"function", "call", "peak memory"},
			{"processor", Millis(1234 * time.Microsecond), Bytes(23_456_789)},
			{"migrate", Millis(250 * time.Millisecond), Bytes(9_000_000)},
			{"naïve", Millis(0), ""},
		},
		Note: "Medians.",
	}.Write(&out))
	assert.Equal(t, `
Functions
  function        call  peak memory
  processor    1.23 ms      23.5 MB
  migrate    250.00 ms       9.0 MB
  naïve        0.00 ms
Medians.
`, out.String())
}

func TestWhatTakesTimeShowsThatItGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		done := Begin(&out, "Deploying")
		time.Sleep(3*time.Second + 500*time.Millisecond)
		done()
		assert.Equal(t, "Deploying ... 3.5 s\n", out.String())
	})
}

func TestUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:           "0s",
		153:         "153ns",
		6552:        "6.55µs",
		15_630_925:  "15.6ms",
		999_600_000: "1s",
	} {
		assert.Equal(t, want, Duration(d))
	}
	for n, want := range map[int64]string{
		0:          "0 B",
		999:        "999 B",
		5008:       "5.0 kB",
		930_223:    "930.2 kB",
		23_456_789: "23.5 MB",
	} {
		assert.Equal(t, want, Bytes(n))
	}
}
