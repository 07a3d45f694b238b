package provider

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	pulumiaws "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// version is what the plugin says it is: the engine warns of one that is older than the program's SDK. The behaviour
// was read from 6.83.2.
const version = "6.83.4"

// awsProvider serves the package "aws".
type awsProvider struct {
	common
	opts Options
}

var providerArgs = pulumiaws.ProviderArgs{}.ElementType()

func (p *awsProvider) Handshake(
	context.Context,
	*pulumirpc.ProviderHandshakeRequest,
) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true}, nil
}

// CheckConfig checks the configuration of a provider resource, and its credentials. Nested values arrive as JSON text.
func (p *awsProvider) CheckConfig(ctx context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	inputs, err := unmarshal(r.GetNews())
	if err != nil {
		return nil, err
	}
	problems := checkObject("", configured(inputs), providerArgs)
	if !inputs.HasValue("region") {
		problems = append(problems, problem{"region", "is required"})
	} else if region := plain(inputs["region"]); region.IsString() {
		if _, err := p.region(region.StringValue()); err != nil {
			problems = append(problems, problem{"region", err.Error()})
		}
	}
	if len(problems) == 0 {
		c, err := readConfig(inputs)
		if err != nil {
			return nil, err
		}
		problems = p.validateCredentials(ctx, c)
	}
	return &pulumirpc.CheckResponse{Inputs: r.GetNews(), Failures: failures(problems)}, nil
}

// configured parses the JSON text in a provider's configuration.
func configured(inputs resource.PropertyMap) resource.PropertyMap {
	out := resource.PropertyMap{}
	types := properties(providerArgs)
	for key, value := range inputs {
		if key == "version" || key == "__internal" || key == "pluginDownloadURL" { // the engine's own
			continue
		}
		value = plain(value)
		var parsed any
		if value.IsString() && !isText(types[string(key)]) && json.Unmarshal([]byte(value.StringValue()), &parsed) == nil {
			value = resource.NewPropertyValue(parsed)
		}
		out[key] = value
	}
	return out
}

func isText(t reflect.Type) bool {
	return t == nil || t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.String
}

// DiffConfig replaces a provider, and with it its resources, when it moves to another region.
func (p *awsProvider) DiffConfig(_ context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, news, err := unmarshalBoth(r.GetOldInputs(), r.GetNews())
	if err != nil {
		return nil, err
	}
	return (&kind{replaces: []string{"region"}}).diff(olds, news, nil, r.GetIgnoreChanges()), nil
}

func (p *awsProvider) Configure(
	ctx context.Context,
	r *pulumirpc.ConfigureRequest,
) (*pulumirpc.ConfigureResponse, error) {
	inputs, err := unmarshal(r.GetArgs())
	if err != nil {
		return nil, err
	}
	c, err := readConfig(inputs)
	if err != nil {
		return nil, err
	}
	account, err := p.accountID(ctx, c)
	if err != nil {
		return nil, err
	}
	instanceOf(ctx).configure(c, account)
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

func (p *awsProvider) Cancel(ctx context.Context, _ *emptypb.Empty) (*emptypb.Empty, error) {
	instanceOf(ctx).cancel()
	return &emptypb.Empty{}, nil
}

// Check validates the inputs of a resource, applies the provider's default tags and makes up a missing name.
func (p *awsProvider) Check(ctx context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	k, err := kindOf(r.GetType(), r.GetUrn())
	if err != nil {
		return nil, err
	}
	olds, news, err := unmarshalBoth(r.GetOlds(), r.GetNews())
	if err != nil {
		return nil, err
	}
	problems := checkObject("", news, k.args)
	for _, name := range k.required {
		if !news.HasValue(resource.PropertyKey(name)) {
			problems = append(problems, problem{name, "is required"})
		}
	}
	if k.validate != nil {
		problems = append(problems, k.validate(news)...)
	}
	if err := k.name.fill(news, olds, resource.URN(r.GetUrn()).Name(), r.GetRandomSeed()); err != nil {
		problems = append(problems, problem{string(nameProperty), err.Error()})
	}
	if properties(k.args)["tags"] != nil {
		applyDefaultTags(news, instanceOf(ctx).configured().DefaultTags.Tags)
	}
	inputs, err := marshal(news)
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: failures(problems)}, err
}

// applyDefaultTags adds the provider's tags below the resource's own.
func applyDefaultTags(inputs resource.PropertyMap, defaults map[string]string) {
	own := plain(inputs["tags"])
	if len(defaults) == 0 || own.IsComputed() {
		return
	}
	tags := resource.PropertyMap{}
	for key, value := range defaults {
		tags[resource.PropertyKey(key)] = resource.NewProperty(value)
	}
	if own.IsObject() {
		maps.Copy(tags, own.ObjectValue())
	}
	inputs["tags"] = secretLike(inputs["tags"], resource.NewProperty(tags))
}

func failures(problems []problem) (out []*pulumirpc.CheckFailure) {
	for _, p := range problems {
		out = append(out, &pulumirpc.CheckFailure{
			Property: p.property,
			Reason:   strings.TrimSpace(p.property + " " + p.reason),
		})
	}
	return out
}

func (p *awsProvider) Diff(_ context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	k, err := kindOf(r.GetType(), r.GetUrn())
	if err != nil {
		return nil, err
	}
	olds, news, err := unmarshalBoth(r.GetOldInputs(), r.GetNews())
	if err != nil {
		return nil, err
	}
	state, err := unmarshal(r.GetOlds())
	if err != nil {
		return nil, err
	}
	return k.diff(withoutSecrets(olds), withoutSecrets(news), withoutSecrets(state), r.GetIgnoreChanges()), nil
}

func (p *awsProvider) Create(ctx context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	k, err := kindOf(r.GetType(), r.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal(r.GetProperties())
	if err != nil {
		return nil, err
	}
	if r.GetPreview() {
		properties, err := marshal(k.planned(inputs))
		return &pulumirpc.CreateResponse{Properties: properties}, err
	}
	var id string
	var state map[string]any
	c := &call{inputs: asJSON(inputs), code: archiveOf(inputs)}
	err = p.run(ctx, k, c, "create", r.GetTimeout(), func() (err error) {
		id, state, err = k.create(c)
		return err
	})
	if err != nil {
		return nil, failed("creating", k, resource.URN(r.GetUrn()).Name(), err)
	}
	properties, err := marshal(k.outputs(inputs, state))
	return &pulumirpc.CreateResponse{Id: id, Properties: properties}, err
}

// Read serves a refresh, and an import when there are no inputs yet. An empty id says that the resource is gone.
func (p *awsProvider) Read(ctx context.Context, r *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	k, err := kindOf(r.GetType(), r.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, before, err := unmarshalBoth(r.GetInputs(), r.GetProperties())
	if err != nil {
		return nil, err
	}
	var state map[string]any
	c := &call{id: r.GetId(), inputs: asJSON(inputs), old: asJSON(before)}
	err = p.run(ctx, k, c, "read", r.GetTimeout(), func() (err error) {
		state, err = k.read(c)
		return err
	})
	if isNotFound(err) {
		return &pulumirpc.ReadResponse{}, nil
	}
	if err != nil {
		return nil, failed("reading", k, r.GetId(), err)
	}
	live := conceal(k.outputs(keep(inputs, k.writeOnly), state), inputs)
	properties, err := marshal(live)
	if err != nil {
		return nil, err
	}
	readInputs, err := marshal(k.liveInputs(inputs, before, live))
	return &pulumirpc.ReadResponse{Id: r.GetId(), Properties: properties, Inputs: readInputs}, err
}

// keep is the part of an object with these names.
func keep(object resource.PropertyMap, names []string) resource.PropertyMap {
	kept := object.Copy()
	maps.DeleteFunc(kept, func(key resource.PropertyKey, _ resource.PropertyValue) bool {
		return !slices.Contains(names, string(key))
	})
	return kept
}

func (p *awsProvider) Update(ctx context.Context, r *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	k, err := kindOf(r.GetType(), r.GetUrn())
	if err != nil {
		return nil, err
	}
	olds, news, err := unmarshalBoth(r.GetOlds(), r.GetNews())
	if err != nil {
		return nil, err
	}
	state := asJSON(olds)
	if !r.GetPreview() {
		c := &call{
			id:     r.GetId(),
			inputs: asJSON(news),
			old:    asJSON(olds),
			code:   archiveOf(news),
		}
		err = p.run(ctx, k, c, "update", r.GetTimeout(), func() (err error) {
			state, err = k.update(c)
			return err
		})
		if err != nil {
			return nil, failed("updating", k, r.GetId(), err)
		}
	} else {
		maps.DeleteFunc(state, func(name string, _ any) bool { return properties(k.args)[name] != nil })
	}
	properties, err := marshal(k.outputs(news, state))
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

func (p *awsProvider) Delete(ctx context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	k, err := kindOf(r.GetType(), r.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, before, err := unmarshalBoth(r.GetOldInputs(), r.GetProperties())
	if err != nil {
		return nil, err
	}
	c := &call{id: r.GetId(), inputs: asJSON(inputs), old: asJSON(before)}
	if k.delete == nil {
		return &emptypb.Empty{}, nil
	}
	err = p.run(ctx, k, c, "delete", r.GetTimeout(), func() error { return k.delete(c) })
	if err != nil && !isNotFound(err) {
		return nil, failed("deleting", k, r.GetId(), err)
	}
	return &emptypb.Empty{}, nil
}

// run does one operation in the instance's region: it ends with the request, with the engine's Cancel and with the
// operation's timeout.
func (p *awsProvider) run(
	ctx context.Context,
	k *kind,
	c *call,
	operation string,
	seconds float64,
	do func() error,
) error {
	i := instanceOf(ctx)
	ctx, stop := i.context(ctx)
	defer stop()
	region, err := p.region(i.configured().Region)
	if err != nil {
		return err
	}
	c.ctx = ctx
	c.region = region
	c.cloud = p.opts.Account
	c.dir = p.opts.Dir
	c.account = i.accountID()
	c.timeout, err = p.timeout(c.inputs, operation, seconds)
	if err != nil {
		return err
	}
	home, err := p.home(k.service, i.configured().Region)
	if err != nil {
		return err
	}
	err = retrying(ctx, home, k.service, i.configured(), do)
	if err != nil && errors.Is(context.Cause(ctx), errCancelled) {
		return errCancelled
	}
	return err
}

// timeout is the resource's own (timeouts), the engine's (customTimeouts) or the default, in this order.
func (p *awsProvider) timeout(inputs map[string]any, operation string, seconds float64) (time.Duration, error) {
	if timeouts, ok := inputs["timeouts"].(map[string]any); ok && text(timeouts, operation) != "" {
		return time.ParseDuration(text(timeouts, operation))
	}
	if seconds > 0 {
		return time.Duration(seconds * float64(time.Second)), nil
	}
	return p.opts.Timeout, nil
}

// kindOf finds a resource type. Old engines send the type only within the URN.
func kindOf(token, urn string) (*kind, error) {
	if token == "" {
		token = string(resource.URN(urn).Type())
	}
	if k, ok := kinds[token]; ok {
		return k, nil
	}
	return nil, status.Errorf(codes.InvalidArgument, "the sandbox has no resource type %s; it has %s", token,
		strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
}

func unmarshal(s *structpb.Struct) (resource.PropertyMap, error) {
	if s == nil {
		return resource.PropertyMap{}, nil
	}
	return plugin.UnmarshalProperties(s, plugin.MarshalOptions{
		KeepUnknowns:     true,
		KeepSecrets:      true,
		SkipNulls:        true,
		SkipInternalKeys: true,
	})
}

func unmarshalBoth(a, b *structpb.Struct) (x, y resource.PropertyMap, err error) {
	if x, err = unmarshal(a); err != nil {
		return nil, nil, err
	}
	y, err = unmarshal(b)
	return x, y, err
}

func marshal(properties resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(properties, plugin.MarshalOptions{
		KeepUnknowns: true,
		KeepSecrets:  true,
		SkipNulls:    true,
	})
}
