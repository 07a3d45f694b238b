// Package components holds the reusable parts of the disaster-recovery stack, one ComponentResource a file. Components
// never read configuration, never export and never create providers: the stack hands them a Region for every region
// they act in.
package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/part"
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

// Required lists the fields without which a region cannot be used, for part.Required.
func (r Region) Required(field string) map[string]bool {
	return map[string]bool{
		field + ".Name":      r.Name != "",
		field + ".Provider":  r.Provider != nil,
		field + ".Account":   r.Account != "",
		field + ".Partition": r.Partition != "",
	}
}

// RootARN is the principal that stands for the whole account: a key policy that names it delegates to the account's
// IAM.
func (r Region) RootARN() string { return "arn:" + r.Partition + ":iam::" + r.Account + ":root" }

// ARN builds the ARN of a resource of this region and account.
func (r Region) ARN(service, resource string) string {
	return "arn:" + r.Partition + ":" + service + ":" + r.Name + ":" + r.Account + ":" + resource
}

// Child returns the options of a component's child in the region.
func (r Region) Child(parent pulumi.Resource, opts ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return part.Child(parent, r.Provider, opts...)
}
