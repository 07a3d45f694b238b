package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"

	"aurora-dsql-dr/sandbox/aws"
)

// kind is one resource type.
type kind struct {
	// title is how errors call it, as in terraform-provider-aws: "SNS Topic".
	title string
	// service is the ARN namespace of the service behind it.
	service string
	// args and state are the SDK's structs of inputs and outputs, which ElementType of its types gives.
	args, state reflect.Type
	// required are lists, maps and documents that must be given; see requiredType.
	required []string
	// name is how an absent name is made up; nil when the type has none.
	name *autoName
	// replaces are the properties whose change replaces the resource (ForceNew).
	replaces []string
	// deleteFirst: two of them cannot exist at a time.
	deleteFirst bool
	// computed are optional properties that AWS fills in when they are not given: what it fills in is no drift.
	computed []string
	// defaults are what properties are that the program does not give, where that is not the type's zero value.
	defaults map[string]any
	// writeOnly are inputs that a read does not give back.
	writeOnly []string
	// validate is what the provider has the service say of the inputs before anything is planned; nil for nothing.
	validate func(inputs resource.PropertyMap) []problem

	handlers
}

// handlers are what the resource does. Maps hold plain JSON by Pulumi property name. Without delete, a deletion calls
// nothing.
type handlers struct {
	create func(*call) (id string, state map[string]any, err error)
	read   func(*call) (state map[string]any, err error)
	update func(*call) (state map[string]any, err error)
	delete func(*call) error
}

// call is one operation on one resource.
type call struct {
	ctx    context.Context
	region *aws.Region
	cloud  *aws.Account
	// id is the physical id; empty during create.
	id string
	// inputs are the checked inputs; during read and delete those of the state.
	inputs map[string]any
	// old is the state before the operation; empty during create.
	old map[string]any
	// account is the account id that the provider has found; "" if it was told not to ask.
	account string
	// dir is the project's directory.
	dir string
	// code is the archive among the inputs, if there is one.
	code *archive.Archive
	// timeout is how long the operation may wait, in sandbox time.
	timeout time.Duration
}

// operations are a resource's service calls over the service's own struct, whose JSON names are Pulumi's.
type operations[T any] struct {
	id     func(T) string
	create func(*call, T) (T, error)
	read   func(*call) (T, error)
	update func(*call, T) (T, error)
	delete func(*call) error
}

// over turns typed operations into handlers by a JSON round trip.
func over[T any](o operations[T]) handlers {
	return handlers{
		create: func(c *call) (string, map[string]any, error) {
			in, err := decode[T](c.inputs)
			if err != nil {
				return "", nil, err
			}
			out, err := o.create(c, in)
			if err != nil {
				return "", nil, err
			}
			state, err := encode(out)
			return o.id(out), state, err
		},
		read: func(c *call) (map[string]any, error) {
			out, err := o.read(c)
			if err != nil {
				return nil, err
			}
			return encode(out)
		},
		update: func(c *call) (map[string]any, error) {
			in, err := decode[T](c.inputs)
			if err != nil {
				return nil, err
			}
			out, err := o.update(c, in)
			if err != nil {
				return nil, err
			}
			return encode(out)
		},
		delete: o.delete,
	}
}

// decode refuses a property that the real provider has and the sandbox does not model: ignoring it would make the
// sandbox say yes to what it has not looked at.
func decode[T any](inputs map[string]any) (T, error) {
	var in T
	body, err := json.Marshal(inputs)
	if err != nil {
		return in, err
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return in, fmt.Errorf("the sandbox does not model this: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return in, nil
}

func encode(state any) (map[string]any, error) {
	body, err := json.Marshal(state)
	if err != nil {
		return nil, err
	}
	var plain map[string]any
	return plain, json.Unmarshal(body, &plain)
}

// text is a string property of an object, "" when it is absent.
func text(object map[string]any, name string) string {
	s, _ := object[name].(string)
	return s
}

// outputs are the inputs and what the service says of the resource, as far as the SDK has a property for it. What was
// secret stays so.
func (k *kind) outputs(inputs resource.PropertyMap, state map[string]any) resource.PropertyMap {
	out := inputs.Copy()
	for name := range properties(k.state) {
		if value, ok := state[name]; ok && value != nil {
			key := resource.PropertyKey(name)
			out[key] = merge(plain(inputs[key]), resource.NewPropertyValue(value))
		}
	}
	if tags, ok := out["tags"]; ok && properties(k.state)["tagsAll"] != nil {
		out["tags"] = withoutAWSs(tags)
		out["tagsAll"] = out["tags"]
	}
	return conceal(out, inputs)
}

// withoutAWSs are tags without those that AWS sets, as CloudFormation does: the provider does not see them
// (internal/tags, IgnoreAWS).
func withoutAWSs(tags resource.PropertyValue) resource.PropertyValue {
	if !plain(tags).IsObject() {
		return tags
	}
	own := plain(tags).ObjectValue().Copy()
	maps.DeleteFunc(own, func(key resource.PropertyKey, _ resource.PropertyValue) bool {
		return strings.HasPrefix(string(key), "aws:")
	})
	return secretLike(tags, resource.NewProperty(own))
}

// planned are the outputs of a create that has not happened: what is not an input is not known.
func (k *kind) planned(inputs resource.PropertyMap) resource.PropertyMap {
	out := inputs.Copy()
	for name := range properties(k.state) {
		if _, ok := out[resource.PropertyKey(name)]; ok {
			continue
		}
		if properties(k.args)[name] == nil || slices.Contains(k.computed, name) {
			out[resource.PropertyKey(name)] = resource.MakeComputed(resource.NewProperty(""))
		}
	}
	return out
}

// merge prefers the program's spelling of a JSON document that means the same.
func merge(input, live resource.PropertyValue) resource.PropertyValue {
	if input.IsString() && live.IsString() && sameDocument(input.StringValue(), live.StringValue()) {
		return input
	}
	return live
}

func sameDocument(a, b string) bool {
	var x, y any
	return a == b ||
		json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}
