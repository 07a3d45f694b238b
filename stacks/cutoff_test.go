package stacks

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/lambda/contract"
)

// From inside, a region that is cut off looks like the last one left. It says so once it has heard nobody for five
// runs, wherever in a minute its own run ends: the sample of a run comes when the next one has begun. Three minutes are
// a blip.
func TestARegionThatHearsNobodySaysSoHoweverLateItsSamples(t *testing.T) {
	const alone = "secondary-endpoint-alarms-alone"
	for _, late := range []time.Duration{0, 30 * time.Second, 90 * time.Second} {
		for minutes, raised := range map[int]bool{3: false, 10: true} {
			t.Run(fmt.Sprintf("%v late, cut off for %d minutes", late, minutes), func(t *testing.T) {
				l := live(t, nil, time.Minute, 15*time.Second, late, 0)
				const begins = 15
				within := func(minute int) bool { return minute >= begins && minute < begins+minutes }
				l.cutOff = func(minute int, observer, region string) bool {
					return within(minute) && observer != region && slices.Contains([]string{observer, region}, "us-east-2")
				}
				l.amiss = func(minute int, metric string, d map[string]string) (float64, bool, bool) {
					lost := metric == contract.MetricEndpointUnreachable && d[contract.DimensionObserver] == "us-east-2" &&
						d[contract.DimensionRegion] == "us-east-1"
					return 1, true, lost && within(minute)
				}
				l.pass(t, 40, 1)
				if !raised {
					assert.Empty(t, l.raised[alone])
					return
				}
				if assert.Len(t, l.raised[alone], 1) {
					assert.LessOrEqual(t, l.raised[alone][0], begins+9)
				}
			})
		}
	}
}
