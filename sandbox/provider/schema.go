package provider

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var archiveType = reflect.TypeFor[pulumi.Archive]()

// properties are the fields of a struct by Pulumi name. The SDK's argument and state types have such a struct, of plain
// Go types with pulumi tags, in which what is optional is a pointer.
func properties(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("pulumi"); name != "" {
			fields[name] = t.Field(i).Type
		}
	}
	return fields
}

// problem is one thing wrong with a resource's inputs.
type problem struct{ property, reason string }

// checkObject compares an object with the struct the SDK has for it.
func checkObject(path string, object resource.PropertyMap, t reflect.Type) (problems []problem) {
	known := properties(t)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		name := string(key)
		at := join(path, name)
		want, ok := known[name]
		if !ok {
			problems = append(problems, problem{at, fmt.Sprintf("is not a property: want %s",
				strings.Join(slices.Sorted(maps.Keys(known)), ", "))})
			continue
		}
		problems = append(problems, checkValue(at, object[key], want)...)
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if requiredType(known[name]) && !object.HasValue(resource.PropertyKey(name)) {
			problems = append(problems, problem{join(path, name), "is required"})
		}
	}
	return problems
}

// requiredType reports whether the SDK makes a property of this type required. Lists, maps and any have no optional
// form in Go; which of them are required is said by the resource's kind.
func requiredType(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return false
	default:
		return true
	}
}

func checkValue(path string, value resource.PropertyValue, t reflect.Type) []problem {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	value = plain(value)
	if value.IsNull() || value.IsComputed() || t.Kind() == reflect.Interface && t != archiveType {
		return nil
	}
	if t == archiveType && value.IsArchive() {
		return nil
	}
	switch {
	case t.Kind() == reflect.Struct && value.IsObject():
		return checkObject(path, value.ObjectValue(), t)
	case t.Kind() == reflect.Map && value.IsObject():
		return checkMap(path, value.ObjectValue(), t.Elem())
	case t.Kind() == reflect.Slice && value.IsArray():
		return checkList(path, value.ArrayValue(), t.Elem())
	case t.Kind() == reflect.String && value.IsString(), t.Kind() == reflect.Bool && value.IsBool(),
		t.Kind() == reflect.Float64 && value.IsNumber():
		return nil
	case t.Kind() == reflect.Int && value.IsNumber() && value.NumberValue() == math.Trunc(value.NumberValue()):
		return nil
	}
	return []problem{{path, fmt.Sprintf("must be %s, not %s", typeName(t), shown(value))}}
}

func checkMap(path string, object resource.PropertyMap, t reflect.Type) (problems []problem) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		problems = append(problems, checkValue(join(path, string(key)), object[key], t)...)
	}
	return problems
}

func checkList(path string, list []resource.PropertyValue, t reflect.Type) (problems []problem) {
	for i, value := range list {
		problems = append(problems, checkValue(fmt.Sprintf("%s[%d]", path, i), value, t)...)
	}
	return problems
}

// plain is a value without the marks the engine may put around it.
func plain(value resource.PropertyValue) resource.PropertyValue {
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	if value.IsOutput() {
		if output := value.OutputValue(); output.Known {
			return plain(output.Element)
		}
		return resource.MakeComputed(resource.NewProperty(""))
	}
	return value
}

func typeName(t reflect.Type) string {
	switch {
	case t == archiveType:
		return "an archive"
	case t.Kind() == reflect.Struct:
		return "an object"
	case t.Kind() == reflect.Map:
		return "a map"
	case t.Kind() == reflect.Slice:
		return "a list"
	case t.Kind() == reflect.Int:
		return "a whole number"
	case t.Kind() == reflect.Float64:
		return "a number"
	case t.Kind() == reflect.Bool:
		return "true or false"
	default:
		return "a string"
	}
}

// shown describes a wrong value without repeating it: it may be a secret.
func shown(value resource.PropertyValue) string {
	if value.IsNumber() && value.NumberValue() != math.Trunc(value.NumberValue()) {
		return fmt.Sprint(value.NumberValue())
	}
	return "a value of type " + value.TypeString()
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
