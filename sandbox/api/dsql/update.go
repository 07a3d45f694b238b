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
	cluster, err := change(c, "UpdateCluster", mayUpdate(c, in), dsql.UpdateClusterInput{
		Identifier:                aws.ToString(in.Identifier),
		DeletionProtectionEnabled: in.DeletionProtectionEnabled,
		KMSEncryptionKey:          in.KmsEncryptionKey,
		MultiRegionProperties:     asked(in.MultiRegionProperties),
		ClientToken:               aws.ToString(in.ClientToken),
	}, (*dsql.Region).UpdateCluster)
	if err != nil {
		return nil, err
	}
	return &sdk.UpdateClusterOutput{
		Arn: &cluster.ARN, CreationTime: &cluster.CreationTime, Identifier: &cluster.Identifier,
		Status: types.ClusterStatus(cluster.Status),
	}, nil
}

// change carries out a call as its caller, if the caller may. CloudTrail hears of it either way.
func change[In any](
	c *call.Call, operation string, may error, in In, do func(*dsql.Region, In) (dsql.Cluster, error),
) (dsql.Cluster, error) {
	region := c.Region.DSQL.By(c.Caller)
	if may != nil {
		region.Refused(operation, in, may)
		return dsql.Cluster{}, may
	}
	return do(region, in)
}

// asked is what a request says of regions and peers.
func asked(p *types.MultiRegionProperties) *dsql.MultiRegionProperties {
	if p == nil {
		return nil
	}
	return &dsql.MultiRegionProperties{WitnessRegion: aws.ToString(p.WitnessRegion), Clusters: p.Clusters}
}

// need is a permission that a request needs.
type need struct {
	action, resource string
	conditions       iam.Context
}

// permit asks for all of them.
func permit(c *call.Call, needs []need) error {
	for _, n := range needs {
		if err := c.Authorize(n.action, n.resource, n.conditions); err != nil {
			return err
		}
	}
	return nil
}

// multiRegionNeeds are the permissions for a cluster's regions and peers.
func multiRegionNeeds(p *types.MultiRegionProperties, arn string) []need {
	if p == nil {
		return nil
	}
	needs := []need{{"dsql:PutMultiRegionProperties", arn, nil}}
	if p.WitnessRegion != nil {
		needs = append(needs, need{"dsql:PutWitnessRegion", arn, iam.Context{"dsql:WitnessRegion": *p.WitnessRegion}})
	}
	if len(p.Clusters) > 0 {
		needs = append(needs, need{"dsql:AddPeerCluster", arn, nil})
	}
	for _, peer := range p.Clusters {
		needs = append(needs, need{"dsql:AddPeerCluster", peer, nil})
	}
	return needs
}

// mayUpdate asks for every permission that an update needs (API Reference, UpdateCluster, "Required permissions").
// RemovePeerCluster is not among them: no update takes a peer away.
func mayUpdate(c *call.Call, in *sdk.UpdateClusterInput) error {
	id := aws.ToString(in.Identifier)
	arn := c.Region.ARN("dsql", "cluster/"+id)
	needs := []need{{"dsql:UpdateCluster", arn, tagsOf(c, id)}}
	if in.MultiRegionProperties != nil {
		needs = append(needs, multiRegionNeeds(in.MultiRegionProperties, arn)...)
		needs = append(needs, need{"dsql:GetCluster", arn, nil})
	}
	return permit(c, needs)
}

// tagsOf are the condition keys of a cluster; none of one that is not there.
func tagsOf(c *call.Call, id string) iam.Context {
	cluster, err := c.Region.DSQL.GetCluster(id)
	if err != nil {
		return nil
	}
	return iam.ResourceTags(cluster.Tags)
}

func remove(c *call.Call, in *sdk.DeleteClusterInput) (*sdk.DeleteClusterOutput, error) {
	id := aws.ToString(in.Identifier)
	may := c.Authorize("dsql:DeleteCluster", c.Region.ARN("dsql", "cluster/"+id), tagsOf(c, id))
	cluster, err := change(c, "DeleteCluster", may, dsql.DeleteClusterInput{
		Identifier:  id,
		ClientToken: aws.ToString(in.ClientToken),
	}, (*dsql.Region).DeleteCluster)
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
