package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// stackTag is AWS's own tag of what CloudFormation has made (CloudFormation User Guide, "Resource tags").
const stackTag = "aws:cloudformation:stack-name"

// tools are those that a tag of somebody's may name, and how their state lets go of a pair.
var tools = []struct{ word, name, how string }{
	{"terraform", "Terraform", terraformWay},
	{"tofu", "OpenTofu", terraformWay},
	{"pulumi", "Pulumi", pulumiWay},
	{"cdk", "the CDK", cloudFormationWay},
	{"cloudformation", "CloudFormation", cloudFormationWay},
}

// The ways, each a sentence without its end.
const (
	terraformWay = "terraform state rm <address> of each cluster, peering and key, and take them out of the configuration"
	pulumiWay    = "pulumi state delete <URN> of each peering, cluster and key in the stack that has them, and " +
		"take them\nout of its program"
	cloudFormationWay = "Give each of them DeletionPolicy: Retain, in the CDK RemovalPolicy.RETAIN, and deploy that; " +
		"only then\ntake them out of the template, and deploy again"
)

// owner says whose the clusters were until now, as far as their tags tell, and what has to happen there.
func (p pairOf) owner() string {
	if stacks := p.tagged(stackTag); len(stacks) > 0 {
		return fmt.Sprintf("CloudFormation made them, in %s.\n%s.", strings.Join(stacks, " and "), cloudFormationWay)
	}
	for _, tool := range tools {
		if tags := p.naming(tool.word); len(tags) > 0 {
			return fmt.Sprintf("%s made them, if the tag %s is right.\n%s.", tool.name, tags[0], tool.how)
		}
	}
	return "Their tags do not say what made them. By hand: nothing is to be done. Else:\n" +
		"- Terraform: " + terraformWay + ".\n- CloudFormation: " + cloudFormationWay + ".\n- Pulumi: " + pulumiWay + "."
}

// tagged are the values of a tag, each with its region.
func (p pairOf) tagged(key string) (values []string) {
	for _, s := range p.sides {
		if value := s.tags[key]; value != "" {
			values = append(values, fmt.Sprintf("the stack %s in %s", value, s.Region))
		}
	}
	return values
}

// naming are the tags that have a word in key or value.
func (p pairOf) naming(word string) (tags []string) {
	for _, s := range p.sides {
		for _, key := range slices.Sorted(maps.Keys(s.tags)) {
			if tag := key + "=" + s.tags[key]; strings.Contains(strings.ToLower(tag), word) {
				tags = append(tags, tag)
			}
		}
	}
	return tags
}
