package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
)

var deployment = check{
	id:    "deployment",
	local: true,
	asked: "Is the stack deployed?",
	why:   "What watches, restores and routes can be asked about once it is there.",
	do:    "make up, when the answers above are good. If it is deployed: log in to its state (docs/deploying.md#by-hand).",
	look: func(_ context.Context, s *stack) []answer {
		if s.absence != nil {
			return []answer{unasked("", s.absence)}
		}
		return []answer{good("", "yes, %d resources", len(s.state.Deployment.Resources))}
	},
}

var clusters = check{
	id:    "clusters",
	asked: "Are both clusters there, peered with each other by the configured witness, readable and protected?",
	why:   "One cluster alone survives nothing, and one without protection is deleted by one call.",
	do: "docs/runbooks.md#half-made-peering, #one-cluster-gone, #kms-key-disabled; protection is " +
		"deletionProtection, and make up.",
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.data(), func(region string) ([]answer, error) {
			id := s.deployed.ClusterIdentifiers[region]
			client := dsql.NewFromConfig(s.in(region))
			cluster, err := client.GetCluster(ctx, &dsql.GetClusterInput{Identifier: &id})
			var missing *types.ResourceNotFoundException
			if errors.As(err, &missing) {
				return one(bad(region, "%s is gone", id), nil)
			}
			if err != nil {
				return nil, err
			}
			if faults := s.faults(region, cluster); len(faults) > 0 {
				return one(bad(region, "%s: %s", id, strings.Join(faults, ", ")), nil)
			}
			return one(good(region, "%s is %s", id, cluster.Status), nil)
		})
	},
}

// faults are what is wrong with a data region's cluster.
func (s *stack) faults(region string, c *dsql.GetClusterOutput) (faults []string) {
	switch c.Status {
	case types.ClusterStatusActive, types.ClusterStatusIdle, types.ClusterStatusInactive, types.ClusterStatusUpdating:
	default:
		faults = append(faults, fmt.Sprintf("it is %s", c.Status))
	}
	peer := s.deployed.ClusterARNs[s.peer(region)]
	switch m := c.MultiRegionProperties; {
	case m == nil || len(m.Clusters) < 2:
		faults = append(faults, "it has no peer")
	case m.Clusters[0] != peer && m.Clusters[1] != peer:
		faults = append(faults, "its peer is none of the stack's")
	case aws.ToString(m.WitnessRegion) != s.config.Regions.Witness:
		faults = append(faults, "its witness is "+aws.ToString(m.WitnessRegion))
	}
	if s.config.DeletionProtection && !aws.ToBool(c.DeletionProtectionEnabled) {
		faults = append(faults, "it is not protected against deletion")
	}
	if e := c.EncryptionDetails; e != nil && e.EncryptionStatus == types.EncryptionStatusKmsKeyInaccessible {
		faults = append(faults, "its key cannot be used")
	}
	return faults
}

// peer is the other data region.
func (s *stack) peer(region string) string {
	if region == s.config.Regions.Primary {
		return s.config.Regions.Secondary
	}
	return s.config.Regions.Primary
}
