package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dsql"

	"aurora-dsql-dr/internal/pair"
)

// pairOf are a cluster and the one that it is peered with, the primary's first.
func (s stack) pairOf(ctx context.Context, region, of string) ([]pair.Cluster, error) {
	own, err := pair.Parse(of)
	if err != nil {
		return nil, err
	}
	out, err := s.clusters(region).GetCluster(ctx, &dsql.GetClusterInput{Identifier: &own.ID})
	if err != nil {
		return nil, err
	}
	if out.MultiRegionProperties == nil {
		return nil, fmt.Errorf("cluster %s has no peer", of)
	}
	both := []pair.Cluster{own}
	for _, text := range out.MultiRegionProperties.Clusters {
		peer, err := pair.Parse(text)
		if err != nil {
			return nil, err
		}
		if peer != own {
			both = append(both, peer)
		}
	}
	if len(both) != 2 || both[1].Region != s.peer(region) {
		return nil, fmt.Errorf("cluster %s is peered with %v: want one in %s", of, out.MultiRegionProperties.Clusters,
			s.peer(region))
	}
	if out.MultiRegionProperties.WitnessRegion != nil && *out.MultiRegionProperties.WitnessRegion != s.Regions["witness"] {
		return nil, fmt.Errorf("cluster %s has the witness %s: want %s", of, *out.MultiRegionProperties.WitnessRegion,
			s.Regions["witness"])
	}
	if both[0].Region != s.Regions["primary"] {
		slices.Reverse(both)
	}
	return both, nil
}

// tell says what was made, and what to do with it.
func (s stack) tell(made []pair.Cluster, beside bool) {
	s.say("\nThe new pair, ACTIVE and protected against deletion:")
	for _, c := range made {
		s.say("  %s\n  %s", c.ARN, c.Endpoint())
	}
	if beside {
		s.tellBeside(made)
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
`, s.name, made[0].ARN, made[1].ARN)
	for _, region := range s.dataRegions() {
		s.tellRemoval(region, s.ClusterIdentifiers[region])
	}
}

// tellBeside says what is done with a pair that the stack does not take.
func (s stack) tellBeside(made []pair.Cluster) {
	s.say("\nStack %s keeps its own clusters. Copy the rows that are wanted, as a role of the database, or as admin.\n"+
		"The pair costs as any other, and nothing removes it but\n", s.name)
	for _, c := range made {
		s.tellRemoval(c.Region, c.ID)
	}
}

func (s stack) tellRemoval(region, id string) {
	s.say("  aws dsql update-cluster --region %[1]s --identifier %[2]s --no-deletion-protection-enabled\n"+
		"  aws dsql delete-cluster --region %[1]s --identifier %[2]s", region, id)
}
