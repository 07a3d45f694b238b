package dsql

import (
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
)

func create(c *call.Call, in *sdk.CreateClusterInput) (*sdk.CreateClusterOutput, error) {
	cluster, err := change(c, "CreateCluster", mayCreate(c, in), dsql.CreateClusterInput{
		DeletionProtectionEnabled: in.DeletionProtectionEnabled,
		KMSEncryptionKey:          in.KmsEncryptionKey,
		MultiRegionProperties:     asked(in.MultiRegionProperties),
		Policy:                    in.Policy,
		Tags:                      in.Tags,
		ClientToken:               aws.ToString(in.ClientToken),
	}, (*dsql.Region).CreateCluster)
	if err != nil {
		return nil, err
	}
	return &sdk.CreateClusterOutput{
		Arn:                       &cluster.ARN,
		CreationTime:              &cluster.CreationTime,
		DeletionProtectionEnabled: &cluster.DeletionProtectionEnabled,
		EncryptionDetails:         encryptionDetails(cluster.EncryptionDetails),
		Endpoint:                  &cluster.Endpoint,
		Identifier:                &cluster.Identifier,
		MultiRegionProperties:     multiRegionProperties(cluster.MultiRegionProperties),
		Status:                    types.ClusterStatus(cluster.Status),
	}, nil
}

// mayCreate asks for every permission that a creation needs (API Reference, CreateCluster, "Required permissions"). The
// cluster has no identifier yet.
func mayCreate(c *call.Call, in *sdk.CreateClusterInput) error {
	arn := c.Region.ARN("dsql", "cluster/*")
	tags := iam.RequestTags(in.Tags)
	needs := []need{{"dsql:CreateCluster", arn, tags}}
	if len(in.Tags) > 0 {
		needs = append(needs, need{"dsql:TagResource", arn, tags})
	}
	if err := permit(c, append(needs, multiRegionNeeds(in.MultiRegionProperties, arn)...)); err != nil {
		return err
	}
	return mayLink(c)
}

// mayLink refuses, in AWS's words, who makes an account's first cluster and may not have its role made ("Using
// service-linked roles in Aurora DSQL", Aurora DSQL User Guide).
func mayLink(c *call.Call) error {
	if err := c.MayLink(iam.DSQL); err != nil {
		return awserr.Denied("AccessDenied", "You don't have the permissions to create an Amazon Aurora DSQL "+
			"service-linked role: %v", err)
	}
	return nil
}

func tagResource(c *call.Call, in *sdk.TagResourceInput) (*sdk.TagResourceOutput, error) {
	arn := aws.ToString(in.ResourceArn)
	if err := c.Authorize("dsql:TagResource", arn, iam.RequestTags(in.Tags)); err != nil {
		return nil, err
	}
	return &sdk.TagResourceOutput{}, c.Region.DSQL.TagResource(arn, in.Tags)
}

func listTags(c *call.Call, in *sdk.ListTagsForResourceInput) (*sdk.ListTagsForResourceOutput, error) {
	arn := aws.ToString(in.ResourceArn)
	if err := c.Authorize("dsql:ListTagsForResource", arn, nil); err != nil {
		return nil, err
	}
	cluster, err := c.Region.DSQL.GetCluster(path.Base(arn))
	if err != nil {
		return nil, err
	}
	return &sdk.ListTagsForResourceOutput{Tags: cluster.Tags}, nil
}
