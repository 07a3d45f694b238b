package console

import (
	"cmp"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/cloudwatch"
)

// shownHistory is how many changes of an alarm's state the page gets.
const shownHistory = 10

// alarmView is an alarm with its latest changes of state, newest first.
type alarmView struct {
	ARN         string           `json:"arn"`
	Name        string           `json:"name"`
	Region      string           `json:"region"`
	Composite   bool             `json:"composite"`
	Description string           `json:"description,omitempty"`
	State       cloudwatch.State `json:"state"`
	Reason      string           `json:"reason"`
	Since       time.Time        `json:"since"`
	Tells       bool             `json:"tells"` // has actions for ALARM
	// Unknown says why the alarm is not evaluated: its state is the last there was. "" if it is.
	Unknown string             `json:"unknown,omitempty"`
	History []alarmHistoryView `json:"history"`
}

type alarmHistoryView struct {
	Time time.Time        `json:"time"`
	From cloudwatch.State `json:"from"`
	To   cloudwatch.State `json:"to"`
	Why  string           `json:"why"`
}

// viewAlarms lists the alarms of a region: composite ones first, then by name.
func viewAlarms(region *aws.Region, history []cloudwatch.HistoryItem) []alarmView {
	changes := map[string][]alarmHistoryView{}
	for _, item := range slices.Backward(history) {
		if item.Type == cloudwatch.HistoryStateUpdate && len(changes[item.AlarmName]) < shownHistory {
			changes[item.AlarmName] = append(
				changes[item.AlarmName],
				alarmHistoryView{item.Timestamp, item.Old, item.New, item.Reason},
			)
		}
	}
	unknown := reasonOf(region.Available("cloudwatch"))
	var views []alarmView
	add := func(name, arn, description string, composite, tells bool) {
		status, err := region.CloudWatch.AlarmStatus(name)
		if err != nil {
			return // deleted since it was listed
		}
		views = append(views, alarmView{
			ARN:         arn,
			Name:        name,
			Region:      region.Name,
			Composite:   composite,
			Description: description,
			State:       status.Value,
			Reason:      status.Reason,
			Since:       status.TransitionedAt,
			Tells:       tells,
			Unknown:     unknown,
			History:     changes[name],
		})
	}
	for _, a := range region.CloudWatch.CompositeAlarms() {
		add(a.AlarmName, a.Arn, a.AlarmDescription, true, len(a.AlarmActions) > 0)
	}
	for _, a := range region.CloudWatch.MetricAlarms() {
		add(a.Name, a.Arn, a.AlarmDescription, false, len(a.AlarmActions) > 0)
	}
	slices.SortStableFunc(views, func(a, b alarmView) int { return cmp.Compare(urgency[a.State], urgency[b.State]) })
	return views
}

// reasonOf is why something cannot be asked; "" if it can.
func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// urgency orders alarms for whoever reads them.
var urgency = map[cloudwatch.State]int{
	cloudwatch.StateAlarm:            0,
	cloudwatch.StateInsufficientData: 1,
	cloudwatch.StateOK:               2,
}
