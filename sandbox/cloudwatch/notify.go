package cloudwatch

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/must"
	"aurora-dsql-dr/sandbox/sns"
)

// act publishes a change of state to the alarm's topics, as CloudWatch and with the condition keys it brings
// (CloudWatch User Guide, "Preventing confused deputy security issues"). What fails is in the history and in the
// topic's failures, and nowhere else: on AWS too.
func (s *Service) act(t transition) {
	if !t.enabled {
		return
	}
	for _, topic := range t.actions {
		_, err := s.topics.Publish(iam.ServicePrincipal("cloudwatch.amazonaws.com"), sns.Publication{
			TopicARN: topic, Subject: s.subject(t), Message: s.message(t),
		}, iam.Context{
			"aws:SourceArn": s.env.ARN("cloudwatch", "alarm:"+t.name), "aws:SourceAccount": s.env.Account,
			"aws:SourceOwner": s.env.Account, "aws:SecureTransport": "true",
		})
		summary := "Successfully executed action " + topic
		if err != nil {
			summary = fmt.Sprintf("Failed to execute action %s. Received error: %q", topic, err)
		}
		s.mu.Lock()
		s.record(HistoryItem{AlarmName: t.name, Type: HistoryAction, Summary: summary}, t.at)
		s.mu.Unlock()
	}
}

// subject is `ALARM: "name" in US East (N. Virginia)`, the name cut so that SNS takes it.
func (s *Service) subject(t transition) string {
	const limit = 99
	rest := fmt.Sprintf(`%s: "" in %s`, t.to, s.env.DisplayName())
	name := t.name
	if surplus := len(rest) + len(name) - limit; surplus > 0 {
		name = name[:len(name)-surplus-3] + "..."
	}
	return fmt.Sprintf(`%s: "%s" in %s`, t.to, name, s.env.DisplayName())
}

// The notification has the fields of "Schema of Amazon SNS notifications when alarms change state".
type notification struct {
	AlarmName                          string
	AlarmDescription                   *string
	AWSAccountID                       string `json:"AWSAccountId"`
	AlarmConfigurationUpdatedTimestamp string `json:",omitempty"`
	NewStateValue                      State
	NewStateReason                     string
	StateChangeTime                    string
	Region                             string
	AlarmArn                           string
	OldStateValue                      State
	OKActions                          []string
	AlarmActions                       []string
	InsufficientDataActions            []string
	Trigger                            *trigger          `json:",omitempty"`
	AlarmRule                          string            `json:",omitempty"`
	TriggeringChildren                 []triggeringChild `json:",omitempty"`
}

type trigger struct {
	MetricName                       string          `json:",omitempty"`
	Namespace                        string          `json:",omitempty"`
	StatisticType                    string          `json:",omitempty"`
	Statistic                        string          `json:",omitempty"`
	ExtendedStatistic                string          `json:",omitempty"`
	Unit                             json.RawMessage `json:",omitempty"` // null for a metric without unit
	Dimensions                       []dimension     `json:",omitempty"`
	Metrics                          []metricEntry   `json:",omitempty"`
	Period                           int
	EvaluationPeriods                int
	DatapointsToAlarm                int
	ComparisonOperator               string
	Threshold                        float64
	TreatMissingData                 string
	EvaluateLowSampleCountPercentile string
}

type dimension struct {
	Value string `json:"value"`
	Name  string `json:"name"`
}

type metricEntry struct {
	ID         string     `json:"Id"`
	Expression string     `json:",omitempty"`
	Label      string     `json:",omitempty"`
	MetricStat *entryStat `json:",omitempty"`
	ReturnData bool
}

type entryStat struct {
	Metric struct {
		Dimensions []dimension
		MetricName string
		Namespace  string
	}
	Period int
	Stat   string
}

type triggeringChild struct {
	Arn   string
	State struct {
		Value     State
		Timestamp string
	}
}

func (s *Service) message(t transition) string {
	n := notification{
		AlarmName:       t.name,
		AWSAccountID:    s.env.Account,
		NewStateValue:   t.to,
		NewStateReason:  t.reason,
		StateChangeTime: stamp(t.at),
		Region:          s.env.DisplayName(),
		AlarmArn:        s.env.ARN("cloudwatch", "alarm:"+t.name),
		OldStateValue:   t.from,
	}
	switch a := t.alarm.(type) {
	case MetricAlarm:
		n.AlarmDescription = optional(a.AlarmDescription)
		n.AlarmConfigurationUpdatedTimestamp = stamp(t.config)
		n.OKActions = orEmpty(a.OkActions)
		n.AlarmActions = orEmpty(a.AlarmActions)
		n.InsufficientDataActions = orEmpty(a.InsufficientDataActions)
		n.Trigger = triggerOf(a)
	case CompositeAlarm:
		n.AlarmDescription = optional(a.AlarmDescription)
		n.OKActions = orEmpty(a.OkActions)
		n.AlarmActions = orEmpty(a.AlarmActions)
		n.InsufficientDataActions = orEmpty(a.InsufficientDataActions)
		n.AlarmRule = a.AlarmRule
		for _, c := range t.children {
			entry := triggeringChild{Arn: c.arn}
			entry.State.Value, entry.State.Timestamp = c.state, stamp(c.since)
			n.TriggeringChildren = append(n.TriggeringChildren, entry)
		}
	}
	return string(must.JSON(n))
}

func triggerOf(a MetricAlarm) *trigger {
	t := &trigger{
		EvaluationPeriods:  a.EvaluationPeriods,
		DatapointsToAlarm:  a.datapointsToAlarm(),
		ComparisonOperator: a.ComparisonOperator,
		Threshold:          *a.Threshold,
		TreatMissingData:   a.TreatMissingData,
		Period:             a.Period,
	}
	if len(a.MetricQueries) == 0 {
		t.MetricName = a.MetricName
		t.Namespace = a.Namespace
		t.Dimensions = dimensions(a.Dimensions)
		t.Unit = json.RawMessage("null")
		if a.Unit != "" {
			t.Unit = json.RawMessage(strconv.Quote(a.Unit))
		}
		t.StatisticType, t.Statistic = "Statistic", strings.ToUpper(a.Statistic)
		if a.ExtendedStatistic != "" {
			t.StatisticType, t.ExtendedStatistic = "ExtendedStatistic", a.ExtendedStatistic
		}
		return t
	}
	for _, q := range a.queries() {
		entry := metricEntry{
			ID:         q.ID,
			Expression: q.Expression,
			Label:      q.Label,
			ReturnData: *q.ReturnData,
		}
		if q.Metric != nil {
			entry.MetricStat = &entryStat{Period: q.Metric.Period, Stat: q.Metric.Stat}
			entry.MetricStat.Metric.Dimensions = dimensions(q.Metric.Dimensions)
			entry.MetricStat.Metric.MetricName, entry.MetricStat.Metric.Namespace = q.Metric.MetricName, q.Metric.Namespace
			t.Period = q.Metric.Period
		}
		t.Metrics = append(t.Metrics, entry)
	}
	return t
}

func dimensions(byName map[string]string) []dimension {
	var all []dimension
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, dimension{Value: byName[name], Name: name})
	}
	return all
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func orEmpty(actions []string) []string {
	if actions == nil {
		return []string{}
	}
	return actions
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000-0700") }
