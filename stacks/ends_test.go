package stacks

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/internal/graph"
)

// Why an alarm that pages does not say that it is over. What is lost, silent or too old does: people act, and wait for
// it.
const (
	counted   = "it counts what has happened: OK says only that nothing more has"
	symptom   = "a symptom comes and goes, is told whenever it begins anew, and an outage that it belongs to has an end"
	otherwise = "somebody else tells the end: the first watcher of an observer, or a certificate, a day before its alarm"
)

// endsUntold are the alarms that do not say that they are over, by how their names end.
var endsUntold = map[string][]string{
	counted: {
		"-undelivered", "-events-parked", "-forward-lost", "-dead-letters", "-backup-failed", "-backup-aborted",
		"-backup-expired", "-copy-failed", "-test-failed",
	},
	symptom: {
		"-errors", "-throttles", "-failed-invocations", "-latency", "-conflicts", "-marker-age", "-query-timeouts",
		"-breaker-open", "-outbox-age", "-replication-delay", "-unavailable", "-livez-refused",
	},
	otherwise: {"-unheard-told", "-expiry"},
}

// whyNoEnd is the reason why an alarm does not say that it is over; "" if it has none.
func whyNoEnd(alarm graph.Resource) string {
	for why, names := range endsUntold {
		if slices.ContainsFunc(names, func(end string) bool { return strings.HasSuffix(alarm.Name, end) }) {
			return why
		}
	}
	return ""
}

func TestEveryAlarmThatPagesSaysThatItIsOverUnlessThereIsAReason(t *testing.T) {
	variants(t, nil, func(t *testing.T, g *graph.Graph) {
		used := map[string]bool{}
		for _, typ := range alarmTypes {
			for _, alarm := range g.Of(typ) {
				if !alarm.Inputs.HasValue("alarmActions") {
					continue
				}
				why := whyNoEnd(alarm)
				used[why] = true
				assert.NotEqual(t, alarm.Inputs.HasValue("okActions"), why != "",
					"%s says its end, or there is a reason why not, and not both", alarm.Name)
			}
		}
		assert.True(t, used[counted] && used[symptom] && used[otherwise] && used[""])
	})
}
