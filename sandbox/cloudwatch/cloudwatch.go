// Package cloudwatch is the sandbox's CloudWatch: a metric store, metric alarms with missing-data rules and metric
// math, composite alarms, and dashboards. Nothing happens by itself: Tick evaluates the alarms, on the sandbox's clock.
package cloudwatch

import (
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/internal/table"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sns"
)

// Resolution is the time between two ticks: high-resolution alarms are evaluated every ten seconds, the others every
// minute (CloudWatch User Guide, "Alarm evaluation").
const Resolution = 10 * time.Second

// Service is the CloudWatch of one region. Create it with New; it is safe for concurrent use.
type Service struct {
	env    *region.Env
	topics *sns.Service

	mu         sync.Mutex
	metrics    map[string]*metric // by Metric.key
	alarms     map[string]*metricAlarm
	composites map[string]*compositeAlarm
	history    []HistoryItem
	dashboards table.Table[Dashboard]
}

// New returns the CloudWatch of a region; alarms notify its topics.
func New(env *region.Env, topics *sns.Service) *Service {
	return &Service{
		env: env, topics: topics,
		metrics: map[string]*metric{}, alarms: map[string]*metricAlarm{}, composites: map[string]*compositeAlarm{},
	}
}

// Tick evaluates the alarms that are due at a time that is a multiple of Resolution, and runs the actions of those that
// changed state. In a region that is down nothing is evaluated.
func (s *Service) Tick(now time.Time) {
	if s.env.Available("cloudwatch") != nil {
		return
	}
	for _, t := range s.evaluateAll(now) {
		s.act(t)
	}
}

func (s *Service) evaluateAll(now time.Time) []transition {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Truncate(time.Minute).Equal(now) {
		s.forgetOld(now)
	}
	return append(s.evaluateMetricAlarms(now), s.evaluateComposites(now)...)
}
