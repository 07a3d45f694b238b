package provider

import (
	"reflect"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// liveInputs are the inputs that would have led to the live state, so that the next diff against the program shows what
// has drifted. An input the state has keeps its place with the live value; one the program never gave appears when its
// live value has changed since the state was written. During an import, with neither, everything readable appears that
// is not what it is by default.
func (k *kind) liveInputs(olds, before, live resource.PropertyMap) resource.PropertyMap {
	inputs := resource.PropertyMap{}
	for name, t := range properties(k.args) {
		key := resource.PropertyKey(name)
		old, given := olds[key]
		now, readable := live[key]
		switch {
		case slices.Contains(k.writeOnly, name):
			if given {
				inputs[key] = old
			}
		case given && readable:
			inputs[key] = secretLike(old, project(old, withoutSecret(now), t))
		case given && empty(old):
			inputs[key] = old
		case !given && readable && !slices.Contains(k.computed, name) && k.differs(before, key, now):
			inputs[key] = k.importable(name, withoutSecret(now))
		}
	}
	return inputs
}

// differs reports whether a value says something that the state did not say.
func (k *kind) differs(before resource.PropertyMap, key resource.PropertyKey, now resource.PropertyValue) bool {
	was, known := before[key]
	if byDefault, has := k.defaults[string(key)]; has && !known {
		return !withoutSecret(now).DeepEquals(resource.NewPropertyValue(byDefault))
	}
	if !known {
		return !empty(now)
	}
	return !withoutSecret(now).DeepEquals(withoutSecret(was))
}

// importable leaves out of an object what AWS fills in, named in computed as "object.property".
func (k *kind) importable(name string, value resource.PropertyValue) resource.PropertyValue {
	if !value.IsObject() {
		return value
	}
	object := value.ObjectValue().Copy()
	for key := range object {
		if slices.Contains(k.computed, name+"."+string(key)) {
			delete(object, key)
		}
	}
	return resource.NewProperty(object)
}

// project gives the live value the shape of the old input: of an object only the properties that were given, of a
// document its old spelling when it means the same.
func project(old, live resource.PropertyValue, t reflect.Type) resource.PropertyValue {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	old = withoutSecret(old)
	switch {
	case t.Kind() == reflect.Struct && old.IsObject() && live.IsObject():
		return projectObject(old.ObjectValue(), live.ObjectValue(), t)
	case t.Kind() == reflect.Slice && old.IsArray() && live.IsArray() && len(old.ArrayValue()) == len(live.ArrayValue()):
		return projectList(old.ArrayValue(), live.ArrayValue(), t.Elem())
	default:
		return merge(old, live)
	}
}

func projectObject(old, live resource.PropertyMap, t reflect.Type) resource.PropertyValue {
	object := resource.PropertyMap{}
	for name, field := range properties(t) {
		key := resource.PropertyKey(name)
		was, given := old[key]
		now, readable := live[key]
		switch {
		case given && readable:
			object[key] = project(was, now, field)
		case given && empty(was):
			object[key] = was
		}
	}
	return resource.NewProperty(object)
}

func projectList(old, live []resource.PropertyValue, t reflect.Type) resource.PropertyValue {
	list := make([]resource.PropertyValue, len(live))
	for i := range live {
		list[i] = project(old[i], live[i], t)
	}
	return resource.NewProperty(list)
}

// empty reports whether a value says no more than its absence.
func empty(value resource.PropertyValue) bool {
	switch value = plain(value); {
	case value.IsNull():
		return true
	case value.IsBool():
		return !value.BoolValue()
	case value.IsNumber():
		return value.NumberValue() == 0
	case value.IsString():
		return value.StringValue() == ""
	case value.IsArray():
		return len(value.ArrayValue()) == 0
	case value.IsObject():
		return len(value.ObjectValue()) == 0
	}
	return false
}
