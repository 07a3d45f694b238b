package stacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/backups"
	"aurora-dsql-dr/components/traffic"
)

// Outputs are what a deployed stack exports, as its readers get it. Data regions and regions are keyed by their codes.
type Outputs = outputsOf[string, []string]

// exports are the same while texts and lists of texts are not known yet.
type exports = outputsOf[pulumi.StringInput, pulumi.StringArrayInput]

// outputsOf are the outputs by their names. Those that may be left out are there with their part of the stack only.
type outputsOf[Text, List any] struct {
	// Regions are the codes of primary, secondary and witness.
	Regions map[string]Text `json:"regions"`
	// The clusters, by data region.
	ClusterIdentifiers map[string]Text `json:"clusterIdentifiers"`
	ClusterARNs        map[string]Text `json:"clusterArns"`
	ClusterEndpoints   map[string]Text `json:"clusterEndpoints"`
	// What watches them, by region.
	AlertTopicARNs       map[string]Text `json:"alertTopicArns"`
	MonitorFunctionNames map[string]Text `json:"monitorFunctionNames"`
	AlarmNames           map[string]List `json:"alarmNames"`
	// DashboardURL is the dashboard in the console of each data region.
	DashboardURL map[string]Text `json:"dashboardUrl"`
	// The application, by data region.
	TransactionAPIURLs       map[string]Text `json:"transactionApiUrls,omitempty"`
	TransactionFunctionNames map[string]Text `json:"transactionFunctionNames,omitempty"`
	EventBusNames            map[string]Text `json:"eventBusNames,omitempty"`
	// EventRouteQueueURLs are those of the routes to queues, by data region and route.
	EventRouteQueueURLs map[string]map[string]Text `json:"eventRouteQueueUrls,omitempty"`
	// TrafficDomain is the name that answers with the region that serves, TrafficRegionalDomains those of one region each,
	// by data region.
	TrafficDomain          Text            `json:"trafficDomain,omitempty"`
	TrafficRegionalDomains map[string]Text `json:"trafficRegionalDomains,omitempty"`
	// HealthCheckIDs are those of Route 53: of what the observers say of a data region by its code, of what each observer
	// says by "<region>-from-<observer's region>", and of the endpoint itself by "<region>-leaf".
	HealthCheckIDs map[string]Text `json:"healthCheckIds,omitempty"`
	// Backups, by data region: the vaults, the plans of the regions' own clusters, and what AWS Backup backs up and copies
	// as.
	BackupVaultNames map[string]Text `json:"backupVaultNames,omitempty"`
	BackupPlanIDs    map[string]Text `json:"backupPlanIds,omitempty"`
	BackupRoleARNs   map[string]Text `json:"backupRoleArns,omitempty"`
	// RecoveryRoleARNs are what `make restore` restores as, by data region; the restore test's sweep never touches what it
	// made.
	RecoveryRoleARNs map[string]Text `json:"recoveryRoleArns,omitempty"`
	// RestoreTestMachineARNs are the state machines that test restores, by data region.
	RestoreTestMachineARNs map[string]Text `json:"restoreTestMachineArns,omitempty"`
}

// outputs are those of the stack without the application.
func outputs(
	at regions, topics topicsOf, database *components.PeeredDsqlCluster, monitors observers, made alarms,
	dashboard *components.DrDashboard,
) exports {
	out := exports{
		Regions:              map[string]pulumi.StringInput{},
		ClusterIdentifiers:   map[string]pulumi.StringInput{},
		ClusterARNs:          map[string]pulumi.StringInput{},
		ClusterEndpoints:     map[string]pulumi.StringInput{},
		AlertTopicARNs:       map[string]pulumi.StringInput{},
		MonitorFunctionNames: map[string]pulumi.StringInput{},
		AlarmNames:           map[string]pulumi.StringArrayInput{},
		DashboardURL:         map[string]pulumi.StringInput{},
	}
	for i, place := range places {
		region := at[i].Name
		out.Regions[place] = pulumi.String(region)
		out.AlertTopicARNs[region] = topics[i].ARN
		out.MonitorFunctionNames[region] = monitors[i].Function.Function.Name
		out.AlarmNames[region] = made[region].Names
	}
	for _, side := range database.Sides() {
		out.ClusterIdentifiers[side.Region] = side.Identifier
		out.ClusterARNs[side.Region] = side.ARN
		out.ClusterEndpoints[side.Region] = side.Endpoint
		out.DashboardURL[side.Region] = dashboard.ConsoleURL(side.Region)
	}
	return out
}

// withApplication are the outputs with what callers of the application need.
func withApplication(out exports, app *application, routes [2]*components.EventRoutes) exports {
	out.TransactionAPIURLs = map[string]pulumi.StringInput{}
	out.TransactionFunctionNames = map[string]pulumi.StringInput{}
	out.EventBusNames = map[string]pulumi.StringInput{}
	out.EventRouteQueueURLs = map[string]map[string]pulumi.StringInput{}
	for i, side := range app.sides {
		region := side.service.Region.Name
		out.TransactionAPIURLs[region] = side.service.URL
		out.TransactionFunctionNames[region] = side.service.Function.Function.Name
		out.EventBusNames[region] = app.bus.Buses[i].Bus.Name
		out.EventRouteQueueURLs[region] = map[string]pulumi.StringInput{}
		if routes[i] != nil {
			out.EventRouteQueueURLs[region] = routes[i].QueueURLs
		}
	}
	return out
}

// withTraffic are the outputs with the names that clients are given, and what decides about the answers.
func withTraffic(out exports, routing *traffic.Routing) exports {
	out.TrafficDomain = pulumi.String(routing.Domain)
	out.TrafficRegionalDomains = map[string]pulumi.StringInput{}
	out.HealthCheckIDs = map[string]pulumi.StringInput{}
	for _, side := range routing.Regions {
		out.TrafficRegionalDomains[side.Region] = pulumi.String(side.Domain)
		out.HealthCheckIDs[side.Region] = side.Observed.Check.ID()
		out.HealthCheckIDs[side.Region+"-leaf"] = side.Leaf.Check.ID()
		for i, observer := range routing.Observers {
			out.HealthCheckIDs[side.Region+"-from-"+observer.Region] = side.Observed.Words[i].ID()
		}
	}
	return out
}

// withBackups are the outputs with what is kept, and what restores it.
func withBackups(out exports, kept *backups.DatabaseBackups, tests restoreTests) exports {
	out.BackupVaultNames = map[string]pulumi.StringInput{}
	out.BackupPlanIDs = map[string]pulumi.StringInput{}
	out.BackupRoleARNs = map[string]pulumi.StringInput{}
	out.RecoveryRoleARNs = map[string]pulumi.StringInput{}
	for i, own := range kept.Regions {
		region := own.Region.Name
		out.BackupVaultNames[region] = own.Vault.Name
		out.BackupPlanIDs[region] = own.Plan.ID
		out.BackupRoleARNs[region] = own.Plan.Role.Arn
		out.RecoveryRoleARNs[region] = own.RecoveryRole.Arn
		if tests[i] == nil {
			continue
		}
		if out.RestoreTestMachineARNs == nil {
			out.RestoreTestMachineARNs = map[string]pulumi.StringInput{}
		}
		out.RestoreTestMachineARNs[region] = tests[i].Machine.Arn
	}
	return out
}

// exported are the outputs that there are, as Pulumi takes them.
func (o outputsOf[Text, List]) exported() pulumi.Map {
	out := pulumi.Map{}
	values := reflect.ValueOf(o)
	for i := range values.NumField() {
		if name, _ := outputName(values.Type().Field(i)); !values.Field(i).IsZero() {
			out[name] = input(values.Field(i))
		}
	}
	return out
}

// input is a map of maps or inputs as one input.
func input(value reflect.Value) pulumi.Input {
	if value.Kind() != reflect.Map {
		return value.Interface().(pulumi.Input)
	}
	out := pulumi.Map{}
	for _, key := range value.MapKeys() {
		out[key.String()] = input(value.MapIndex(key))
	}
	return out
}

// outputName is what a field is called, and whether it may be left out.
func outputName(field reflect.StructField) (name string, optional bool) {
	name, _, optional = strings.Cut(field.Tag.Get("json"), ",omitempty")
	return name, optional
}

// OutputsOf are the outputs of a deployed stack, from their values by name as an engine gives them. It tells everything
// that is missing or not what this program exports; further outputs are left to whoever added them.
func OutputsOf(values map[string]any) (Outputs, error) {
	var out Outputs
	var problems []error
	fields := reflect.ValueOf(&out).Elem()
	for i := range fields.NumField() {
		name, optional := outputName(fields.Type().Field(i))
		value, there := values[name]
		if !there && optional {
			continue
		}
		body, err := json.Marshal(value)
		if err == nil {
			err = json.Unmarshal(body, fields.Field(i).Addr().Interface())
		}
		if err != nil || fields.Field(i).IsZero() {
			problems = append(problems, fmt.Errorf("the output %s is %s: want %s", name, body, fields.Field(i).Type()))
		}
	}
	return out, errors.Join(problems...)
}
