package contract

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestARunMakesAsManyRoundsAsFitItsWindow(t *testing.T) {
	for _, tt := range []struct {
		intent                    string
		schedule, limit, interval time.Duration
		want                      int
	}{
		{"The default.", time.Minute, time.Minute, 15 * time.Second, 4},
		{"What is left of the window is a pause.", time.Minute, time.Minute, 25 * time.Second, 2},
		{"A rare run is no longer than the limit.", time.Hour, time.Minute, 15 * time.Second, 4},
		{"A frequent one ends before the next.", 6 * time.Second, time.Minute, 1500 * time.Millisecond, 4},
		{"One round is made in any case.", time.Minute, 30 * time.Second, time.Minute, 1},
	} {
		assert.Equal(t, tt.want, Rounds(tt.schedule, tt.limit, tt.interval), tt.intent)
	}
}
