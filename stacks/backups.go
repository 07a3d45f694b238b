package stacks

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/backups"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/stacks/config"
)

// backUp creates vaults and plans; nil unless backups are made.
func backUp(
	ctx *pulumi.Context, c *config.Config, at regions, database *components.PeeredDsqlCluster,
) (*backups.DatabaseBackups, error) {
	if c.Backups == nil {
		return nil, nil
	}
	args := &backups.DatabaseBackupsArgs{
		Witness:                   at[witness].Name,
		DisableDeletionProtection: !c.DeletionProtection,
		Settings:                  *c.Backups,
		After:                     database.Ready(),
	}
	for i, place := range places[:witness] {
		args.Sides[i] = backups.Side{Place: place, Region: at[i], Database: database.Sides()[i]}
	}
	return backups.NewDatabaseBackups(ctx, "backups", args)
}

// plans are what observers watch the age of.
func plans(kept *backups.DatabaseBackups) []components.WatchedPlan {
	if kept == nil {
		return nil
	}
	return []components.WatchedPlan{kept.Regions[primary].Plan.Watched(), kept.Regions[secondary].Plan.Watched()}
}

// restoreTests are those of the data regions; nil unless restores are tested.
type restoreTests [2]*backups.RestoreTest

// testRestores creates the functions, whose roles the bootstrap then lets into the database, and the state machines.
func testRestores(
	ctx *pulumi.Context, c *config.Config, topics topicsOf, kept *backups.DatabaseBackups,
	packages *components.Packages, app *application,
) (tests restoreTests, err error) {
	if kept == nil || c.Backups.RestoreTest == backups.Never {
		return tests, nil
	}
	for i, own := range kept.Regions {
		other := kept.Regions[1-i]
		args := &backups.RestoreTestArgs{
			Region:       own.Region,
			Topic:        topics[i],
			Own:          own.Database,
			Other:        other.Database,
			Vault:        own.Vault,
			Twins:        other.Vault,
			Witness:      c.Regions.Witness,
			DatabaseRole: schema.RoleVerify,
			Runbooks:     c.Runbooks,
			EvidenceDays: config.LogRetention(c.Backups.MonthlyRetentionDays),
			Settings: components.FunctionSettings{
				Packages: packages,
				MemoryMB: c.Monitor.MemoryMB,
				Tracing:  c.Monitor.Tracing,
			},
		}
		if app != nil {
			args.FieldKeyARN = &app.key.ARNs[i]
		}
		if tests[i], err = backups.NewRestoreTest(ctx, places[i]+"-restore", args); err != nil {
			return tests, err
		}
	}
	return tests, nil
}

// roles maps the verifier's database role to the roles of its functions.
func (t restoreTests) roles(mapped map[string]pulumi.StringArray) {
	for _, test := range t {
		if test != nil {
			mapped[schema.RoleVerify] = append(mapped[schema.RoleVerify], test.Verify.Role.Arn)
		}
	}
}

// workAs are the roles that make and delete the clusters of tests: AWS Backup's, which restores them, and that of the
// function that deletes them.
func (t restoreTests) workAs() (roles pulumi.StringArray) {
	for _, test := range t {
		if test != nil {
			roles = append(roles, test.RestoreRole.Arn, test.Test.Role.Arn)
		}
	}
	return roles
}

// start starts the tests, once the database lets the verifier in. A pair takes both regions: one of them tests it. What
// it returns completes when the age of tests has been told.
func (t restoreTests) start(
	ctx *pulumi.Context, c *config.Config, migrated pulumi.Resource,
) (told []pulumi.Resource, err error) {
	for i, test := range t {
		if test == nil {
			continue
		}
		schedule, err := backups.NewTestSchedule(ctx, places[i]+"-restore-schedule", &backups.TestScheduleArgs{
			Test:  test,
			At:    c.Backups.At(i),
			Every: c.Backups.RestoreTest,
			Pairs: c.Backups.PairRestoreTest && i == primary,
			After: []pulumi.Resource{migrated},
		})
		if err != nil {
			return nil, err
		}
		told = append(told, schedule.FirstSweep)
	}
	return told, nil
}

// watchBackups creates the alarms on what is kept, and what reports the changes of it.
func watchBackups(
	ctx *pulumi.Context, c *config.Config, topics topicsOf, kept *backups.DatabaseBackups, tests restoreTests,
	told []pulumi.Resource, schedules schedulesOf,
) (alarms, error) {
	made, err := backupEvents(ctx, c, topics, kept)
	if err != nil || kept == nil {
		return made, err
	}
	for _, s := range schedules {
		told = append(told, s.FirstCheck)
	}
	for i, own := range kept.Regions {
		other := kept.Regions[1-i]
		a, err := backups.NewAlarms(ctx, places[i]+"-backup-alarms", &backups.AlarmsArgs{
			Region:     own.Region,
			Topic:      topics[i],
			Vault:      own.Vault,
			Twins:      other.Vault,
			Other:      other.Database,
			MaximumAge: c.Backups.MaximumAge,
			Schedule:   c.Monitor.Schedule,
			Test:       tests[i],
			Every:      c.Backups.RestoreTest,
			Runbooks:   c.Runbooks,
			After:      told,
		})
		if err != nil {
			return nil, err
		}
		made.add(own.Region, a.ARNs, a.Names)
	}
	return made, nil
}

// backupEvents reports what anybody does to vaults and plans from now on.
func backupEvents(
	ctx *pulumi.Context, c *config.Config, topics topicsOf, kept *backups.DatabaseBackups,
) (alarms, error) {
	made := alarms{}
	if kept == nil {
		return made, nil
	}
	for i, own := range kept.Regions {
		events, err := backups.NewEvents(ctx, places[i]+"-backup-events", &backups.EventsArgs{
			Region:   own.Region,
			Topic:    topics[i],
			Vault:    own.Vault,
			Plan:     own.Plan,
			Runbooks: c.Runbooks,
		})
		if err != nil {
			return nil, err
		}
		made.add(own.Region, events.ARNs, events.Names)
	}
	return made, nil
}
