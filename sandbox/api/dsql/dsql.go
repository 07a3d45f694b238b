// Package dsql is the Aurora DSQL control plane on the AWS face.
package dsql

import (
	_ "embed" // operations.txt

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/dsql"
)

//go:embed operations.txt
var operations string

// All are the operations that the service has on AWS.
var All = wire.ReadOperations(operations)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("CreateCluster", create).At("POST", "/cluster"),
	call.On("GetCluster", get).At("GET", "/cluster/{Identifier}"),
	call.On("UpdateCluster", update).At("POST", "/cluster/{Identifier}"),
	call.On("DeleteCluster", remove).At("DELETE", "/cluster/{Identifier}", wire.InQuery(map[string]string{
		"client-token": "ClientToken",
	})),
	call.On("ListClusters", list).At("GET", "/cluster", wire.InQuery(map[string]string{
		"max-results": "MaxResults",
		"next-token":  "NextToken",
	})),
	call.On("TagResource", tagResource).At("POST", "/tags/{ResourceArn}"),
	call.On("ListTagsForResource", listTags).At("GET", "/tags/{ResourceArn}"),
}

func get(c *call.Call, in *sdk.GetClusterInput) (*sdk.GetClusterOutput, error) {
	id := aws.ToString(in.Identifier)
	if err := c.Authorize("dsql:GetCluster", c.Region.ARN("dsql", "cluster/"+id), nil); err != nil {
		return nil, err
	}
	cluster, err := c.Region.DSQL.GetCluster(id)
	if err != nil {
		return nil, err
	}
	return &sdk.GetClusterOutput{
		Arn: &cluster.ARN, CreationTime: &cluster.CreationTime, Identifier: &cluster.Identifier,
		DeletionProtectionEnabled: &cluster.DeletionProtectionEnabled, Status: types.ClusterStatus(cluster.Status),
		Endpoint: &cluster.Endpoint, EncryptionDetails: encryptionDetails(cluster.EncryptionDetails), Tags: cluster.Tags,
		MultiRegionProperties: multiRegionProperties(cluster.MultiRegionProperties),
	}, nil
}

func encryptionDetails(d dsql.EncryptionDetails) *types.EncryptionDetails {
	return &types.EncryptionDetails{EncryptionType: types.EncryptionType(d.EncryptionType),
		EncryptionStatus: types.EncryptionStatus(d.EncryptionStatus), KmsKeyArn: wire.Optional(d.KMSKeyARN)}
}

func multiRegionProperties(p *dsql.MultiRegionProperties) *types.MultiRegionProperties {
	if p == nil {
		return nil
	}
	return &types.MultiRegionProperties{WitnessRegion: wire.Optional(p.WitnessRegion), Clusters: p.Clusters}
}

const clustersPerPage = 100

func list(c *call.Call, in *sdk.ListClustersInput) (*sdk.ListClustersOutput, error) {
	if err := c.Authorize("dsql:ListClusters", "*", nil); err != nil {
		return nil, err
	}
	size, err := wire.Limit(in.MaxResults, clustersPerPage, clustersPerPage, "maxResults", "ValidationException")
	if err != nil {
		return nil, err
	}
	clusters, next, ok := wire.Page(c.Region.DSQL.ListClusters(), in.NextToken, size)
	if !ok {
		return nil, awserr.Invalid("ValidationException", "The next token is not valid.")
	}
	out := &sdk.ListClustersOutput{Clusters: []types.ClusterSummary{}, NextToken: next}
	for _, cluster := range clusters {
		out.Clusters = append(out.Clusters, types.ClusterSummary{Arn: &cluster.ARN, Identifier: &cluster.Identifier})
	}
	return out, nil
}
