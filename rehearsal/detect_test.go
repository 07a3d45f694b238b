package rehearsal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestADistributionIsItsLeastMiddleAndGreatest(t *testing.T) {
	const s = time.Second
	assert.Equal(t, Distribution{1 * s, 3 * s, 9 * s}, Distribute([]time.Duration{9 * s, 1 * s, 3 * s}))
	assert.Equal(
		t,
		Distribution{1 * s, 4 * s, 9 * s},
		Distribute([]time.Duration{9 * s, 5 * s, 1 * s, 3 * s}),
		"or between two",
	)
	assert.Equal(t, Distribution{s, s, s}, Distribute([]time.Duration{s}))
}
