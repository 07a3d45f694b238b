// Package components holds the reusable parts of the disaster-recovery stack, one ComponentResource a file. Components
// never read configuration, never export and never create providers: the stack hands them a Region for every region
// they act in.
package components

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Region is one AWS region of one account, as a component sees it.
type Region struct {
	// Name is the region's code, "us-east-1". Required.
	Name string
	// Provider manages every resource of the region. Required.
	Provider *aws.Provider
	// Account is the twelve-digit account number that the provider acts in. Required.
	Account string
	// Partition is the ARN partition, "aws" in the commercial regions. Required.
	Partition string
}

// required lists the fields without which a region cannot be used, for required.
func (r Region) required(field string) map[string]bool {
	return map[string]bool{
		field + ".Name":      r.Name != "",
		field + ".Provider":  r.Provider != nil,
		field + ".Account":   r.Account != "",
		field + ".Partition": r.Partition != "",
	}
}

// rootARN is the principal that stands for the whole account: a key policy that names it delegates to the account's
// IAM.
func (r Region) rootARN() string { return "arn:" + r.Partition + ":iam::" + r.Account + ":root" }

// arn builds the ARN of a resource of this region and account.
func (r Region) arn(service, resource string) string {
	return "arn:" + r.Partition + ":" + service + ":" + r.Name + ":" + r.Account + ":" + resource
}

// child returns the options of a component's child: its parent and the region's provider. The caller's own options
// belong to the component alone; passing them on would leak aliases and ignoreChanges to every child.
func (r Region) child(parent pulumi.Resource, opts ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(parent), pulumi.Provider(r.Provider)}, opts...)
}

// open registers a component, unless its arguments have problems: the first thing that every constructor does.
func open(
	ctx *pulumi.Context, kind, name string, component pulumi.ComponentResource, problems error,
	opts []pulumi.ResourceOption,
) error {
	if problems != nil {
		return fmt.Errorf("%s %q: %w", kind, name, problems)
	}
	return ctx.RegisterComponentResource("aurora-dsql-dr:index:"+kind, name, component, opts...)
}

// required joins one error for every field that is missing.
func required(fields ...map[string]bool) error {
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
