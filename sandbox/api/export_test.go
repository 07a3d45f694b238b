package api

import (
	"maps"
	"slices"
	"strings"
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
