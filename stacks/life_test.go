package stacks

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sns"
)

// life is a deployed stack that does its work: its alarms, evaluated by the sandbox's CloudWatch, and the samples that
// a system with its configuration publishes.
type life struct {
	regions           map[string]*cloudwatch.Service
	observers         []string
	clusters          map[string]string // identifiers by data region
	schedule, between time.Duration
	requests          float64 // a minute
	// late is how long a sample takes to CloudWatch, from the end of its run.
	late  time.Duration
	start time.Time
	// last is when a marker was last written through each endpoint.
	last map[string]time.Time
	// pending are samples on their way, raised the times that each alarm went into ALARM, in minutes since the start.
	pending []arrival
	raised  map[string][]int
	states  map[string]cloudwatch.State
	// amiss changes what is published of a run or a minute; nil if all is well.
	amiss func(minute int, metric string, dimensions map[string]string) (value float64, published, changed bool)
	// cutOff says that the observer does not get through to the region; never if all is well.
	cutOff func(minute int, observer, region string) bool
}

type arrival struct {
	at        time.Time
	region    string
	namespace string
	datum     cloudwatch.Datum
}

// live deploys a stack and returns it before its first minute.
func live(t *testing.T, changes map[string]string, schedule, between, late time.Duration, requests float64) *life {
	t.Helper()
	g := deployed(t, "dev", changes)
	l := &life{
		regions:   map[string]*cloudwatch.Service{},
		clusters:  map[string]string{},
		schedule:  schedule,
		between:   between,
		late:      late,
		requests:  requests,
		start:     time.Now().Add(-10 * 24 * time.Hour).Truncate(time.Hour),
		last:      map[string]time.Time{},
		raised:    map[string][]int{},
		states:    map[string]cloudwatch.State{},
		observers: []string{"us-east-1", "us-east-2", "us-west-2"},
		cutOff:    func(int, string, string) bool { return false },
	}
	clk := clock.New(1)
	identities := iam.New("123456789012", clk)
	for _, name := range l.observers {
		env := region.New(name, "123456789012", clk)
		l.regions[name] = cloudwatch.New(env, sns.New(env, identities, kms.New(env, identities), nil, &sns.Inbox{}))
	}
	for _, c := range g.Of("aws:dsql/cluster:Cluster") {
		l.clusters[c.Region] = c.State["identifier"].StringValue()
	}
	for _, alarm := range g.Of(alarmTypes[0]) {
		var a cloudwatch.MetricAlarm
		body, err := json.Marshal(alarm.Inputs.Mappable())
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(body, &a))
		a.Name = alarm.Name
		_, err = l.regions[alarm.Region].PutMetricAlarm(a)
		require.NoError(t, err)
	}
	l.firstChecks()
	return l
}

// firstChecks are the samples of the runs that the deployment makes. Those of the observers, which put them themselves,
// are there when the alarms are; what AWS counts, or reads from logs, comes when it comes.
func (l *life) firstChecks() {
	l.minute(-1)
	late := l.late
	l.late = 0
	l.sweep(l.start.Add(-time.Second))
	for _, observer := range l.observers {
		l.run(observer, l.start.Add(-time.Second), 1)
	}
	l.late = late
}

// pass lets minutes pass and evaluates the alarms after every step of them.
func (l *life) pass(t *testing.T, minutes, step int) {
	t.Helper()
	for minute := range minutes {
		now := l.start.Add(time.Duration(minute) * time.Minute)
		if minute%int(l.schedule.Minutes()) == 0 && minute > 0 {
			for i, observer := range l.observers {
				// EventBridge keeps a phase of its own for each rule; the second two begin within one minute and end in the next.
				l.run(observer, now.Add([]time.Duration{0, 40 * time.Second, 41 * time.Second}[i]), l.probes())
			}
		}
		l.minute(minute)
		evaluated := now.Add(time.Minute)
		l.deliver(t, evaluated)
		if minute%step != 0 {
			continue
		}
		for name, service := range l.regions {
			service.Tick(evaluated)
			for _, a := range service.MetricAlarms() {
				l.observe(t, service, name+"/"+a.Name, a, minute)
			}
		}
	}
}

func (l *life) observe(t *testing.T, service *cloudwatch.Service, key string, a cloudwatch.MetricAlarm, minute int) {
	t.Helper()
	status, err := service.AlarmStatus(a.Name)
	require.NoError(t, err)
	before, known := l.states[key]
	raised := status.Value == cloudwatch.StateAlarm ||
		status.Value == cloudwatch.StateInsufficientData && known && len(a.InsufficientDataActions) > 0
	if raised && status.Value != before {
		l.raised[a.Name] = append(l.raised[a.Name], minute)
	}
	l.states[key] = status.Value
}

// probes is how many there are in a run, which lasts a minute at most.
func (l *life) probes() int { return contract.Rounds(l.schedule, contract.LongestRun, l.between) }

// run is a run of an observer: markers through both endpoints with every probe, samples of its beginning at its end.
func (l *life) run(observer string, from time.Time, probes int) {
	ages := map[string][]float64{}
	for i := range probes {
		now := from.Add(time.Duration(i) * l.between)
		for endpoint := range l.clusters {
			for other := range l.clusters {
				if at, ok := l.last[other]; ok && other != endpoint {
					ages[endpoint] = append(ages[endpoint], now.Sub(at).Seconds())
				}
			}
		}
		for endpoint := range l.clusters {
			l.last[endpoint] = now
		}
	}
	lasts := time.Duration(probes-1)*l.between + time.Second
	for endpoint, cluster := range l.clusters {
		dimensions := contract.ObserverDimensions(cluster, endpoint, observer)
		publish := func(region, metric string, values ...float64) {
			if !l.cutOff(int(from.Add(lasts).Sub(l.start)/time.Minute), observer, region) {
				l.publish(region, contract.MetricNamespace, metric, dimensions, from, lasts, values...)
			}
		}
		for data := range l.clusters {
			publish(data, contract.MetricEndpointUnreachable, 0)
		}
		dimensions = contract.ClusterDimensions(cluster, endpoint)
		for data := range l.clusters {
			publish(data, contract.MetricBackupAge, 12)
		}
		dimensions = contract.ObserverDimensions(cluster, endpoint, observer)
		publish(observer, contract.MetricMarkerAge, ages[endpoint]...)
		publish(observer, contract.MetricCommitLatency, 90)
		for data := range l.clusters {
			if data != endpoint {
				publish(data, contract.MetricEndpointUnfit, 0)
			}
		}
	}
}

// minute publishes what AWS and the application do, for every metric that an alarm looks at.
func (l *life) minute(minute int) {
	now := l.start.Add(time.Duration(minute)*time.Minute + 30*time.Second)
	if minute > 0 && minute%60 == 0 {
		l.sweep(now)
	}
	for name, service := range l.regions {
		seen := map[string]bool{}
		for _, a := range service.MetricAlarms() {
			for _, m := range looksAt(a) {
				if key := fmt.Sprint(m); m.Namespace != contract.MetricNamespace && !seen[key] {
					seen[key] = true
					l.publish(name, m.Namespace, m.MetricName, m.Dimensions, now, 0, l.healthy(m.Namespace+" "+m.MetricName)...)
				}
			}
		}
	}
}

// sweep is what the sweep of each data region says: when a restore test passed last.
func (l *life) sweep(now time.Time) {
	for data := range l.clusters {
		l.publish(data, contract.MetricNamespace, contract.MetricRestoreTestAge,
			map[string]string{contract.DimensionRegion: data}, now, 0, 80)
	}
}

func looksAt(a cloudwatch.MetricAlarm) []cloudwatch.MetricStat {
	if a.MetricName != "" {
		return []cloudwatch.MetricStat{{Namespace: a.Namespace, MetricName: a.MetricName, Dimensions: a.Dimensions}}
	}
	var all []cloudwatch.MetricStat
	for _, q := range a.MetricQueries {
		if q.Metric != nil {
			all = append(all, cloudwatch.MetricStat{
				Namespace:  q.Metric.Namespace,
				MetricName: q.Metric.MetricName,
				Dimensions: q.Metric.Dimensions,
			})
		}
	}
	return all
}

// healthy are the samples of a minute. One request in two hundred fails and one in fifty conflicts; the probe's own
// transactions do not conflict. What AWS counts only when it happens has none.
func (l *life) healthy(metric string) []float64 {
	samples := map[string][]float64{
		"AWS/Lambda Errors":                          {0},
		"AWS/Lambda Throttles":                       {0},
		"AWS/Events FailedInvocations":               nil,
		"AWS/Events InvocationsFailedToBeSentToDlq":  nil,
		"AWS/SQS NumberOfMessagesSent":               {0},
		"AWS/Backup NumberOfBackupJobsFailed":        nil,
		"AWS/Backup NumberOfBackupJobsAborted":       nil,
		"AWS/Backup NumberOfBackupJobsExpired":       nil,
		"AWS/Backup NumberOfCopyJobsFailed":          nil,
		"AWS/States ExecutionsFailed":                nil,
		"AWS/States ExecutionsAborted":               nil,
		"AWS/States ExecutionsTimedOut":              nil,
		"AWS/SNS NumberOfNotificationsFailed":        nil,
		"AWS/AuroraDSQL QueryTimeouts":               {0},
		"AWS/AuroraDSQL OccConflicts":                {(l.requests + 24) / 50},
		"AWS/AuroraDSQL TotalTransactions":           {l.requests + 24},
		"AWS/ApiGateway Count":                       {l.requests},
		"AWS/ApiGateway 4xx":                         {0}, // of /livez, which has none to refuse
		"AWS/ApiGateway 5xx":                         {float64(int(l.requests / 200))},
		"AWS/CertificateManager DaysToExpiry":        {198},
		"Aurora/DSQL/Application TransactionLatency": slices.Repeat([]float64{100}, int(l.requests)),
		"Aurora/DSQL/Application BreakerOpen":        {0},
		"Aurora/DSQL/Application ConflictRetries":    {l.requests / 50},
		"Aurora/DSQL/Application EventsParked":       nil,
		"Aurora/DSQL/Application OutboxAge":          {60},
		"Aurora/DSQL/Application ReplicationDelay":   {2000},
	}
	values, known := samples[metric]
	if !known {
		panic("what does a healthy system publish of " + metric + "?")
	}
	return values
}

// publish sends the samples of a metric on their way, so long after the time that they are of.
func (l *life) publish(
	region, namespace, metric string, dimensions map[string]string, at time.Time, after time.Duration, values ...float64,
) {
	if l.amiss != nil {
		if value, published, changed := l.amiss(int(at.Sub(l.start)/time.Minute), metric, dimensions); changed {
			values = []float64{value}
			if !published {
				return
			}
		}
	}
	if len(values) == 0 {
		return
	}
	datum := cloudwatch.Datum{MetricName: metric, Dimensions: maps.Clone(dimensions), Timestamp: at}
	for _, value := range slices.Compact(slices.Sorted(slices.Values(values))) {
		datum.Values = append(datum.Values, value)
		datum.Counts = append(datum.Counts,
			float64(len(slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v != value }))))
	}
	l.pending = append(l.pending, arrival{at.Add(after + l.late), region, namespace, datum})
}

func (l *life) deliver(t *testing.T, now time.Time) {
	t.Helper()
	l.pending = slices.DeleteFunc(l.pending, func(a arrival) bool {
		if a.at.After(now) {
			return false
		}
		require.NoError(t, l.regions[a.region].Publish(a.namespace, a.datum))
		return true
	})
}
