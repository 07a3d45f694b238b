package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"go.yaml.in/yaml/v3"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/lambda/contract"
)

//go:embed prices.yaml
var priceList []byte

// prices is the dated price list, with the assumptions that a resource graph does not hold.
type prices struct {
	Date   string `yaml:"date"`
	Prices struct {
		KMSKeyMonth              float64 `yaml:"kmsKeyMonth"`
		CustomMetricMonth        float64 `yaml:"customMetricMonth"`
		AlarmMetricMonth         float64 `yaml:"alarmMetricMonth"`
		CompositeAlarmMonth      float64 `yaml:"compositeAlarmMonth"`
		DashboardMonth           float64 `yaml:"dashboardMonth"`
		PutMetricDataThousand    float64 `yaml:"putMetricDataThousand"`
		LambdaRequestMillion     float64 `yaml:"lambdaRequestMillion"`
		LambdaSecondGBArm        float64 `yaml:"lambdaSecondGBArm"`
		LambdaSecondGBX86        float64 `yaml:"lambdaSecondGBX86"`
		LogsIngestedGB           float64 `yaml:"logsIngestedGB"`
		LogsStoredGBMonth        float64 `yaml:"logsStoredGBMonth"`
		XrayTraceMillion         float64 `yaml:"xrayTraceMillion"`
		TransferBetweenRegionsGB float64 `yaml:"transferBetweenRegionsGB"`
		HealthCheckMonth         float64 `yaml:"healthCheckMonth"`
		HealthCheckOptionMonth   float64 `yaml:"healthCheckOptionMonth"`
		HTTPAPIRequestMillion    float64 `yaml:"httpApiRequestMillion"`
		BackupStoredGBMonth      float64 `yaml:"backupStoredGBMonth"`
		BackupRestoredGB         float64 `yaml:"backupRestoredGB"`
		StateTransitionThousand  float64 `yaml:"stateTransitionThousand"`
	} `yaml:"prices"`
	Assumptions struct {
		MonthHours            float64 `yaml:"monthHours"`
		RoundSeconds          float64 `yaml:"roundSeconds"`
		LogBytesPerRun        float64 `yaml:"logBytesPerRun"`
		LogBytesPerProbeFull  float64 `yaml:"logBytesPerProbeFull"`
		TransferBytesPerProbe float64 `yaml:"transferBytesPerProbe"`
		CheckersPerEndpoint   float64 `yaml:"checkersPerEndpoint"`
		LivezSeconds          float64 `yaml:"livezSeconds"`
		LivezLogBytes         float64 `yaml:"livezLogBytes"`
		RouteMetrics          float64 `yaml:"routeMetrics"`

		RestoreMinutesPerTest  float64 `yaml:"restoreMinutesPerTest"`
		RestorePollsPerMinute  float64 `yaml:"restorePollsPerMinute"`
		RestoreTestSteps       float64 `yaml:"restoreTestSteps"`
		RestoreTestStepSeconds float64 `yaml:"restoreTestStepSeconds"`
	} `yaml:"assumptions"`
}

func loadPrices() (p prices, err error) { return p, yaml.Unmarshal(priceList, &p) }

// line is one position of the bill.
type line struct {
	What     string
	Quantity float64
	Unit     string
	Price    float64 // per unit, in dollars
}

func (l line) monthly() float64 { return l.Quantity * l.Price }

// monitorUse is what one observer consumes in a month, read off its function's own configuration.
type monitorUse struct {
	runs, rounds, seconds, memoryGB float64
	targets, metricRegions          float64
	full, arm, traced, routed       bool
	retentionMonths                 float64
}

// bill prices a month of watching, of routing traffic, and of keeping backups of so many GB.
func bill(g *graph.Graph, p prices, gigabytes float64) ([]line, error) {
	monitors, err := monitorUses(g, p)
	if err != nil {
		return nil, err
	}
	return slices.Concat(fixed(g, p), used(monitors, p), routing(g, p), backups(g, p, gigabytes)), nil
}

// fixed is what exists: keys, alarms, the dashboard.
func fixed(g *graph.Graph, p prices) []line {
	alarmMetrics := 0
	for _, alarm := range g.Of("aws:cloudwatch/metricAlarm:MetricAlarm") {
		alarmMetrics += alarmReads(alarm)
	}
	return []line{
		{"KMS keys", float64(len(g.Of("aws:kms/key:Key"))), "keys", p.Prices.KMSKeyMonth},
		{"Alarms", float64(alarmMetrics), "metrics alarmed on", p.Prices.AlarmMetricMonth},
		{"Composite alarms", float64(len(g.Of("aws:cloudwatch/compositeAlarm:CompositeAlarm"))), "alarms",
			p.Prices.CompositeAlarmMonth},
		{"Dashboards", float64(len(g.Of("aws:cloudwatch/dashboard:Dashboard"))), "dashboards", p.Prices.DashboardMonth},
	}
}

// alarmReads is the number of metrics an alarm is charged for: each metric of an expression, else one.
func alarmReads(alarm graph.Resource) int {
	queries := alarm.Inputs["metricQueries"]
	if !queries.IsArray() {
		return 1
	}
	n := 0
	for _, q := range queries.ArrayValue() {
		if q.ObjectValue().HasValue("metric") {
			n++
		}
	}
	return n
}

// used is what runs: functions, metrics, logs, traces, traffic.
func used(monitors []monitorUse, p prices) []line {
	var metrics, puts, runs, armSeconds, x86Seconds, logBytes, storedByteMonths, traces, transferred float64
	for _, m := range monitors {
		probes := m.runs * m.rounds * m.targets
		metrics += m.targets * m.metricRegions // EndpointUnreachable of this observer
		if m.routed {
			metrics += m.targets // EndpointUnfit, of each in the region of the other
		}
		puts += m.runs * m.metricRegions
		runs += m.runs
		seconds := m.runs * m.seconds * m.memoryGB
		bytes := m.runs * p.Assumptions.LogBytesPerRun
		if m.full {
			metrics += 4 * m.targets // three latencies and the marker age
			bytes += probes * p.Assumptions.LogBytesPerProbeFull
		}
		if m.arm {
			armSeconds += seconds
		} else {
			x86Seconds += seconds
		}
		if m.traced {
			traces += m.runs
		}
		logBytes += bytes
		storedByteMonths += bytes * m.retentionMonths
		transferred += probes * p.Assumptions.TransferBytesPerProbe
	}
	if len(monitors) > 0 {
		metrics += monitors[0].targets * monitors[0].metricRegions // ClusterHealth, one observer a cluster
	}
	lines := []line{
		{"Custom metrics", metrics, "metrics", p.Prices.CustomMetricMonth},
		{"PutMetricData", puts / 1e3, "thousand calls", p.Prices.PutMetricDataThousand},
		{"Lambda requests", runs / 1e6, "million", p.Prices.LambdaRequestMillion},
		{"Lambda duration, arm64", armSeconds, "GB-seconds", p.Prices.LambdaSecondGBArm},
		{"Lambda duration, x86_64", x86Seconds, "GB-seconds", p.Prices.LambdaSecondGBX86},
		{"Logs written", logBytes / 1e9, "GB", p.Prices.LogsIngestedGB},
		{"Logs kept", storedByteMonths / 1e9, "GB-months", p.Prices.LogsStoredGBMonth},
		{"X-Ray traces", traces / 1e6, "million", p.Prices.XrayTraceMillion},
		{"Traffic between regions", transferred / 1e9, "GB", p.Prices.TransferBetweenRegionsGB},
	}
	return priced(lines)
}

// priced are the lines that there is something of.
func priced(lines []line) []line {
	return slices.DeleteFunc(lines, func(l line) bool { return l.Quantity == 0 })
}

// monitorUses reads the observers off the graph: every function with the health check's environment.
func monitorUses(g *graph.Graph, p prices) ([]monitorUse, error) {
	var uses []monitorUse
	for _, f := range g.Of("aws:lambda/function:Function") {
		environment := f.Inputs["environment"].ObjectValue()["variables"].ObjectValue()
		if !environment.HasValue(contract.EnvTargets) {
			continue
		}
		logs, ok := g.Named("aws:cloudwatch/logGroup:LogGroup", f.Name+"-logs")
		if !ok {
			return nil, fmt.Errorf("%s has no log group", f.Name)
		}
		use, err := monitorUseOf(f, environment, p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		use.retentionMonths = logs.Inputs["retentionInDays"].NumberValue() / 30
		uses = append(uses, use)
	}
	return uses, nil
}

func monitorUseOf(f graph.Resource, environment resource.PropertyMap, p prices) (monitorUse, error) {
	value := func(key string) string { return environment[resource.PropertyKey(key)].StringValue() }
	var targets []contract.Target
	if err := json.Unmarshal([]byte(value(contract.EnvTargets)), &targets); err != nil {
		return monitorUse{}, err
	}
	schedule, err := time.ParseDuration(value(contract.EnvSchedule))
	if err != nil {
		return monitorUse{}, err
	}
	interval, err := time.ParseDuration(value(contract.EnvProbeInterval))
	if err != nil {
		return monitorUse{}, err
	}
	rounds := float64(contract.Rounds(schedule, contract.LongestRun, interval))
	return monitorUse{
		runs:          p.Assumptions.MonthHours * 3600 / schedule.Seconds(),
		rounds:        rounds,
		seconds:       (rounds-1)*interval.Seconds() + p.Assumptions.RoundSeconds,
		memoryGB:      f.Inputs["memorySize"].NumberValue() / 1024,
		targets:       float64(len(targets)),
		metricRegions: float64(len(strings.Split(value(contract.EnvMetricRegions), ","))),
		full:          value(contract.EnvMetrics) == contract.MetricsFull,
		arm:           f.Inputs["architectures"].ArrayValue()[0].StringValue() == components.ArchitectureARM,
		routed:        environment.HasValue(contract.EnvTraffic),
		traced:        f.Inputs["tracingConfig"].ObjectValue()["mode"].StringValue() == "Active",
	}, nil
}
