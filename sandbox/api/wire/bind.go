package wire

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
// for a list, and string, bool, int64, uint64, float64, []byte and time.Time for the leaves; what of XML is read is an
// element, for either of the first three. What a request or an answer looks like is said by the structs of the AWS SDK,
// whose field names are the member names of the API models.
//
// Outside the sandbox time is the wall's. Every time changes clocks where it is bound to a struct, or unbound from one,
// and handlers know the sandbox's only.
type (
	object map[string]any
	dict   map[string]any
)

var timeType = reflect.TypeFor[time.Time]()

// Clock changes times from the wall's to the sandbox's and back.
type Clock interface {
	FromWall(wall time.Time) time.Time
	ToWall(t time.Time) time.Time
}

// binder fills structs of the SDK from trees.
type binder struct{ clock Clock }

// bind fills target, a pointer to a struct of the SDK, from a tree. Members the struct does not have are ignored, as
// AWS ignores them. The error names the member.
func bind(tree, target any, clock Clock) error {
	return binder{clock}.value(tree, reflect.ValueOf(target).Elem(), "")
}

func (b binder) value(tree any, v reflect.Value, path string) error {
	if tree == nil {
		return nil
	}
	switch {
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return b.value(tree, v.Elem(), path)
	case v.Type() == timeType:
		return b.moment(tree, v, path)
	case v.Kind() == reflect.Struct:
		return b.structure(tree, v, path)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return bindBytes(tree, v, path)
	case v.Kind() == reflect.Slice:
		return b.list(tree, v, path)
	case v.Kind() == reflect.Map:
		return b.dict(tree, v, path)
	default:
		return bindScalar(tree, v, path)
	}
}

func (b binder) structure(tree any, v reflect.Value, path string) error {
	if nested, isXML := tree.(element); isXML {
		tree = nested.members()
	}
	members, ok := tree.(object)
	if !ok {
		return mismatch(path, "a structure", tree)
	}
	for name, member := range members {
		field := v.FieldByName(upperFirst(name))
		if !field.IsValid() || !field.CanSet() {
			continue
		}
		if err := b.value(member, field, join(path, name)); err != nil {
			return err
		}
	}
	return nil
}

// list also takes the query protocol's lists, List.member.1 or, flattened, List.1, and those of XML.
func (b binder) list(tree any, v reflect.Value, path string) error {
	if nested, isXML := tree.(element); isXML {
		tree = nested.items()
	}
	items, ok := tree.([]any)
	if !ok {
		if items, ok = numbered(tree, "member"); !ok {
			return mismatch(path, "a list", tree)
		}
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := b.value(item, v.Index(i), fmt.Sprintf("%s.%d", path, i+1)); err != nil {
			return err
		}
	}
	return nil
}

// dict also takes the query protocol's maps: Map.entry.1.key, Map.entry.1.value, or Name and Value.
func (b binder) dict(tree any, v reflect.Value, path string) error {
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
		if err := b.value(member, value, join(path, key)); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), value)
	}
	return nil
}

func bindBytes(tree any, v reflect.Value, path string) error {
	switch blob := tree.(type) {
	case []byte:
		v.SetBytes(blob)
		return nil
	case string:
		decoded, err := base64.StdEncoding.DecodeString(blob)
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

// moment takes CBOR's times, JSON's epoch seconds and the query protocol's RFC 3339.
func (b binder) moment(tree any, v reflect.Value, path string) error {
	switch t := tree.(type) {
	case time.Time:
		if math.Abs(float64(t.Unix())) > furthestSecond {
			return mismatch(path, "a time", tree)
		}
		return b.set(v, t)
	case string:
		if parsed, err := time.Parse(time.RFC3339Nano, t); err == nil {
			return b.set(v, parsed)
		}
	}
	seconds, err := number(tree)
	if err != nil || !(math.Abs(seconds) <= furthestSecond) {
		return mismatch(path, "a time", tree)
	}
	return b.set(v, time.UnixMilli(int64(math.Round(seconds*1000))))
}

// set is where a time that comes in changes clocks.
func (b binder) set(v reflect.Value, wall time.Time) error {
	v.Set(reflect.ValueOf(b.clock.FromWall(wall).UTC()))
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

// number reads a number, or a string that holds one: the query protocol has no numbers, and JSON spells NaN as a
// string.
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
