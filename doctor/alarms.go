package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// alarms are those of the stack in a region, as they are there.
type alarms struct {
	wanted    []string
	metric    []types.MetricAlarm
	composite []types.CompositeAlarm
}

// perCall is how many alarms one call may name (CloudWatch API Reference, DescribeAlarms).
const perCall = 100

// alarmsIn are the stack's alarms in a region, which are read once.
func (s *stack) alarmsIn(ctx context.Context, region string) (alarms, error) {
	s.reading.Lock()
	read, begun := s.alarmed[region]
	if !begun {
		read = sync.OnceValues(func() (alarms, error) { return s.readAlarms(ctx, region) })
		s.alarmed[region] = read
	}
	s.reading.Unlock()
	return read()
}

func (s *stack) readAlarms(ctx context.Context, region string) (alarms, error) {
	found := alarms{wanted: s.deployed.AlarmNames[region]}
	client := cloudwatch.NewFromConfig(s.in(region))
	for names := range slices.Chunk(found.wanted, perCall) {
		pages := cloudwatch.NewDescribeAlarmsPaginator(client, &cloudwatch.DescribeAlarmsInput{
			AlarmNames: names,
			AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return alarms{}, err
			}
			found.metric = append(found.metric, page.MetricAlarms...)
			found.composite = append(found.composite, page.CompositeAlarms...)
		}
	}
	return found, nil
}

// state is an alarm's, whether its actions run, and whether it has any: those that others read tell nobody.
type state struct {
	value   types.StateValue
	enabled bool
	tells   bool
}

// states are by name.
func (a alarms) states() map[string]state {
	all := map[string]state{}
	for _, m := range a.metric {
		all[aws.ToString(m.AlarmName)] = state{m.StateValue, aws.ToBool(m.ActionsEnabled), len(m.AlarmActions) > 0}
	}
	for _, c := range a.composite {
		all[aws.ToString(c.AlarmName)] = state{c.StateValue, aws.ToBool(c.ActionsEnabled), len(c.AlarmActions) > 0}
	}
	return all
}

// judged asks in each region what is wrong with its alarms. The format of a good answer has their number.
func (s *stack) judged(ctx context.Context, well string, judge func(alarms) []string) []answer {
	return inRegions(s.regions(), func(region string) ([]answer, error) {
		found, err := s.alarmsIn(ctx, region)
		if err != nil {
			return nil, err
		}
		return one(sound(region, judge(found), well, len(found.wanted)), nil)
	})
}

var alarmsThere = check{
	id:    "alarms",
	asked: "Are all alarms there, with their actions enabled?",
	why:   "An alarm that somebody has deleted or muted pages nobody.",
	do:    "make up makes them again; aws cloudwatch enable-alarm-actions lets them speak.",
	look: func(ctx context.Context, s *stack) []answer {
		return s.judged(ctx, "all %d alarms are", func(found alarms) (faults []string) {
			states := found.states()
			for _, name := range found.wanted {
				if is, there := states[name]; !there {
					faults = append(faults, name+" is gone")
				} else if !is.enabled {
					faults = append(faults, name+" is muted")
				}
			}
			return faults
		})
	},
}

var alarmsQuiet = check{
	id:    "alarms-quiet",
	asked: "Is no alarm that tells people in ALARM?",
	why:   "What is in ALARM now pages nobody again when it breaks once more.",
	do:    "Follow the runbook that the alarm's description names.",
	look: func(ctx context.Context, s *stack) []answer {
		return s.judged(ctx, "none of %d alarms is", func(found alarms) (loud []string) {
			states := found.states()
			for _, name := range sorted(states) {
				if states[name].tells && states[name].value == types.StateValueAlarm {
					loud = append(loud, name)
				}
			}
			return loud
		})
	},
}

var alarmsFed = check{
	id:    "alarms-fed",
	asked: "Has every alarm that waits for data had some, of exactly its dimensions?",
	why:   "An alarm on a metric that nobody publishes stays in INSUFFICIENT_DATA for ever, and pages nobody.",
	do: "Within minutes of a deployment, ask again. Later, compare the alarm's dimensions with aws cloudwatch " +
		"list-metrics, and tell the authors.",
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.regions(), func(region string) ([]answer, error) {
			found, err := s.alarmsIn(ctx, region)
			if err != nil {
				return nil, err
			}
			client := cloudwatch.NewFromConfig(s.in(region))
			var starved []string
			for _, m := range found.metric {
				if m.StateValue != types.StateValueInsufficientData {
					continue
				}
				for _, metric := range metricsOf(m) {
					there, _, err := published(ctx, client, metric)
					if err != nil {
						return nil, err
					}
					if !there {
						starved = append(starved, fmt.Sprintf("%s: nobody has published %s of %v", aws.ToString(m.AlarmName),
							aws.ToString(metric.MetricName), dimensions(metric.Dimensions)))
					}
				}
			}
			if len(starved) > 0 {
				return one(bad(region, "%s", strings.Join(starved, "; ")), nil)
			}
			return one(good(region, "yes"), nil)
		})
	},
}

// databaseNamespace is Aurora DSQL's own.
const databaseNamespace = "AWS/AuroraDSQL"

var databaseMetrics = check{
	id:    "database-metrics",
	asked: "Does Aurora DSQL publish what alarms ask it for, by their dimension?",
	why: "AWS's pages name two dimensions, ClusterId and ResourceId. An alarm on the wrong one sees nothing, is quiet, " +
		"and looks healthy.",
	do: "Within half an hour of a deployment, ask again. Later, tell the authors what list-metrics shows; until then " +
		"watch latency and conflicts by hand.",
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.data(), func(region string) ([]answer, error) {
			found, err := s.alarmsIn(ctx, region)
			if err != nil {
				return nil, err
			}
			asked := map[string]types.Metric{}
			for _, m := range found.metric {
				for _, metric := range metricsOf(m) {
					if aws.ToString(metric.Namespace) == databaseNamespace {
						asked[aws.ToString(metric.MetricName)] = metric
					}
				}
			}
			return one(recognised(ctx, cloudwatch.NewFromConfig(s.in(region)), region, asked))
		})
	},
}

// recognised answers whether metrics are published by the dimension that is asked for. One that nothing has happened
// for may never have been published; of all together that is a fault.
func recognised(
	ctx context.Context, client *cloudwatch.Client, region string, asked map[string]types.Metric,
) (answer, error) {
	var there, faults []string
	for _, name := range sorted(asked) {
		exactly, otherwise, err := published(ctx, client, asked[name])
		switch {
		case err != nil:
			return answer{}, err
		case exactly:
			there = append(there, name)
		case otherwise != "":
			faults = append(faults, fmt.Sprintf("%s is published by %s, and asked for by %s", name, otherwise,
				strings.Join(sorted(dimensions(asked[name].Dimensions)), ", ")))
		}
	}
	switch {
	case len(faults) > 0:
		return bad(region, "%s", strings.Join(faults, "; ")), nil
	case len(there) == 0:
		return bad(region, "nothing is published of %s", strings.Join(sorted(asked), ", ")), nil
	default:
		return good(region, "yes: %s", strings.Join(there, ", ")), nil
	}
}

// metricsOf are the metrics that an alarm reads, itself or by metric math.
func metricsOf(alarm types.MetricAlarm) (metrics []types.Metric) {
	if alarm.MetricName != nil {
		metrics = append(metrics, types.Metric{
			Namespace:  alarm.Namespace,
			MetricName: alarm.MetricName,
			Dimensions: alarm.Dimensions,
		})
	}
	for _, query := range alarm.Metrics {
		if query.MetricStat != nil {
			metrics = append(metrics, *query.MetricStat.Metric)
		}
	}
	return metrics
}

// published tells whether a metric has had samples of exactly its dimensions, within the two weeks that ListMetrics
// knows of, and else by which other dimension the same value is known.
func published(
	ctx context.Context, client *cloudwatch.Client, m types.Metric,
) (exactly bool, otherwise string, err error) {
	wanted := dimensions(m.Dimensions)
	pages := cloudwatch.NewListMetricsPaginator(client, &cloudwatch.ListMetricsInput{
		Namespace:  m.Namespace,
		MetricName: m.MetricName,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, "", err
		}
		for _, listed := range page.Metrics {
			there := dimensions(listed.Dimensions)
			if maps.Equal(there, wanted) {
				return true, "", nil
			}
			for name, value := range there {
				if _, asked := wanted[name]; !asked && slices.Contains(slices.Collect(maps.Values(wanted)), value) {
					otherwise = name
				}
			}
		}
	}
	return false, otherwise, nil
}

func dimensions(list []types.Dimension) map[string]string {
	all := map[string]string{}
	for _, d := range list {
		all[aws.ToString(d.Name)] = aws.ToString(d.Value)
	}
	return all
}
