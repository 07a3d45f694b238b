package chronicle

import (
	"fmt"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

// readAlarm is a change of an alarm's state; false for what is no change, or none into ALARM or out of it.
func readAlarm(region string, item cloudwatch.HistoryItem) (Entry, bool) {
	tone := tones[kindOf(item.Old, item.New)]
	if item.Type != cloudwatch.HistoryStateUpdate || tone == Quiet {
		return Entry{}, false
	}
	return Entry{
		Time:   item.Timestamp,
		Source: Alarm,
		Tone:   tone,
		Region: region,
		Lane:   "alarm " + item.AlarmName + " in " + region,
		Text:   fmt.Sprintf("%s → %s", item.Old, item.New),
		Title:  item.AlarmName + " " + string(item.New),
		Detail: item.Reason,
	}, true
}
