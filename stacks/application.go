package stacks

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/traffic"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/stacks/config"
)

// application is the distributed application.
type application struct {
	key   *components.FieldKey
	bus   *components.GlobalEventBus
	sides [2]applicationSide
}

// applicationSide is a data region's part of it.
type applicationSide struct {
	publisher *components.OutboxPublisher
	processor *components.EventProcessor
	service   *components.TransactionService
	livez     *traffic.Livez // nil unless traffic is routed
}

// applicationFunctions creates the functions, whose roles the bootstrap then lets into the database; nil if the
// application is disabled.
func applicationFunctions(
	ctx *pulumi.Context, c *config.Config, at regions, database *components.PeeredDsqlCluster,
	packages *components.Packages,
) (*application, error) {
	if !c.Application.Enabled {
		return nil, nil
	}
	key, err := components.NewFieldKey(ctx, "field-key", &components.FieldKeyArgs{
		Primary:                   at[primary],
		Secondary:                 at[secondary],
		DisableDeletionProtection: !c.DeletionProtection,
	})
	if err != nil {
		return nil, err
	}
	bus, err := components.NewGlobalEventBus(ctx, "transaction-events", &components.GlobalEventBusArgs{
		Primary:     at[primary],
		Secondary:   at[secondary],
		ArchiveDays: c.Application.ArchiveDays,
	})
	if err != nil {
		return nil, err
	}
	app := &application{key: key, bus: bus}
	for i := range app.sides {
		if app.sides[i], err = app.side(ctx, c, at, database, packages, i); err != nil {
			return nil, err
		}
	}
	return app, nil
}

// side creates the functions of one data region.
func (a *application) side(
	ctx *pulumi.Context, c *config.Config, at regions, database *components.PeeredDsqlCluster,
	packages *components.Packages, i int,
) (s applicationSide, err error) {
	settings := components.FunctionSettings{
		Packages:         packages,
		MemoryMB:         c.Application.MemoryMB,
		LogRetentionDays: c.Monitor.LogRetentionDays,
		Tracing:          c.Monitor.Tracing,
	}
	own, other := database.Sides()[i], database.Sides()[1-i]
	s.publisher, err = components.NewOutboxPublisher(ctx, places[i]+"-publisher", &components.OutboxPublisherArgs{
		Region:       at[i],
		Database:     own,
		Bus:          a.bus.Buses[i],
		DatabaseRole: schema.RolePublisher,
		TakeoverAge:  c.Application.TakeoverAge,
		Concurrency:  c.Application.WorkerConcurrency,
		Settings:     settings,
	})
	if err != nil {
		return s, err
	}
	s.processor, err = components.NewEventProcessor(ctx, places[i]+"-processor", &components.EventProcessorArgs{
		Region:       at[i],
		Database:     own,
		Bus:          a.bus.Buses[i],
		DatabaseRole: schema.RoleProcessor,
		Concurrency:  c.Application.WorkerConcurrency,
		Settings:     settings,
	})
	if err != nil {
		return s, err
	}
	service := &components.TransactionServiceArgs{
		Region:          at[i],
		Database:        own,
		Publisher:       s.publisher,
		KeyARN:          a.key.ARNs[i],
		EncryptedFields: c.Application.EncryptedFields,
		DatabaseRole:    schema.RoleTransactions,
		Throttle:        c.Application.Throttle,
		Settings:        settings,
		JWT:             c.Application.JWT,
	}
	if c.Application.CrossRegionFallback {
		service.Fallback = other
	}
	if s.livez, err = livez(ctx, c, at, database, i, settings); err != nil {
		return s, err
	}
	if s.livez != nil {
		service.Open = s.livez.Route()
	}
	s.service, err = components.NewTransactionService(ctx, places[i]+"-transactions", service)
	return s, err
}

// roles maps the application's database roles to the roles of its functions.
func (a *application) roles(into map[string]pulumi.StringArray) {
	for _, s := range a.sides {
		into[schema.RoleTransactions] = append(into[schema.RoleTransactions], s.service.Function.Role.Arn)
		into[schema.RolePublisher] = append(into[schema.RolePublisher], s.publisher.Function.Role.Arn)
		into[schema.RoleProcessor] = append(into[schema.RoleProcessor], s.processor.Function.Role.Arn)
		if s.livez != nil {
			into[schema.RoleLivez] = append(into[schema.RoleLivez], s.livez.Function.Role.Arn)
		}
	}
}

// shown is what the dashboard shows of it.
func (a *application) shown() []components.DashboardApplication {
	var out []components.DashboardApplication
	for i, s := range a.sides {
		out = append(out, components.DashboardApplication{
			Service:   s.service,
			Publisher: s.publisher,
			Processor: s.processor,
			Bus:       a.bus.Buses[i],
		})
	}
	return out
}

// running is what comes with the application once it runs.
type running struct {
	alarms alarms
	routes [2]*components.EventRoutes // nil without routes
}

// startApplication starts what runs by itself, once the database is ready, and watches it.
func startApplication(
	ctx *pulumi.Context, c *config.Config, at regions, topics topicsOf, app *application, migrated pulumi.Resource,
) (running, error) {
	r := running{alarms: alarms{}}
	if app == nil {
		return r, nil
	}
	for i, s := range app.sides {
		for _, start := range []func(*pulumi.Context, ...pulumi.Resource) error{s.publisher.Start, s.processor.Start} {
			if err := start(ctx, migrated); err != nil {
				return r, err
			}
		}
		var err error
		if r.routes[i], err = app.route(ctx, c, topics, i); err != nil {
			return r, err
		}
		made, err := components.NewApplicationAlarms(ctx, places[i]+"-application-alarms", &components.ApplicationAlarmsArgs{
			Region:    at[i],
			Topic:     topics[i],
			Service:   s.service,
			Publisher: s.publisher,
			Processor: s.processor,
			Bus:       app.bus.Buses[i],
			Routes:    r.routes[i],
			Runbooks:  c.Runbooks,
		})
		if err != nil {
			return r, err
		}
		r.alarms.add(at[i], made.ARNs, made.Names)
	}
	return r, nil
}

// route sets up the configured routes of a data region's events; nil without any.
func (a *application) route(
	ctx *pulumi.Context, c *config.Config, topics topicsOf, i int,
) (*components.EventRoutes, error) {
	if len(c.Application.Routes) == 0 {
		return nil, nil
	}
	return components.NewEventRoutes(ctx, places[i]+"-routes", &components.EventRoutesArgs{
		Bus:       a.bus.Buses[i],
		Processor: a.sides[i].processor,
		Topic:     topics[i],
		Routes:    c.Application.Routes,
	})
}
