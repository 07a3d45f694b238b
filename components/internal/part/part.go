// Package part has what every component begins with.
package part

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Open registers a component, unless its arguments have problems: the first thing that every constructor does.
func Open(
	ctx *pulumi.Context, kind, name string, component pulumi.ComponentResource, problems error,
	opts []pulumi.ResourceOption,
) error {
	if problems != nil {
		return fmt.Errorf("%s %q: %w", kind, name, problems)
	}
	return ctx.RegisterComponentResource("aurora-dsql-dr:index:"+kind, name, component, opts...)
}

// Required joins one error for every field that is missing.
func Required(fields ...map[string]bool) error {
	var problems []error
	for _, group := range fields {
		for _, name := range slices.Sorted(maps.Keys(group)) {
			if !group[name] {
				problems = append(problems, fmt.Errorf("%s is required", name))
			}
		}
	}
	return errors.Join(problems...)
}

// Child returns the options of a component's child: its parent and a region's provider. The caller's own options belong
// to the component alone; passing them on would leak aliases and ignoreChanges to every child.
func Child(
	parent pulumi.Resource, provider pulumi.ProviderResource, opts ...pulumi.ResourceOption,
) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(parent), pulumi.Provider(provider)}, opts...)
}
