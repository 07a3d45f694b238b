package stacks

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/stacks/config"
)

// peered creates the database.
func peered(ctx *pulumi.Context, c *config.Config, at regions) (*components.PeeredDsqlCluster, error) {
	return components.NewPeeredDsqlCluster(ctx, "database", &components.PeeredDsqlClusterArgs{
		Primary:                   at[primary],
		Secondary:                 at[secondary],
		WitnessRegion:             at[witness].Name,
		DisableDeletionProtection: !c.DeletionProtection,
		CustomerManagedKeys:       c.CustomerManagedKeys,
	})
}

// databaseEvents reports what anybody does to the clusters from now on. Of a pair that a restore test makes, each
// region has one: both rules know the roles of both tests.
func databaseEvents(
	ctx *pulumi.Context, c *config.Config, at regions, topics topicsOf, database *components.PeeredDsqlCluster,
	tests restoreTests,
) (alarms, error) {
	made := alarms{}
	for i, place := range places[:witness] {
		events, err := components.NewDatabaseEvents(ctx, place+"-database-events", &components.DatabaseEventsArgs{
			Region:   at[i],
			Topic:    topics[i],
			Database: database.Sides()[i],
			Testers:  tests.workAs(),
			After:    database.Ready(),
			Runbooks: c.Runbooks,
		})
		if err != nil {
			return nil, err
		}
		made.add(at[i], events.ARNs, events.Names)
	}
	return made, nil
}

// bootstrap prepares the database for the functions, which need its schema and their roles. What it returns completes
// when the database is ready for them.
func bootstrap(
	ctx *pulumi.Context, c *config.Config, at regions, database *components.PeeredDsqlCluster,
	packages *components.Packages, monitors observers, app *application, tests restoreTests,
) (pulumi.Resource, error) {
	roles := map[string]pulumi.StringArray{}
	for _, m := range monitors {
		roles[schema.RoleMonitor] = append(roles[schema.RoleMonitor], m.Function.Role.Arn)
	}
	tests.roles(roles)
	args := &components.DatabaseBootstrapArgs{
		Region:           at[primary],
		Database:         database.Primary,
		Roles:            roles,
		After:            database.Ready(),
		Packages:         packages,
		LogRetentionDays: c.Monitor.LogRetentionDays,
	}
	if app != nil {
		app.roles(roles)
		args.Keyset = &components.Keyset{
			Version: c.Application.KeysetVersion,
			Fresh:   c.Application.FreshKeyset,
			KeyARN:  app.key.ARNs[primary],
		}
	}
	made, err := components.NewDatabaseBootstrap(ctx, "bootstrap", args)
	if err != nil {
		return nil, err
	}
	return made.Migrated, nil
}
