package main

import (
	"encoding/json"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/lambda/contract"
)

// keptPoints is the line that there is with backups.
const keptPoints = "Recovery points and twins"

// backups is what recovery points, copies and restore tests of a database of so many GB cost.
func backups(g *graph.Graph, p prices, gigabytes float64) []line {
	var points, copied float64
	for _, plan := range g.Of("aws:backup/plan:Plan") {
		for _, rule := range plan.Inputs["rules"].ArrayValue() {
			kept, runs := keptBy(rule.ObjectValue(), p)
			copies := float64(len(rule.ObjectValue()["copyActions"].ArrayValue()))
			points += kept * (1 + copies)
			copied += runs * copies
		}
	}
	lines := []line{
		{keptPoints, points * gigabytes, "GB-months", p.Prices.BackupStoredGBMonth},
		{"Copies to the other region", copied * gigabytes, "GB", p.Prices.TransferBetweenRegionsGB},
	}
	return priced(append(lines, restoreTests(g, p, gigabytes)...))
}

// keptBy is how many recovery points of a rule there are at a time once the first has ended, and how many it makes a
// month. The monthly rule's replaces the daily one's: that day AWS Backup makes the one that is kept longer.
func keptBy(rule resource.PropertyMap, p prices) (kept, runs float64) {
	days := rule["lifecycle"].ObjectValue()["deleteAfter"].NumberValue()
	monthDays := p.Assumptions.MonthHours / 24
	runs = 1
	if daysOfMonth := strings.Fields(rule["schedule"].StringValue())[2]; daysOfMonth == "*" {
		runs = monthDays - 1
	}
	return days / monthDays * runs, runs
}

// restoreTests is what the tests cost that schedules start, and the hourly sweep.
func restoreTests(g *graph.Graph, p prices, gigabytes float64) []line {
	var tests, restored, sweeps float64
	for _, s := range g.Of("aws:scheduler/schedule:Schedule") {
		var input struct{ Pair *bool }
		target := s.Inputs["target"].ObjectValue()
		if json.Unmarshal([]byte(target["input"].StringValue()), &input) != nil || input.Pair == nil {
			continue
		}
		times := timesAMonth(s.Input("scheduleExpression"), p)
		tests += times
		restored += times * gigabytes
		if *input.Pair {
			restored += times * gigabytes // each cluster of it
		}
	}
	machines := float64(len(g.Of("aws:sfn/stateMachine:StateMachine")))
	sweeps = machines * p.Assumptions.MonthHours
	polls := p.Assumptions.RestoreMinutesPerTest * p.Assumptions.RestorePollsPerMinute
	calls := tests*(p.Assumptions.RestoreTestSteps+polls) + sweeps
	seconds := calls * p.Assumptions.RestoreTestStepSeconds
	lines := []line{
		{"Restore tests, restored", restored, "GB", p.Prices.BackupRestoredGB},
		{"Restore tests, transitions", tests * (2*p.Assumptions.RestoreTestSteps + 3*polls) / 1e3, "thousand",
			p.Prices.StateTransitionThousand},
		{"Restore tests, runs", calls / 1e6, "million", p.Prices.LambdaRequestMillion},
		{"Restore tests, logs", calls * p.Assumptions.LogBytesPerRun / 1e9, "GB", p.Prices.LogsIngestedGB},
		{"Backups, metrics", metricsOf(g), "metrics", p.Prices.CustomMetricMonth},
	}
	arm, memory := restoring(g)
	price := p.Prices.LambdaSecondGBX86
	if arm {
		price = p.Prices.LambdaSecondGBArm
	}
	return append(lines, line{"Restore tests, duration", seconds * memory, "GB-seconds", price})
}

// timesAMonth reads how often a schedule of a restore test fires: cron(m h day months weekday *).
func timesAMonth(expression string, p prices) float64 {
	fields := strings.Fields(strings.Trim(strings.TrimPrefix(expression, "cron("), ")"))
	days := p.Assumptions.MonthHours / 24
	switch {
	case len(fields) != 6:
		return 0
	case fields[4] == "SUN":
		return days / 7
	case fields[2] == "*":
		return days
	default:
		return float64(len(strings.Split(fields[3], ","))) / 12
	}
}

// restoring is the architecture and the memory, in GB, of the functions that test restores.
func restoring(g *graph.Graph) (arm bool, memory float64) {
	for _, f := range g.Of("aws:lambda/function:Function") {
		variables := f.Inputs["environment"].ObjectValue()["variables"].ObjectValue()
		if variables.HasValue(contract.EnvRestore) {
			return f.Inputs["architectures"].ArrayValue()[0].StringValue() == components.ArchitectureARM,
				f.Inputs["memorySize"].NumberValue() / 1024
		}
	}
	return false, 0
}

// metricsOf counts the metrics of backups: a plan's age in both data regions, and a test's age in its own. Those of AWS
// Backup and Step Functions are free.
func metricsOf(g *graph.Graph) float64 {
	return float64(2*len(g.Of("aws:backup/plan:Plan")) + len(g.Of("aws:sfn/stateMachine:StateMachine")))
}
