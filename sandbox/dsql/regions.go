package dsql

import "slices"

// regionSets are the groups of regions inside which clusters can be peered and witnessed; there is no pair across two
// sets (Aurora DSQL User Guide, "Configuring multi-Region clusters"). Whether AWS accepts a witness outside its
// clusters' set is not documented: it is refused here.
var regionSets = map[string][]string{
	"North America": {"us-east-1", "us-east-2", "us-west-2", "ca-central-1", "ca-west-1"},
	"Asia Pacific":  {"ap-south-1", "ap-southeast-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"},
	"Europe":        {"eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-south-2", "eu-north-1"},
}

// regionSet names the set of a region; "" when Aurora DSQL is not offered there.
func regionSet(region string) string {
	for name, regions := range regionSets {
		if slices.Contains(regions, region) {
			return name
		}
	}
	return ""
}
