package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
)

// cluster is one of a pair.
type cluster struct {
	arn    string
	id     string
	region string
}

// endpoint is where it answers: the provider of the stack has no such output, so it is built as AWS documents it.
func (c cluster) endpoint() string { return c.id + ".dsql." + c.region + ".on.aws" }

// clusterOf reads a cluster's ARN.
func clusterOf(text string) (cluster, error) {
	a, err := arn.Parse(text)
	if err != nil || a.Service != "dsql" || a.Region == "" {
		return cluster{}, refusal("the ARN of a cluster", text, "arn:aws:dsql:<region>:<account>:cluster/<identifier>")
	}
	return cluster{arn: text, id: name(text), region: a.Region}, nil
}

// pairOf are a cluster and the one that it is peered with, the primary's first.
func (s stack) pairOf(ctx context.Context, region, of string) ([]cluster, error) {
	own, err := clusterOf(of)
	if err != nil {
		return nil, err
	}
	out, err := s.clusters(region).GetCluster(ctx, &dsql.GetClusterInput{Identifier: &own.id})
	if err != nil {
		return nil, err
	}
	if out.MultiRegionProperties == nil {
		return nil, fmt.Errorf("cluster %s has no peer", of)
	}
	pair := []cluster{own}
	for _, text := range out.MultiRegionProperties.Clusters {
		peer, err := clusterOf(text)
		if err != nil {
			return nil, err
		}
		if peer.arn != own.arn {
			pair = append(pair, peer)
		}
	}
	if len(pair) != 2 || pair[1].region != s.peer(region) {
		return nil, fmt.Errorf("cluster %s is peered with %v: want one in %s", of, out.MultiRegionProperties.Clusters,
			s.peer(region))
	}
	if out.MultiRegionProperties.WitnessRegion != nil && *out.MultiRegionProperties.WitnessRegion != s.Regions["witness"] {
		return nil, fmt.Errorf("cluster %s has the witness %s: want %s", of, *out.MultiRegionProperties.WitnessRegion,
			s.Regions["witness"])
	}
	if pair[0].region != s.Regions["primary"] {
		slices.Reverse(pair)
	}
	return pair, nil
}

// tell says what was made, and what to do with it.
func (s stack) tell(pair []cluster, beside bool) {
	s.say("\nThe new pair, ACTIVE and protected against deletion:")
	for _, c := range pair {
		s.say("  %s\n  %s", c.arn, c.endpoint())
	}
	if beside {
		s.tellBeside(pair)
		return
	}
	s.say(`
Have the stack take it (docs/runbooks.md#one-cluster-gone). The state is kept in a file first, to go back to with
"pulumi stack import"; the preview is to show updates, and no cluster that is replaced.

  pulumi stack export --stack %[1]s --file %[1]s-before-adoption.json
  make adopt STACK=%[1]s CLUSTERS='%[2]s %[3]s'
  make preview STACK=%[1]s
  make up STACK=%[1]s
  pulumi stack output --stack %[1]s clusterEndpoints

Then give clients the new endpoints. A cluster of the old pair that is still there is nobody's now: when no row of it is
needed any more,
`, s.name, pair[0].arn, pair[1].arn)
	for _, region := range s.dataRegions() {
		s.tellRemoval(region, s.ClusterIdentifiers[region])
	}
}

// tellBeside says what is done with a pair that the stack does not take.
func (s stack) tellBeside(pair []cluster) {
	s.say("\nStack %s keeps its own clusters. Copy the rows that are wanted, as a role of the database, or as admin.\n"+
		"The pair costs as any other, and nothing removes it but\n", s.name)
	for _, c := range pair {
		s.tellRemoval(c.region, c.id)
	}
}

func (s stack) tellRemoval(region, id string) {
	s.say("  aws dsql update-cluster --region %[1]s --identifier %[2]s --no-deletion-protection-enabled\n"+
		"  aws dsql delete-cluster --region %[1]s --identifier %[2]s", region, id)
}

// given are the two clusters that somebody names, the primary's first, if they are a pair of the stack's regions.
func (s stack) given(ctx context.Context, texts []string) ([]cluster, error) {
	if len(texts) != 2 {
		return nil, refusal("CLUSTERS", strings.Join(texts, " "),
			"the ARNs of the two clusters of a pair, as make restore printed them")
	}
	var named []cluster
	var problems []error
	for _, text := range texts {
		c, err := clusterOf(text)
		if err == nil && s.BackupVaultNames[c.region] == "" {
			err = refusal("the region of a cluster", c.region, "a data region of the stack")
		}
		problems = append(problems, err)
		named = append(named, c)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	pair, err := s.pairOf(ctx, named[0].region, named[0].arn)
	if err != nil {
		return nil, err
	}
	peer := pair[slices.IndexFunc(pair, func(c cluster) bool { return c.arn != named[0].arn })]
	if peer.arn != named[1].arn {
		return nil, fmt.Errorf("%s is not the peer of %s, which is %s", texts[1], texts[0], peer.arn)
	}
	return pair, nil
}
