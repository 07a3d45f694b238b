// Package graph runs the program under Pulumi's mocks and records every resource it registers: the one recorder behind
// the structural tests and the cost report.
package graph

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Account is the account number the mocks answer with.
const Account = "123456789012"

// Resource is one registration.
type Resource struct {
	Type, Name string
	// Custom is false for components.
	Custom bool
	// Region is the provider's; empty for components and providers.
	Region string
	// Inputs are the inputs as registered; State adds what the cloud would (arn, id, …).
	Inputs, State resource.PropertyMap
	// RPC is the registration itself: parent, provider, protect, dependencies.
	RPC *pulumirpc.RegisterResourceRequest
}

// Input is a string input, empty if it is missing or not a string.
func (r Resource) Input(name string) string { return text(r.Inputs[resource.PropertyKey(name)]) }

// ARN is the resource's ARN.
func (r Resource) ARN() string { return text(r.State["arn"]) }

func text(v resource.PropertyValue) string {
	if v.IsString() {
		return v.StringValue()
	}
	return ""
}

// Graph is what a run registered, ordered by type and name, and what it read of others.
type Graph struct {
	Resources []Resource
	Read      []Resource
}

// Of are the resources of a type.
func (g *Graph) Of(typ string) []Resource {
	var out []Resource
	for _, r := range g.Resources {
		if r.Type == typ {
			out = append(out, r)
		}
	}
	return out
}

// Named is the resource of a type and name; it reports whether there is one.
func (g *Graph) Named(typ, name string) (Resource, bool) {
	for _, r := range g.Of(typ) {
		if r.Name == name {
			return r, true
		}
	}
	return Resource{}, false
}

// Options vary a run.
type Options struct {
	// Stack is the stack's name; it defaults to "test".
	Stack string
	// Config holds raw values by full key ("aurora-dsql-dr:owner").
	Config map[string]string
	// Preview makes everything that the cloud computes unknown, as in `pulumi preview` of a new stack.
	Preview bool
	// Parallel is the engine's --parallel; it defaults to 16.
	Parallel int32
	// Known, if set, answers a read with what the cloud says of a resource; else what the program knows of it is true.
	Known func(read Resource) resource.PropertyMap
	// Fail, if set, is asked before each provider function (token, region) and makes it fail.
	Fail func(token, region string) error
}

// Run executes the program and returns what it registered, also beside an error.
func Run(program pulumi.RunFunc, o Options) (*Graph, error) {
	rec := &recorder{preview: o.Preview, known: o.Known, fail: o.Fail, regions: map[string]string{}}
	err := pulumi.RunErr(
		program,
		pulumi.WithMocks("aurora-dsql-dr", cmp.Or(o.Stack, "test"), rec),
		func(info *pulumi.RunInfo) {
			info.Config, info.DryRun, info.Parallel = o.Config, o.Preview, cmp.Or(o.Parallel, 16)
		},
	)
	slices.SortFunc(
		rec.resources,
		func(a, b Resource) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name)) },
	)
	return &Graph{Resources: rec.resources, Read: rec.reads}, err
}

type recorder struct {
	preview bool
	known   func(Resource) resource.PropertyMap
	fail    func(token, region string) error

	mu        sync.Mutex
	regions   map[string]string // provider name -> region
	resources []Resource
	reads     []Resource
}

// NewResource implements pulumi.MockResourceMonitor.
func (rec *recorder) NewResource(a pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	r := Resource{
		Type:   a.TypeToken,
		Name:   a.Name,
		Custom: a.Custom,
		Inputs: a.Inputs,
		RPC:    a.RegisterRPC,
		Region: rec.regions[providerName(a.Provider)],
	}
	if a.ReadRPC != nil {
		return a.ID, rec.read(r), nil
	}
	if a.TypeToken == "pulumi:providers:aws" {
		rec.regions[a.Name] = text(a.Inputs["region"])
	}
	id := a.Name + "-id"
	r.State = rec.state(r)
	if rec.preview {
		id = ""
	}
	rec.resources = append(rec.resources, r)
	return id, r.State, nil
}

// read answers also in a preview: what is read is there.
func (rec *recorder) read(r Resource) resource.PropertyMap {
	r.State = r.Inputs.Copy()
	if rec.known != nil {
		for key, value := range rec.known(r) {
			r.State[key] = value
		}
	}
	rec.reads = append(rec.reads, r)
	return r.State
}

// state is the inputs and what the cloud computes: known values, or unknown ones in a preview.
func (rec *recorder) state(r Resource) resource.PropertyMap {
	state := r.Inputs.Copy()
	if !r.Custom || strings.HasPrefix(r.Type, "pulumi:providers:") {
		return state
	}
	for key, value := range computed(r) {
		switch {
		case state.HasValue(resource.PropertyKey(key)):
		case rec.preview:
			state[resource.PropertyKey(key)] = resource.MakeComputed(resource.NewStringProperty(""))
		default:
			state[resource.PropertyKey(key)] = resource.NewStringProperty(value)
		}
	}
	for key, value := range structured(r) {
		if rec.preview {
			value = resource.MakeComputed(resource.NewStringProperty(""))
		}
		set(state, strings.Split(key, "."), value)
	}
	return state
}

// computed are the outputs that the program reads, by type.
func computed(r Resource) map[string]string {
	name := cmp.Or(r.Input("name"), r.Name+"-1a2b3c4")
	arn := func(service, resource string) string {
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, r.Region, Account, resource)
	}
	switch r.Type {
	case "aws:dsql/cluster:Cluster":
		id := (strings.ReplaceAll(r.Name, "-", "") + strings.Repeat("x", 26))[:26]
		return map[string]string{"identifier": id, "arn": arn("dsql", "cluster/"+id)}
	case "aws:iam/role:Role":
		return map[string]string{"name": name, "arn": "arn:aws:iam::" + Account + ":role/" + name}
	case "aws:sqs/queue:Queue":
		return map[string]string{
			"name": name,
			"arn":  arn("sqs", name),
			"url":  "https://sqs." + r.Region + ".amazonaws.com/" + Account + "/" + name,
		}
	case "aws:sns/topic:Topic":
		return map[string]string{"name": name, "arn": arn("sns", name)}
	case "aws:kms/key:Key":
		if v := r.Inputs["multiRegion"]; v.IsBool() && v.BoolValue() {
			name = "mrk-" + name
		}
		return map[string]string{"arn": arn("kms", "key/"+name), "keyId": name}
	case "aws:kms/replicaKey:ReplicaKey":
		return map[string]string{"arn": arn("kms", "key/mrk-"+name), "keyId": "mrk-" + name}
	case "aws:lambda/function:Function":
		return map[string]string{
			"name": name,
			"arn":  arn("lambda", "function:"+name),
			"invokeArn": fmt.Sprintf(
				"arn:aws:apigateway:%s:lambda:path/2015-03-31/functions/%s/invocations",
				r.Region,
				arn("lambda", "function:"+name),
			),
		}
	case "aws:cloudwatch/logGroup:LogGroup":
		return map[string]string{"name": name, "arn": arn("logs", "log-group:"+name)}
	case "aws:cloudwatch/eventRule:EventRule":
		return map[string]string{"name": name, "arn": arn("events", path.Join("rule", r.Input("eventBusName"), name))}
	case "aws:cloudwatch/metricAlarm:MetricAlarm":
		return map[string]string{"name": name, "arn": arn("cloudwatch", "alarm:"+name)}
	case "aws:cloudwatch/compositeAlarm:CompositeAlarm":
		return map[string]string{"arn": arn("cloudwatch", "alarm:"+r.Input("alarmName"))}
	case "aws:cloudwatch/eventBus:EventBus":
		return map[string]string{"name": name, "arn": arn("events", "event-bus/"+name)}
	case "aws:cloudwatch/eventArchive:EventArchive":
		return map[string]string{"name": name, "arn": arn("events", "archive/"+name)}
	case "aws:apigatewayv2/api:Api":
		return map[string]string{
			"executionArn": arn("execute-api", name),
			"apiEndpoint":  "https://" + name + ".execute-api." + r.Region + ".amazonaws.com",
		}
	case "aws:acm/certificate:Certificate":
		return map[string]string{"arn": arn("acm", "certificate/"+name)}
	case "aws:route53/healthCheck:HealthCheck":
		return map[string]string{"arn": "arn:aws:route53:::healthcheck/" + r.Name + "-id"}
	case "aws:route53/record:Record":
		return map[string]string{"fqdn": strings.TrimSuffix(r.Input("name"), ".")}
	case "aws:backup/vault:Vault":
		return map[string]string{"name": name, "arn": arn("backup", "backup-vault:"+name)}
	case "aws:backup/plan:Plan":
		return map[string]string{"arn": arn("backup", "backup-plan:"+r.Name+"-id")}
	case "aws:sfn/stateMachine:StateMachine":
		return map[string]string{"name": name, "arn": arn("states", "stateMachine:"+name)}
	case "aws:scheduler/schedule:Schedule":
		return map[string]string{"name": name, "arn": arn("scheduler", "schedule/default/"+name)}
	case "aws:lambda/invocation:Invocation":
		return map[string]string{"result": "{}"}
	}
	return nil
}

// Call implements pulumi.MockResourceMonitor: the provider functions the program calls.
func (rec *recorder) Call(a pulumi.MockCallArgs) (resource.PropertyMap, error) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.fail != nil {
		if err := rec.fail(a.Token, rec.regions[providerName(a.Provider)]); err != nil {
			return nil, err
		}
	}
	switch a.Token {
	case "aws:index/getCallerIdentity:getCallerIdentity":
		return resource.NewPropertyMapFromMap(
			map[string]any{
				"accountId": Account,
				"arn":       "arn:aws:iam::" + Account + ":user/deployer",
				"userId":    "AIDADEPLOYER",
				"id":        Account,
			},
		), nil
	case "aws:index/getPartition:getPartition":
		return resource.NewPropertyMapFromMap(
			map[string]any{"partition": "aws", "dnsSuffix": "amazonaws.com", "id": "aws", "reverseDnsPrefix": "com.amazonaws"},
		), nil
	case "archive:index/getFile:getFile":
		out := a.Args.Copy()
		out["outputBase64sha256"] = resource.NewStringProperty("hash-of-" + text(a.Args["sourceFile"]))
		return out, nil
	}
	return nil, fmt.Errorf("the program calls %s, which has no mock", a.Token)
}

// providerName is the name in a provider reference, "urn:…::name::id".
func providerName(reference string) string {
	parts := strings.Split(reference, "::")
	if len(parts) < 2 {
		return ""
	}
	return parts[len(parts)-2]
}
