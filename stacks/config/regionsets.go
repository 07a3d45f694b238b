package config

import (
	"fmt"
	"slices"
	"strings"
)

// regionSets are the groups of regions within which Aurora DSQL peers clusters; a pair and its witness must be of one
// group (user guide, "Region availability"). Whether AWS takes a witness from elsewhere is not documented, so it is
// refused.
var regionSets = []struct {
	name    string
	regions []string
}{
	{"North America", []string{"us-east-1", "us-east-2", "us-west-2", "ca-central-1", "ca-west-1"}},
	{"Asia Pacific", []string{"ap-south-1", "ap-southeast-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"}},
	{"Europe", []string{"eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-south-2", "eu-north-1"}},
}

// checkOneRegionSet reports regions that Aurora DSQL does not know or that are not of one set.
func checkOneRegionSet(regions ...string) error {
	for _, set := range regionSets {
		if !slices.ContainsFunc(regions, func(r string) bool { return !slices.Contains(set.regions, r) }) {
			return nil
		}
	}
	var accepted []string
	for _, set := range regionSets {
		accepted = append(accepted, set.name+": "+strings.Join(set.regions, ", "))
	}
	return fmt.Errorf("%s are not all of one Aurora DSQL region set: want three of %s",
		strings.Join(regions, ", "), strings.Join(accepted, "; or "))
}
