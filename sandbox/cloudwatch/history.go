package cloudwatch

import (
	"fmt"
	"slices"
	"time"
)

// Types of history items.
const (
	HistoryConfigurationUpdate = "ConfigurationUpdate"
	HistoryStateUpdate         = "StateUpdate"
	HistoryAction              = "Action"
)

// HistoryItem is something that happened to an alarm. The history of a deleted alarm stays.
type HistoryItem struct {
	AlarmName string
	AlarmType string // MetricAlarm or CompositeAlarm
	Timestamp time.Time
	Type      string
	Summary   string
	Old, New  State  // of a StateUpdate
	Reason    string // of a StateUpdate
}

// maxHistory bounds the history of a region; the oldest items go first.
const maxHistory = 10_000

func (s *Service) record(item HistoryItem, now time.Time) {
	item.Timestamp = now
	if item.AlarmType == "" {
		item.AlarmType = "MetricAlarm"
		if _, composite := s.composites[item.AlarmName]; composite {
			item.AlarmType = "CompositeAlarm"
		}
	}
	s.history = append(s.history, item)
	if surplus := len(s.history) - maxHistory; surplus > 0 {
		s.history = slices.Delete(s.history, 0, surplus)
	}
}

func (s *Service) configured(name, kind string, existed bool, now time.Time) {
	what := "created"
	if existed {
		what = "updated"
	}
	s.record(HistoryItem{
		AlarmName: name,
		AlarmType: kind,
		Type:      HistoryConfigurationUpdate,
		Summary:   fmt.Sprintf("Alarm %q %s", name, what),
	}, now)
}

// History returns what happened to an alarm ("" for all), oldest first.
func (s *Service) History(name string) []HistoryItem {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(
		slices.Clone(s.history),
		func(i HistoryItem) bool { return name != "" && i.AlarmName != name },
	)
}
