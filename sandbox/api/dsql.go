package api

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"aurora-dsql-dr/sandbox/dsql"
)

var dsqlOperations = []operation{
	on("GetCluster", getCluster).at("GET", "/cluster/{Identifier}"),
	on("ListClusters", listClusters).at("GET", "/cluster"),
}

func getCluster(c *Call, in *sdk.GetClusterInput) (*sdk.GetClusterOutput, error) {
	id := aws.ToString(in.Identifier)
	if err := c.Authorize("dsql:GetCluster", c.services.Env.ARN("dsql", "cluster/"+id), nil); err != nil {
		return nil, err
	}
	cluster, err := c.services.DSQL.GetCluster(id)
	if err != nil {
		return nil, err
	}
	return &sdk.GetClusterOutput{
		Arn: &cluster.ARN, CreationTime: c.wallTime(cluster.CreationTime), Identifier: &cluster.Identifier,
		DeletionProtectionEnabled: &cluster.DeletionProtectionEnabled, Status: types.ClusterStatus(cluster.Status),
		Endpoint: &cluster.Endpoint, EncryptionDetails: encryptionDetails(cluster.EncryptionDetails), Tags: cluster.Tags,
		MultiRegionProperties: multiRegionProperties(cluster.MultiRegionProperties),
	}, nil
}

func encryptionDetails(d dsql.EncryptionDetails) *types.EncryptionDetails {
	return &types.EncryptionDetails{EncryptionType: types.EncryptionType(d.EncryptionType),
		EncryptionStatus: types.EncryptionStatus(d.EncryptionStatus), KmsKeyArn: optional(d.KMSKeyARN)}
}

func multiRegionProperties(p *dsql.MultiRegionProperties) *types.MultiRegionProperties {
	if p == nil {
		return nil
	}
	return &types.MultiRegionProperties{WitnessRegion: optional(p.WitnessRegion), Clusters: p.Clusters}
}

func listClusters(c *Call, _ *sdk.ListClustersInput) (*sdk.ListClustersOutput, error) {
	if err := c.Authorize("dsql:ListClusters", "*", nil); err != nil {
		return nil, err
	}
	out := &sdk.ListClustersOutput{Clusters: []types.ClusterSummary{}}
	for _, cluster := range c.services.DSQL.ListClusters() {
		out.Clusters = append(out.Clusters, types.ClusterSummary{Arn: &cluster.ARN, Identifier: &cluster.Identifier})
	}
	return out, nil
}
