package config

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/lambda/contract"
)

// MaxRoutes keeps every policy of the routes' targets below its quota: the processor's, of 20 KB, has a statement for
// each.
const MaxRoutes = 20

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
	if len(list) > MaxRoutes {
		r.problem(from.path(key), fmt.Sprint(len(list)), fmt.Sprintf("at most %d routes", MaxRoutes))
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
		r.problem(entry.path("minimumAmount"), strconv.FormatFloat(*route.MinimumAmount, 'f', -1, 64),
			"at most maximumAmount")
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

// decimal is a number that EventBridge's numeric matching compares exactly ("Amazon EventBridge event pattern
// comparison operators": up to 15 digits, six of them after the point).
var decimal = regexp.MustCompile(`^-?\d{1,10}(\.\d{1,6})?$`)

// amount reads a bound of numeric matching.
func (r *reader) amount(from object, key string) *float64 {
	raw, ok := from.look(key)
	if !ok {
		return nil
	}
	value, err := strconv.ParseFloat(raw, 64)
	if err != nil || !decimal.MatchString(raw) || value < -5e9 || value > 5e9 {
		r.problem(from.path(key), raw,
			"a decimal number from -5000000000 to 5000000000 with up to six digits after the point, as EventBridge compares")
		return nil
	}
	return &value
}
