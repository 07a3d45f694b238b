package api

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/api/wire"
)

// Operation is how a request of an operation is addressed.
type Operation struct {
	Service, Name string // Service as in a credential scope
	Method, Path  string // of REST-JSON; the members in the path are named "x"
}

// Operations lists every operation of every service, in a fixed order.
func Operations() (all []Operation) {
	for _, name := range slices.Sorted(maps.Keys(services)) {
		for _, o := range services[name].operations {
			operation := Operation{Service: name, Name: o.Name}
			if o.Route != nil {
				operation.Method = o.Route.Method
				for _, segment := range o.Route.Segments {
					if strings.HasPrefix(segment, "{") {
						segment = "x"
					}
					operation.Path += "/" + segment
				}
				operation.Path = strings.Replace(operation.Path, "//", "/", 1)
			}
			all = append(all, operation)
		}
	}
	return all
}

// Everything lists the operations that REST services have on AWS, each with its table.
func Everything() (all []Operation) {
	for _, name := range slices.Sorted(maps.Keys(services)) {
		for _, o := range services[name].all {
			path := regexp.MustCompile(`\{[^}]+\}`).ReplaceAllString(strings.Join(o.Route.Segments, "/"), "x")
			if o.Route.Query != "" {
				path += "?" + o.Route.Query
			}
			all = append(all, Operation{Service: name, Name: o.Name, Method: o.Route.Method, Path: path})
		}
	}
	return all
}

// Asked is what a request asks of a service.
func Asked(name string, r *http.Request) string {
	return services[name].asked(wire.Open(httptest.NewRecorder(), r))
}
