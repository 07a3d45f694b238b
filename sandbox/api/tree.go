package api

import (
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Every protocol is read into, and written from, one tree: object for a structure, dict for a map with free keys, []any
// for a list, and string, bool, int64, uint64, float64, []byte and time.Time for the leaves. What a request or an answer
// looks like is said by the structs of the AWS SDK, whose field names are the member names of the API models.
type (
	object map[string]any
	dict   map[string]any
)

var timeType = reflect.TypeFor[time.Time]()

// bind fills target, a pointer to a struct of the SDK, from a tree. Members the struct does not have are ignored, as AWS
// ignores them. The error names the member.
func bind(tree any, target any) error { return bindValue(tree, reflect.ValueOf(target).Elem(), "") }

func bindValue(tree any, v reflect.Value, path string) error {
	if tree == nil {
		return nil
	}
	switch {
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return bindValue(tree, v.Elem(), path)
	case v.Type() == timeType:
		return bindTime(tree, v, path)
	case v.Kind() == reflect.Struct:
		return bindStruct(tree, v, path)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return bindBytes(tree, v, path)
	case v.Kind() == reflect.Slice:
		return bindSlice(tree, v, path)
	case v.Kind() == reflect.Map:
		return bindMap(tree, v, path)
	default:
		return bindScalar(tree, v, path)
	}
}

func bindStruct(tree any, v reflect.Value, path string) error {
	members, ok := tree.(object)
	if !ok {
		return mismatch(path, "a structure", tree)
	}
	for name, member := range members {
		field := v.FieldByName(upperFirst(name))
		if !field.IsValid() || !field.CanSet() {
			continue
		}
		if err := bindValue(member, field, join(path, name)); err != nil {
			return err
		}
	}
	return nil
}

// bindSlice also takes the query protocol's lists: List.member.1 or, flattened, List.1.
func bindSlice(tree any, v reflect.Value, path string) error {
	items, ok := tree.([]any)
	if !ok {
		if items, ok = numbered(tree, "member"); !ok {
			return mismatch(path, "a list", tree)
		}
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := bindValue(item, v.Index(i), fmt.Sprintf("%s.%d", path, i+1)); err != nil {
			return err
		}
	}
	return nil
}

// bindMap also takes the query protocol's maps: Map.entry.1.key, Map.entry.1.value, or Name and Value.
func bindMap(tree any, v reflect.Value, path string) error {
	members, ok := tree.(object)
	if !ok {
		return mismatch(path, "a map", tree)
	}
	if entries, isQuery := numbered(tree, "entry"); isQuery {
		members = object{}
		for _, entry := range entries {
			pair, _ := entry.(object)
			key, _ := first(pair, "key", "Key", "Name").(string)
			members[key] = first(pair, "value", "Value")
		}
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(members)))
	for key, member := range members {
		value := reflect.New(v.Type().Elem()).Elem()
		if err := bindValue(member, value, join(path, key)); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), value)
	}
	return nil
}

func bindBytes(tree any, v reflect.Value, path string) error {
	switch b := tree.(type) {
	case []byte:
		v.SetBytes(b)
		return nil
	case string:
		decoded, err := base64.StdEncoding.DecodeString(b)
		if err != nil {
			return mismatch(path, "base64", tree)
		}
		v.SetBytes(decoded)
		return nil
	}
	return mismatch(path, "a blob", tree)
}

// furthestSecond is the end of the year 9999, in Unix seconds: the last that RFC 3339 can write.
const furthestSecond = 253_402_300_799

// bindTime takes CBOR's times, JSON's epoch seconds and the query protocol's RFC 3339.
func bindTime(tree any, v reflect.Value, path string) error {
	switch t := tree.(type) {
	case time.Time:
		if math.Abs(float64(t.Unix())) > furthestSecond {
			return mismatch(path, "a time", tree)
		}
		v.Set(reflect.ValueOf(t.UTC()))
		return nil
	case string:
		if parsed, err := time.Parse(time.RFC3339Nano, t); err == nil {
			v.Set(reflect.ValueOf(parsed.UTC()))
			return nil
		}
	}
	seconds, err := number(tree)
	if err != nil || !(math.Abs(seconds) <= furthestSecond) {
		return mismatch(path, "a time", tree)
	}
	v.Set(reflect.ValueOf(time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()))
	return nil
}

func bindScalar(tree any, v reflect.Value, path string) error {
	switch v.Kind() {
	case reflect.String:
		if s, ok := tree.(string); ok {
			v.SetString(s)
			return nil
		}
		return mismatch(path, "a string", tree)
	case reflect.Bool:
		if b, err := strconv.ParseBool(fmt.Sprint(tree)); err == nil {
			v.SetBool(b)
			return nil
		}
		return mismatch(path, "a boolean", tree)
	case reflect.Int32, reflect.Int64, reflect.Int:
		n, err := number(tree)
		if inRange := math.Abs(n) < 1<<63; err == nil && inRange && n == math.Trunc(n) && !v.OverflowInt(int64(n)) {
			v.SetInt(int64(n))
			return nil
		}
		return mismatch(path, "an integer", tree)
	case reflect.Float32, reflect.Float64:
		if n, err := number(tree); err == nil {
			v.SetFloat(n)
			return nil
		}
		return mismatch(path, "a number", tree)
	default:
		return mismatch(path, v.Type().String(), tree)
	}
}

// number reads a number, or a string that holds one: the query protocol has no numbers, and JSON spells NaN as a string.
func number(tree any) (float64, error) {
	switch n := tree.(type) {
	case float64:
		return n, nil
	case int64:
		return float64(n), nil
	case uint64:
		return float64(n), nil
	case string:
		return strconv.ParseFloat(n, 64)
	}
	return 0, fmt.Errorf("%T is no number", tree)
}

// numbered returns the items of a query protocol list in the order of their numbers.
func numbered(tree any, wrapper string) ([]any, bool) {
	if tree == "" { // an empty list is sent as its bare name
		return nil, true
	}
	members, ok := tree.(object)
	if !ok {
		return nil, false
	}
	if inner, wrapped := members[wrapper]; wrapped {
		return numbered(inner, "")
	}
	numbers := make([]int, 0, len(members))
	for key := range members {
		n, err := strconv.Atoi(key)
		if err != nil {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	items := make([]any, len(numbers))
	for i, n := range numbers {
		items[i] = members[strconv.Itoa(n)]
	}
	return items, len(items) > 0
}

// unbind makes a tree of a value of the SDK. Nil members are left out; lower makes member names begin in lower case, as
// the models of the newer services have them.
func unbind(value any, lower bool) any { return unbindValue(reflect.ValueOf(value), lower) }

func unbindValue(v reflect.Value, lower bool) any {
	switch {
	case v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return unbindValue(v.Elem(), lower)
	case v.Type() == timeType:
		return v.Interface()
	}
	switch v.Kind() {
	case reflect.Struct:
		members := object{}
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() || field.Name == "ResultMetadata" || isUnset(v.Field(i)) {
				continue
			}
			members[memberName(field.Name, lower)] = unbindValue(v.Field(i), lower)
		}
		return members
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Bytes()
		}
		items := make([]any, v.Len())
		for i := range items {
			items[i] = unbindValue(v.Index(i), lower)
		}
		return items
	case reflect.Map:
		members := dict{}
		for _, key := range v.MapKeys() {
			members[key.String()] = unbindValue(v.MapIndex(key), lower)
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

func upperFirst(name string) string {
	r, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + name[size:]
}

func first(members object, names ...string) any {
	for _, name := range names {
		if v, ok := members[name]; ok {
			return v
		}
	}
	return nil
}

func join(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

func mismatch(path, want string, got any) error {
	return fmt.Errorf("%s must be %s, not %T", path, want, got)
}
