package wire

import (
	"reflect"
	"time"
	"unicode"
	"unicode/utf8"
)

// unbind makes a tree of a value of the SDK. Nil members are left out; lower makes member names begin in lower case, as
// the models of the newer services have them.
func unbind(value any, lower bool, clock Clock) any {
	return unbinder{lower, clock}.value(reflect.ValueOf(value))
}

// unbinder makes trees of structs of the SDK.
type unbinder struct {
	lower bool
	clock Clock
}

func (u unbinder) value(v reflect.Value) any {
	switch {
	case v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return u.value(v.Elem())
	case v.Type() == timeType:
		return u.clock.ToWall(v.Interface().(time.Time))
	}
	switch v.Kind() {
	case reflect.Struct:
		members := object{}
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() || field.Name == "ResultMetadata" || isUnset(v.Field(i)) {
				continue
			}
			members[u.name(field)] = u.value(v.Field(i))
		}
		return members
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Bytes()
		}
		items := make([]any, v.Len())
		for i := range items {
			items[i] = u.value(v.Index(i))
		}
		return items
	case reflect.Map:
		members := dict{}
		for _, key := range v.MapKeys() {
			members[key.String()] = u.value(v.MapIndex(key))
		}
		return members
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Float32, reflect.Float64:
		return v.Float()
	default:
		return v.Int()
	}
}

// name is the name of a member: that of its field's tag, which only structs of ours have, else the field's own.
func (u unbinder) name(field reflect.StructField) string {
	if name, ok := field.Tag.Lookup("json"); ok {
		return name
	}
	return memberName(field.Name, u.lower)
}

// isUnset reports a member that is absent: nil, or an enum without a value.
func isUnset(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return v.IsNil()
	case reflect.String:
		return v.Len() == 0
	default:
		return false
	}
}

func memberName(field string, lower bool) string {
	if !lower {
		return field
	}
	r, size := utf8.DecodeRuneInString(field)
	return string(unicode.ToLower(r)) + field[size:]
}
