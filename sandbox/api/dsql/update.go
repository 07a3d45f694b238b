package dsql

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
)

func update(c *call.Call, in *sdk.UpdateClusterInput) (*sdk.UpdateClusterOutput, error) {
	if err := mayUpdate(c, in); err != nil {
		return nil, err
	}
	change := dsql.UpdateClusterInput{
		Identifier:                aws.ToString(in.Identifier),
		DeletionProtectionEnabled: in.DeletionProtectionEnabled,
		KMSEncryptionKey:          in.KmsEncryptionKey,
		ClientToken:               aws.ToString(in.ClientToken),
	}
	if p := in.MultiRegionProperties; p != nil {
		change.MultiRegionProperties = &dsql.MultiRegionProperties{
			WitnessRegion: aws.ToString(p.WitnessRegion),
			Clusters:      p.Clusters,
		}
	}
	cluster, err := c.Region.DSQL.UpdateCluster(change)
	if err != nil {
		return nil, err
	}
	return &sdk.UpdateClusterOutput{
		Arn: &cluster.ARN, CreationTime: &cluster.CreationTime, Identifier: &cluster.Identifier,
		Status: types.ClusterStatus(cluster.Status),
	}, nil
}

// mayUpdate asks for every permission that an update needs (API Reference, UpdateCluster, "Required permissions").
// RemovePeerCluster is not among them: no update takes a peer away.
func mayUpdate(c *call.Call, in *sdk.UpdateClusterInput) error {
	arn := c.Region.ARN("dsql", "cluster/"+aws.ToString(in.Identifier))
	if err := c.Authorize("dsql:UpdateCluster", arn, nil); err != nil {
		return err
	}
	p := in.MultiRegionProperties
	if p == nil {
		return nil
	}
	type need struct {
		action, resource string
		conditions       iam.Context
	}
	needs := []need{{"dsql:PutMultiRegionProperties", arn, nil}, {"dsql:GetCluster", arn, nil}}
	if p.WitnessRegion != nil {
		needs = append(needs, need{"dsql:PutWitnessRegion", arn, iam.Context{"dsql:WitnessRegion": *p.WitnessRegion}})
	}
	if len(p.Clusters) > 0 {
		needs = append(needs, need{"dsql:AddPeerCluster", arn, nil})
	}
	for _, peer := range p.Clusters {
		needs = append(needs, need{"dsql:AddPeerCluster", peer, nil})
	}
	for _, n := range needs {
		if err := c.Authorize(n.action, n.resource, n.conditions); err != nil {
			return err
		}
	}
	return nil
}

func remove(c *call.Call, in *sdk.DeleteClusterInput) (*sdk.DeleteClusterOutput, error) {
	arn := c.Region.ARN("dsql", "cluster/"+aws.ToString(in.Identifier))
	if err := c.Authorize("dsql:DeleteCluster", arn, nil); err != nil {
		return nil, err
	}
	cluster, err := c.Region.DSQL.DeleteCluster(dsql.DeleteClusterInput{
		Identifier:  aws.ToString(in.Identifier),
		ClientToken: aws.ToString(in.ClientToken),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.DeleteClusterOutput{
		Arn:          &cluster.ARN,
		CreationTime: &cluster.CreationTime,
		Identifier:   &cluster.Identifier,
		Status:       types.ClusterStatus(cluster.Status),
	}, nil
}
