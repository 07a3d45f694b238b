package backups

import (
	"errors"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/alarm"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// jobPeriod is how often AWS Backup publishes ("AWS Backup metrics with Amazon CloudWatch", AWS Backup Developer
// Guide).
const jobPeriod = 5 * time.Minute

// AlarmsArgs configures the alarms of a data region.
type AlarmsArgs struct {
	// Region of the alarms, and Topic its topic. Required.
	Region components.Region
	Topic  *components.AlertTopic
	// Vault is the region's, Twins the one that its plan copies to. Required.
	Vault, Twins *Vault
	// Other is the database's side in the other data region, whose plan's age is watched from here. Required.
	Other *components.DsqlSide
	// MaximumAge is as in Settings, and Schedule the time between two runs of an observer: a sample each. Required.
	MaximumAge time.Duration
	Schedule   time.Duration
	// Test is the region's restore test, and Every how often it passes. Optional.
	Test  *RestoreTest
	Every Interval
	// Runbooks are linked from alarms. Required.
	Runbooks contract.Runbooks
	// After is what must have happened before silence is judged: every observer's first check, and the first sweeps.
	// Required.
	After []pulumi.Resource
}

// Alarms tell when backups, copies or restore tests stop or fail.
type Alarms struct {
	pulumi.ResourceState
	components.AlarmList
}

// NewAlarms creates the alarms.
func NewAlarms(ctx *pulumi.Context, name string, args *AlarmsArgs, opts ...pulumi.ResourceOption) (*Alarms, error) {
	a := &Alarms{}
	if err := part.Open(ctx, "BackupAlarms", name, a, args.validate(), opts); err != nil {
		return nil, err
	}
	set := &alarm.Set{Context: ctx, Parent: a, After: args.After}
	wanted := append(args.jobs(), watched{"-age", args.age()})
	if args.Test != nil {
		wanted = append(wanted, watched{"-test-failed", args.testFailed()}, watched{"-test-age", args.testAge()})
	}
	for _, w := range wanted {
		if _, err := set.Metric(args.Region.Provider, args.Topic.ARN, name+w.name, w.args); err != nil {
			return nil, err
		}
	}
	a.ARNs, a.Names = set.ARNs, set.Names
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{"names": a.Names})
}

type watched struct {
	name string
	args cloudwatch.MetricAlarmArgs
}

func (a *AlarmsArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Region.Required("Region"), map[string]bool{
		"Topic":      a.Topic != nil,
		"Vault":      a.Vault != nil,
		"Twins":      a.Twins != nil,
		"Other":      a.Other != nil,
		"MaximumAge": a.MaximumAge > 0,
		"Schedule":   a.Schedule > 0,
		"Runbooks":   a.Runbooks != "",
		"After":      len(a.After) > 0,
	})
}

// jobs alarm on each way in which a job comes to nothing. A copy is counted in the region of its source, under the name
// of its destination.
func (a *AlarmsArgs) jobs() []watched {
	var all []watched
	for _, job := range []struct {
		name, metric, what string
		vault              *Vault
	}{
		{"-backup-failed", "NumberOfBackupJobsFailed", "A backup in " + a.Region.Name + " failed.", a.Vault},
		{"-backup-aborted", "NumberOfBackupJobsAborted", "A backup in " + a.Region.Name + " was aborted.", a.Vault},
		{"-backup-expired", "NumberOfBackupJobsExpired", "A backup in " + a.Region.Name + " did not begin in time.", a.Vault},
		{"-copy-failed", "NumberOfCopyJobsFailed",
			"A copy of a backup from " + a.Region.Name + " to " + a.Twins.Region + " failed: it has no twin.", a.Twins},
	} {
		args := alarm.Count("AWS/Backup", job.metric,
			pulumi.StringMap{"BackupVaultName": job.vault.Name, "ResourceType": pulumi.String("DSQL")}, jobPeriod,
			alarm.Described(job.what, a.Runbooks, contract.RunbookBackup))
		all = append(all, watched{job.name, alarm.OutOf(args, 1, 1)})
	}
	return all
}

// ageRuns is over how many runs of the observers an age is judged: one in which no vault could be read pages nobody.
const ageRuns = 3

// age alarms on the plan of the other region, which the loss of that region does not silence. The lowest of the
// observers' words counts: one that cannot see the vaults goes on from what it saw last, and one that has seen nothing
// says contract.UnknownBackupAge. Silence is told by the dead-man alarm of the region's observer, and changes nothing
// here: a region that returns has a gap in its metrics, but the backups are no older for it.
func (a *AlarmsArgs) age() cloudwatch.MetricAlarmArgs {
	return alarm.OutOf(cloudwatch.MetricAlarmArgs{
		AlarmDescription: alarm.Described("The newest recovery point of the cluster in "+a.Other.Region+
			" that has a twin is too old, or no observer can tell how old it is.", a.Runbooks, contract.RunbookBackup),
		OkActions:          pulumi.Array{a.Topic.ARN},
		Namespace:          pulumi.String(contract.MetricNamespace),
		MetricName:         pulumi.String(contract.MetricBackupAge),
		Dimensions:         clusterDimensions(a.Other),
		Statistic:          pulumi.String("Minimum"),
		Period:             pulumi.Int(int(a.Schedule.Seconds())),
		Threshold:          pulumi.Float64(a.MaximumAge.Hours()),
		ComparisonOperator: pulumi.String(alarm.Above),
		TreatMissingData:   pulumi.String(alarm.MissingKeeps),
	}, ageRuns, ageRuns)
}

func clusterDimensions(side *components.DsqlSide) pulumi.StringMap {
	return pulumi.StringMap{
		contract.DimensionClusterID: side.Identifier,
		contract.DimensionRegion:    pulumi.String(side.Region),
	}
}

// testFailed alarms on an execution that ended otherwise than well. The message of the test itself says why, if it came
// so far.
func (a *AlarmsArgs) testFailed() cloudwatch.MetricAlarmArgs {
	ended := func(id, metric string) cloudwatch.MetricAlarmMetricQueryArgs {
		return cloudwatch.MetricAlarmMetricQueryArgs{
			Id: pulumi.String(id),
			Metric: cloudwatch.MetricAlarmMetricQueryMetricArgs{
				Namespace:  pulumi.String("AWS/States"),
				MetricName: pulumi.String(metric),
				Dimensions: pulumi.StringMap{"StateMachineArn": a.Test.Machine.Arn},
				Stat:       pulumi.String("Sum"),
				Period:     pulumi.Int(int(jobPeriod.Seconds())),
			},
		}
	}
	return alarm.OutOf(cloudwatch.MetricAlarmArgs{
		AlarmDescription: alarm.Described("A restore test in "+a.Region.Name+" failed, was aborted or took too long.",
			a.Runbooks, contract.RunbookRestoreTest),
		MetricQueries: cloudwatch.MetricAlarmMetricQueryArray{
			ended("failed", "ExecutionsFailed"),
			ended("aborted", "ExecutionsAborted"),
			ended("timedout", "ExecutionsTimedOut"),
			cloudwatch.MetricAlarmMetricQueryArgs{
				Id:         pulumi.String("ended"),
				Expression: pulumi.String("SUM([FILL(failed,0),FILL(aborted,0),FILL(timedout,0)])"),
				Label:      pulumi.String("Tests that did not pass"),
				ReturnData: pulumi.Bool(true),
			},
		},
		Threshold:          pulumi.Float64(1),
		ComparisonOperator: pulumi.String(alarm.AtLeast),
		TreatMissingData:   pulumi.String(alarm.MissingIsFine),
	}, 1, 1)
}

// testAge alarms when no test has passed for too long. The sweep tells the age once an hour: three hours without are
// silence.
func (a *AlarmsArgs) testAge() cloudwatch.MetricAlarmArgs {
	return alarm.OutOf(cloudwatch.MetricAlarmArgs{
		AlarmDescription: alarm.Described("No restore test has passed in "+a.Region.Name+" for too long, or nobody can tell.",
			a.Runbooks, contract.RunbookRestoreTest),
		OkActions:          pulumi.Array{a.Topic.ARN},
		Namespace:          pulumi.String(contract.MetricNamespace),
		MetricName:         pulumi.String(contract.MetricRestoreTestAge),
		Dimensions:         pulumi.StringMap{contract.DimensionRegion: pulumi.String(a.Region.Name)},
		Statistic:          pulumi.String("Minimum"),
		Period:             pulumi.Int(int(sweepInterval.Seconds())),
		Threshold:          pulumi.Float64(a.Every.Longest().Hours()),
		ComparisonOperator: pulumi.String(alarm.Above),
		TreatMissingData:   pulumi.String(alarm.MissingIsBreach),
	}, 3, 3)
}
