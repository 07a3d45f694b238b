package components

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/components/internal/policy"
	"aurora-dsql-dr/lambda/contract"
)

// MonitorSettings are the settings of the monitors, the same in every region.
type MonitorSettings struct {
	// Schedule is the time between two runs: whole minutes, at least one. Required.
	Schedule time.Duration
	// ProbeInterval is the time between two probes of a run, at most Schedule. Required.
	ProbeInterval time.Duration
	// FailuresToOpen and SuccessesToClose are the consecutive probes that open and close an incident. Required.
	FailuresToOpen, SuccessesToClose int
	// MinimumOutage is how long an endpoint must have failed before an incident opens. Optional; defaults to none.
	MinimumOutage time.Duration
	// Reminder is the time after which an open incident is alerted again. Required.
	Reminder time.Duration
	// MetricsFull publishes and alarms latencies and marker age beside the verdicts. Optional; defaults to off.
	MetricsFull bool
	// Routed says that traffic is routed by what the monitors publish. Optional; defaults to off.
	Routed bool
	// MemoryMB, LogRetentionDays, ReservedConcurrency and Tracing are as in GoFunctionArgs.
	MemoryMB            int
	LogRetentionDays    int
	ReservedConcurrency int
	Tracing             bool
}

// RegionalMonitorArgs configures a RegionalMonitor.
type RegionalMonitorArgs struct {
	// Region of the observer. Required.
	Region Region
	// Targets are the endpoints to probe. Required.
	Targets []*DsqlSide
	// Topics receive alerts in this order: the own region's first, the others if that fails. Required.
	Topics []*AlertTopic
	// MetricRegions receive the verdict metrics: both data regions, so that either can decide alone. Required.
	MetricRegions []string
	// Plans are the backup plans whose age it publishes. Optional.
	Plans []WatchedPlan
	// DatabaseRole is the PostgreSQL role to connect as. Required.
	DatabaseRole string
	// Runbooks are linked from alerts. Required.
	Runbooks contract.Runbooks
	// Packages are as in GoFunctionArgs. Required.
	Packages *Packages
	// Settings of the monitor. Required.
	Settings MonitorSettings
}

// WatchedPlan is a backup plan as observers watch it.
type WatchedPlan struct {
	// Plan is its contract.BackupPlan.
	Plan pulumi.Output
	// PlanARN is its ARN, VaultARN that of the vault it backs up into.
	PlanARN, VaultARN pulumi.StringOutput
}

// RegionalMonitor is one observer: the health check function in a region, probing every endpoint. It does nothing until
// a MonitorSchedule runs it.
type RegionalMonitor struct {
	pulumi.ResourceState

	// Region is the observer's region, and its name in metrics and markers.
	Region Region
	// Function is the health check. Its dead-letter queue also takes the schedule's undelivered events.
	Function *GoFunction

	targets []*DsqlSide
}

// NewRegionalMonitor creates the function and what it may do.
func NewRegionalMonitor(
	ctx *pulumi.Context, name string, args *RegionalMonitorArgs, opts ...pulumi.ResourceOption,
) (*RegionalMonitor, error) {
	m := &RegionalMonitor{}
	if err := part.Open(ctx, "RegionalMonitor", name, m, args.validate(), opts); err != nil {
		return nil, err
	}
	m.Region = args.Region
	m.targets = args.Targets
	var err error
	if m.Function, err = NewGoFunction(ctx, name, &GoFunctionArgs{
		Region:              args.Region,
		Function:            "healthcheck",
		Description:         "Probes both endpoints of the database from " + args.Region.Name,
		Packages:            args.Packages,
		MemoryMB:            args.Settings.MemoryMB,
		TimeoutSeconds:      int(contract.LongestRun.Seconds()),
		LogRetentionDays:    args.Settings.LogRetentionDays,
		ReservedConcurrency: args.Settings.ReservedConcurrency,
		Tracing:             args.Settings.Tracing,
		// A late run is worth nothing: no retry, and an event older than the next run is dropped.
		Asynchronous: &AsynchronousTerms{Retries: 0, MaximumAgeSeconds: 60},
		Environment:  args.environment(),
		Access:       args.access(),
	}, pulumi.Parent(m)); err != nil {
		return nil, err
	}
	return m, ctx.RegisterResourceOutputs(m, pulumi.Map{
		"functionName": m.Function.Function.Name,
		"roleArn":      m.Function.Role.Arn,
	})
}

func (a *RegionalMonitorArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	s := a.Settings
	problems := []error{part.Required(a.Region.Required("Region"), map[string]bool{
		"Targets":                   len(a.Targets) > 0,
		"Topics":                    len(a.Topics) > 0,
		"MetricRegions":             len(a.MetricRegions) > 0,
		"DatabaseRole":              a.DatabaseRole != "",
		"Runbooks":                  a.Runbooks != "",
		"Settings.FailuresToOpen":   s.FailuresToOpen > 0,
		"Settings.SuccessesToClose": s.SuccessesToClose > 0,
		"Settings.Reminder":         s.Reminder > 0,
	})}
	if err := checkSchedule("Settings.Schedule", s.Schedule); err != nil {
		problems = append(problems, err)
	}
	if s.ProbeInterval < contract.MinProbeInterval || s.ProbeInterval > s.Schedule {
		problems = append(problems, fmt.Errorf("Settings.ProbeInterval is %v: want %v to the schedule, %v", s.ProbeInterval,
			contract.MinProbeInterval, s.Schedule))
	}
	if s.MinimumOutage < 0 {
		problems = append(problems, fmt.Errorf("Settings.MinimumOutage is %v: want 0 or more", s.MinimumOutage))
	}
	if len(a.Topics) > 0 && a.Topics[0].Region != a.Region.Name {
		problems = append(problems, fmt.Errorf("Topics[0] is in %s: want the observer's own region, %s, first",
			a.Topics[0].Region, a.Region.Name))
	}
	return errors.Join(problems...)
}

func (a *RegionalMonitorArgs) environment() pulumi.StringMap {
	metrics := contract.MetricsLean
	if a.Settings.MetricsFull {
		metrics = contract.MetricsFull
	}
	targets := make(pulumi.Array, len(a.Targets))
	for i, t := range a.Targets {
		targets[i] = pulumi.All(t.Identifier, t.ARN, t.Endpoint).ApplyT(func(v []any) contract.Target {
			return contract.Target{
				Region:     t.Region,
				ClusterID:  v[0].(string),
				ClusterARN: v[1].(string),
				Endpoint:   v[2].(string),
			}
		})
	}
	topics := make(pulumi.Array, len(a.Topics))
	for i, t := range a.Topics {
		topics[i] = t.ARN.ApplyT(func(arn string) contract.Topic { return contract.Topic{Region: t.Region, ARN: arn} })
	}
	environment := pulumi.StringMap{
		contract.EnvTargets:          jsonOf(targets),
		contract.EnvTopics:           jsonOf(topics),
		contract.EnvMetricRegions:    pulumi.String(strings.Join(a.MetricRegions, ",")),
		contract.EnvSchedule:         pulumi.String(a.Settings.Schedule.String()),
		contract.EnvProbeInterval:    pulumi.String(a.Settings.ProbeInterval.String()),
		contract.EnvMinimumOutage:    pulumi.String(a.Settings.MinimumOutage.String()),
		contract.EnvFailuresToOpen:   pulumi.String(strconv.Itoa(a.Settings.FailuresToOpen)),
		contract.EnvSuccessesToClose: pulumi.String(strconv.Itoa(a.Settings.SuccessesToClose)),
		contract.EnvReminder:         pulumi.String(a.Settings.Reminder.String()),
		contract.EnvRunbooks:         pulumi.String(string(a.Runbooks)),
		contract.EnvMetrics:          pulumi.String(metrics),
		contract.EnvDatabaseRole:     pulumi.String(a.DatabaseRole),
	}
	if a.Settings.Routed {
		environment[contract.EnvTraffic] = pulumi.String(contract.TrafficRouted)
	}
	if len(a.Plans) > 0 {
		plans := make(pulumi.Array, len(a.Plans))
		for i, p := range a.Plans {
			plans[i] = p.Plan
		}
		environment[contract.EnvBackups] = jsonOf(plans)
	}
	return environment
}

// jsonOf renders values that are not known yet as one JSON array.
func jsonOf(values pulumi.Array) pulumi.StringOutput {
	return values.ToArrayOutput().ApplyT(func(v []any) (string, error) {
		body, err := json.Marshal(v)
		return string(body), err
	}).(pulumi.StringOutput)
}

func (a *RegionalMonitorArgs) access() pulumi.StringOutput {
	var clusters, topics, keys pulumi.StringArray
	for _, t := range a.Targets {
		clusters = append(clusters, t.ARN)
	}
	for _, t := range a.Topics {
		topics, keys = append(topics, t.ARN), append(keys, t.KeyARN)
	}
	var plans, vaults pulumi.StringArray
	for _, p := range a.Plans {
		plans, vaults = append(plans, p.PlanARN), append(vaults, p.VaultARN)
	}
	return pulumi.All(clusters, topics, keys, plans, vaults).ApplyT(func(v []any) (string, error) {
		return monitorPolicy(v[0].([]string), v[1].([]string), v[2].([]string), v[3].([]string), v[4].([]string))
	}).(pulumi.StringOutput)
}

// monitorPolicy is what a health check does. PutMetricData takes no resource; the namespace condition bounds it
// ("Actions, resources, and condition keys for Amazon CloudWatch").
func monitorPolicy(clusterARNs, topicARNs, topicKeyARNs, planARNs, vaultARNs []string) (string, error) {
	statements := []policy.Statement{
		policy.Allow("ReadClusterStatus", "dsql:GetCluster").On(clusterARNs...),
		connect(clusterARNs...),
		policy.Allow("Alert", "sns:Publish").On(topicARNs...),
		policy.Allow("EncryptAlerts", "kms:Decrypt", "kms:GenerateDataKey*").On(topicKeyARNs...),
		policy.Allow("PublishVerdicts", "cloudwatch:PutMetricData").On("*").
			When("StringEquals", "cloudwatch:namespace", contract.MetricNamespace),
	}
	if len(planARNs) > 0 {
		statements = append(statements,
			policy.Allow("ReadPlans", "backup:GetBackupPlan").On(planARNs...),
			policy.Allow("ReadVaults", "backup:ListRecoveryPointsByBackupVault").On(vaultARNs...))
	}
	return policy.Document(statements...)
}
