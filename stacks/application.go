package stacks

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/schema"
)

// Application is the configuration of the distributed application.
type Application struct {
	Enabled bool
	// JWT authorizes requests; nil leaves it to IAM.
	JWT                 *components.JWT
	CrossRegionFallback bool
	EncryptedFields     []string
	Throttle            components.Throttle
	ArchiveDays         int
	TakeoverAge         time.Duration
	// KeysetVersion is raised by one to rotate the key that encrypts fields.
	KeysetVersion int64
	// FreshKeyset is the version, at most KeysetVersion, that is begun anew because the key of those before is gone; 0 for none.
	FreshKeyset int64
	MemoryMB    int
	// WorkerConcurrency is how many runs there are at a time of the publisher, and of the processor; 0 reserves nothing.
	WorkerConcurrency int
	Routes            []components.EventRoute
}

const (
	applicationDisabled = "disabled"
	applicationEnabled  = "enabled"
)

// functions are the binaries the stack deploys.
func (c *Config) functions() []string {
	if c.Application.Enabled {
		return components.Functions
	}
	return components.MonitorFunctions
}

func (r *reader) application(top object) Application {
	settings := r.object(top, "applicationSettings")
	throttle := r.object(settings, "throttle")
	a := Application{
		Enabled:             r.choice(top, "application", applicationDisabled, applicationEnabled) == applicationEnabled,
		JWT:                 r.jwt(settings, "jwt"),
		CrossRegionFallback: r.boolean(settings, "crossRegionFallback", false),
		EncryptedFields:     r.encryptedFields(settings, "encryptedFields"),
		Throttle:            components.Throttle{Rate: r.integer(throttle, "rate", 100, 1, 10000), Burst: r.integer(throttle, "burst", 200, 1, 5000)},
		ArchiveDays:         r.integer(settings, "archiveDays", 30, 1, 3650),
		TakeoverAge:         r.duration(settings, "takeoverAge", 2*time.Minute, 10*time.Second, time.Hour),
		KeysetVersion:       int64(r.integer(settings, "keysetVersion", 1, 1, 1_000_000)),
		FreshKeyset:         int64(r.integer(settings, "freshKeyset", 0, 0, 1_000_000)),
		MemoryMB:            r.integer(settings, "memoryMb", 256, 128, 10240),
		WorkerConcurrency:   r.concurrency(settings, "workerConcurrency"),
	}
	if !a.Enabled && len(settings.values) > 0 {
		r.problem("applicationSettings", top.values["applicationSettings"], "none while application is disabled: nothing would come of them")
	}
	if a.FreshKeyset > a.KeysetVersion {
		r.problem(settings.path("freshKeyset"), fmt.Sprint(a.FreshKeyset), fmt.Sprintf("at most keysetVersion, %d", a.KeysetVersion))
	}
	r.leftOver(settings, throttle)
	return a
}

// maxAudiences is API Gateway's quota ("Quotas for configuring and running an HTTP API": audiences per authorizer).
const maxAudiences = 50

func (r *reader) jwt(from object, key string) *components.JWT {
	if _, ok := from.look(key); !ok {
		return nil
	}
	fields := r.object(from, key)
	jwt := &components.JWT{Issuer: r.text(fields, "issuer", ""), Audiences: r.texts(fields, "audience")}
	r.leftOver(fields)
	if !isHTTPS(jwt.Issuer) || strings.Contains(jwt.Issuer, "?") {
		r.problem(fields.path("issuer"), jwt.Issuer, "the https URL of the token issuer")
	}
	if slices.Contains(jwt.Audiences, "") || len(jwt.Audiences) > maxAudiences {
		r.problem(fields.path("audience"), strings.Join(jwt.Audiences, ","), fmt.Sprintf("who the tokens are for: a text, or a list of up to %d", maxAudiences))
	}
	return jwt
}

func (r *reader) encryptedFields(from object, key string) []string {
	fields := []string{"details"}
	raw, ok := from.look(key)
	if !ok {
		return fields
	}
	if err := decodeJSON(raw, &fields); err != nil || len(fields) == 0 {
		r.problem(from.path(key), raw, "a list of fields, details at least")
		return fields
	}
	if err := contract.CheckEncryptedFields(fields); err != nil {
		r.problems = append(r.problems, fmt.Errorf("%s: %w", from.path(key), err))
	}
	return fields
}

// maxRoutes keeps every policy of the routes' targets below its quota: the processor's, of 20 KB, has a statement for each.
const maxRoutes = 20

var routeName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// eventRoutes reads the routes of events, whose regions must be the stack's data regions.
func (r *reader) eventRoutes(from object, key string, c *Config) []components.EventRoute {
	raw, ok := from.look(key)
	if !ok {
		return nil
	}
	var list []map[string]json.RawMessage
	if err := decodeJSON(raw, &list); err != nil {
		r.problem(from.path(key), raw, "a list of {name, types, minimumAmount, maximumAmount, regions, target}")
		return nil
	}
	if len(list) > 0 && !c.Application.Enabled {
		r.problem(from.path(key), raw, "none while application is disabled: there are no events")
	}
	if len(list) > maxRoutes {
		r.problem(from.path(key), fmt.Sprint(len(list)), fmt.Sprintf("at most %d routes", maxRoutes))
	}
	var out []components.EventRoute
	for i, fields := range list {
		entry := fieldsObject(fmt.Sprintf("%s[%d].", from.path(key), i), fields)
		route := components.EventRoute{
			Name:          r.text(entry, "name", ""),
			Types:         r.subset(entry, "types", contract.EventTransactionCreated),
			MinimumAmount: r.amount(entry, "minimumAmount"),
			MaximumAmount: r.amount(entry, "maximumAmount"),
			Regions:       r.subset(entry, "regions", c.Regions.Primary, c.Regions.Secondary),
			Target:        r.text(entry, "target", ""),
		}
		r.leftOver(entry)
		r.eventRoute(entry, route, out)
		out = append(out, route)
	}
	return out
}

func (r *reader) eventRoute(entry object, route components.EventRoute, before []components.EventRoute) {
	if !routeName.MatchString(route.Name) {
		r.problem(entry.path("name"), route.Name, "a letter and up to 30 letters, digits and hyphens, in lower case")
	}
	if slices.ContainsFunc(before, func(b components.EventRoute) bool { return b.Name == route.Name }) {
		r.problem(entry.path("name"), route.Name, "a name that no other route has")
	}
	targets := []string{components.RouteToFunction, components.RouteToQueue, components.RouteToTopic}
	if !slices.Contains(targets, route.Target) {
		r.problem(entry.path("target"), route.Target, strings.Join(targets, ", "))
	}
	if route.MinimumAmount != nil && route.MaximumAmount != nil && *route.MinimumAmount > *route.MaximumAmount {
		r.problem(entry.path("minimumAmount"), strconv.FormatFloat(*route.MinimumAmount, 'f', -1, 64), "at most maximumAmount")
	}
}

// subset reads a list of which every entry is one of the accepted.
func (r *reader) subset(from object, key string, accepted ...string) []string {
	raw, ok := from.look(key)
	if !ok {
		return nil
	}
	var list []string
	if err := decodeJSON(raw, &list); err != nil || len(list) == 0 {
		r.problem(from.path(key), raw, "a list of "+strings.Join(accepted, " or ")+"; left out, it is all")
		return nil
	}
	for i, value := range list {
		switch {
		case !slices.Contains(accepted, value):
			r.problem(from.path(key), value, strings.Join(accepted, " or "))
		case slices.Contains(list[:i], value):
			r.problem(from.path(key), value, "each once")
		}
	}
	return list
}

// decimal is a number that EventBridge's numeric matching compares exactly ("Amazon EventBridge event pattern comparison
// operators": up to 15 digits, six of them after the point).
var decimal = regexp.MustCompile(`^-?\d{1,10}(\.\d{1,6})?$`)

// amount reads a bound of numeric matching.
func (r *reader) amount(from object, key string) *float64 {
	raw, ok := from.look(key)
	if !ok {
		return nil
	}
	value, err := strconv.ParseFloat(raw, 64)
	if err != nil || !decimal.MatchString(raw) || value < -5e9 || value > 5e9 {
		r.problem(from.path(key), raw, "a decimal number from -5000000000 to 5000000000 with up to six digits after the point, as EventBridge compares")
		return nil
	}
	return &value
}

// application is the distributed application while it is put together.
type application struct {
	key        *components.FieldKey
	bus        *components.GlobalEventBus
	publishers [2]*components.OutboxPublisher
	processors [2]*components.EventProcessor
	services   [2]*components.TransactionService
	routes     [2]*components.EventRoutes // nil without routes
}

// applicationFunctions creates the functions, whose roles the bootstrap then lets into the database.
func (d *disasterRecovery) applicationFunctions() (err error) {
	c := d.config.Application
	if !c.Enabled {
		return nil
	}
	a := &application{}
	d.application = a
	if a.key, err = components.NewFieldKey(d.ctx, "field-key", &components.FieldKeyArgs{
		Primary: d.regions[primary], Secondary: d.regions[secondary], DisableDeletionProtection: !d.config.DeletionProtection,
	}); err != nil {
		return err
	}
	if a.bus, err = components.NewGlobalEventBus(d.ctx, "transaction-events", &components.GlobalEventBusArgs{
		Primary: d.regions[primary], Secondary: d.regions[secondary], ArchiveDays: c.ArchiveDays,
	}); err != nil {
		return err
	}
	settings := components.FunctionSettings{
		Packages: d.packages, MemoryMB: c.MemoryMB,
		LogRetentionDays: d.config.Monitor.LogRetentionDays, Tracing: d.config.Monitor.Tracing,
	}
	sides := d.database.Sides()
	for i, place := range places[:witness] {
		if a.publishers[i], err = components.NewOutboxPublisher(d.ctx, place+"-publisher", &components.OutboxPublisherArgs{
			Region: d.regions[i], Database: sides[i], Bus: a.bus.Buses[i], DatabaseRole: schema.RolePublisher, TakeoverAge: c.TakeoverAge, Concurrency: c.WorkerConcurrency, Settings: settings,
		}); err != nil {
			return err
		}
		if a.processors[i], err = components.NewEventProcessor(d.ctx, place+"-processor", &components.EventProcessorArgs{
			Region: d.regions[i], Database: sides[i], Bus: a.bus.Buses[i], DatabaseRole: schema.RoleProcessor, Concurrency: c.WorkerConcurrency, Settings: settings,
		}); err != nil {
			return err
		}
		service := &components.TransactionServiceArgs{
			Region: d.regions[i], Database: sides[i], Publisher: a.publishers[i], KeyARN: a.key.ARNs[i], EncryptedFields: c.EncryptedFields,
			DatabaseRole: schema.RoleTransactions, Throttle: c.Throttle, Settings: settings, JWT: c.JWT,
		}
		if c.CrossRegionFallback {
			service.Fallback = sides[1-i]
		}
		if a.services[i], err = components.NewTransactionService(d.ctx, place+"-transactions", service); err != nil {
			return err
		}
	}
	return nil
}

// roles maps the application's database roles to the roles of its functions.
func (a *application) roles(into map[string]pulumi.StringArray) {
	for i := range a.services {
		into[schema.RoleTransactions] = append(into[schema.RoleTransactions], a.services[i].Function.Role.Arn)
		into[schema.RolePublisher] = append(into[schema.RolePublisher], a.publishers[i].Function.Role.Arn)
		into[schema.RoleProcessor] = append(into[schema.RoleProcessor], a.processors[i].Function.Role.Arn)
	}
}

// startApplication starts what runs by itself, once the database is ready, and watches it.
func (d *disasterRecovery) startApplication() error {
	a := d.application
	if a == nil {
		return nil
	}
	for i, place := range places[:witness] {
		for _, start := range []func(*pulumi.Context, ...pulumi.Resource) error{a.publishers[i].Start, a.processors[i].Start} {
			if err := start(d.ctx, d.migrated); err != nil {
				return err
			}
		}
		if len(d.config.Application.Routes) > 0 {
			var err error
			if a.routes[i], err = components.NewEventRoutes(d.ctx, place+"-routes", &components.EventRoutesArgs{
				Bus: a.bus.Buses[i], Processor: a.processors[i], Topic: d.topics[i], Routes: d.config.Application.Routes,
			}); err != nil {
				return err
			}
		}
		alarms, err := components.NewApplicationAlarms(d.ctx, place+"-application-alarms", &components.ApplicationAlarmsArgs{
			Region: d.regions[i], Topic: d.topics[i], Service: a.services[i], Publisher: a.publishers[i], Processor: a.processors[i], Bus: a.bus.Buses[i], Routes: a.routes[i], Runbooks: d.config.Runbooks,
		})
		if err != nil {
			return err
		}
		d.remember(i, alarms.ARNs, alarms.Names)
	}
	return nil
}

func (a *application) dashboard() []components.DashboardApplication {
	out := make([]components.DashboardApplication, len(a.services))
	for i := range a.services {
		out[i] = components.DashboardApplication{Service: a.services[i], Publisher: a.publishers[i], Processor: a.processors[i], Bus: a.bus.Buses[i]}
	}
	return out
}

// exports adds what callers of the application need.
func (a *application) exports(into pulumi.Map) {
	urls, functions, buses, queues := pulumi.Map{}, pulumi.Map{}, pulumi.Map{}, pulumi.Map{}
	for i, s := range a.services {
		urls[s.Region.Name], functions[s.Region.Name], buses[s.Region.Name] = s.URL, s.Function.Function.Name, a.bus.Buses[i].Bus.Name
		queues[s.Region.Name] = pulumi.StringMap{}
		if a.routes[i] != nil {
			queues[s.Region.Name] = a.routes[i].QueueURLs
		}
	}
	into["transactionApiUrls"], into["transactionFunctionNames"], into["eventBusNames"] = urls, functions, buses
	into["eventRouteQueueUrls"] = queues
}
