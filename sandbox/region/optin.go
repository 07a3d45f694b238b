package region

import "slices"

// defaultRegions are enabled in every account. The list is complete: all launched after March 20, 2019 are to be opted
// in to (AWS Account Management, "Enable or disable AWS Regions in your account").
var defaultRegions = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
	"ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
	"us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

// optInRegions are those that an account may opt in to ("AWS Regions", AWS Regions and Availability Zones).
var optInRegions = []string{
	"af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
	"ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1",
	"me-central-1", "me-south-1", "mx-central-1",
}

// OptIn is whether a region has to be enabled before an account can use it.
func OptIn(name string) bool { return !slices.Contains(defaultRegions, name) }

// All are the regions of AWS by name.
func All() []string { return slices.Sorted(slices.Values(slices.Concat(defaultRegions, optInRegions))) }
