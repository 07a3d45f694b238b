package restore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
)

// cluster is one by the parts of its ARN.
type cluster struct{ arn, region, id string }

var clusterARN = regexp.MustCompile(`^arn:aws[a-z-]*:dsql:([a-z0-9-]+):[0-9]{12}:cluster/([a-z0-9]+)$`)

func parseCluster(arn string) (cluster, error) {
	parts := clusterARN.FindStringSubmatch(arn)
	if parts == nil {
		return cluster{}, fmt.Errorf("%q is no cluster: want arn:aws:dsql:<region>:<account>:cluster/<id>", arn)
	}
	return cluster{arn: arn, region: parts[1], id: parts[2]}, nil
}

func (c cluster) endpoint() string { return c.id + ".dsql." + c.region + ".on.aws" }

// client is that of a cluster's region.
func (t *Tester) client(c cluster) (Clusters, error) {
	if client, ok := t.Clusters[c.region]; ok {
		return client, nil
	}
	return nil, fmt.Errorf("cluster %s is in none of the data regions", c.arn)
}

// describe asks for a cluster; nil if it is not there, or not any more.
func (t *Tester) describe(ctx context.Context, c cluster) (*dsql.GetClusterOutput, error) {
	client, err := t.client(c)
	if err != nil {
		return nil, err
	}
	out, err := client.GetCluster(ctx, &dsql.GetClusterInput{Identifier: aws.String(c.id)})
	switch {
	case isGone(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("cluster %s: %w", c.arn, err)
	case out.Status == types.ClusterStatusDeleted:
		return nil, nil
	}
	return out, nil
}

func isGone(err error) bool {
	var missing *types.ResourceNotFoundException
	return errors.As(err, &missing)
}

// made are the clusters of a restore, by the one that its job names: that one, and its peer if it is a pair's. A peer
// is read while the own cluster is there, which is deleted last.
func (t *Tester) made(ctx context.Context, arn string) ([]cluster, error) {
	own, err := parseCluster(arn)
	if err != nil {
		return nil, err
	}
	described, err := t.describe(ctx, own)
	if err != nil {
		return nil, err
	}
	clusters := []cluster{own}
	if described == nil || described.MultiRegionProperties == nil {
		return clusters, nil
	}
	for _, peer := range described.MultiRegionProperties.Clusters {
		if peer == own.arn {
			continue
		}
		c, err := parseCluster(peer)
		if err != nil {
			return nil, err
		}
		clusters = append(clusters, c)
	}
	return clusters, nil
}

// remove deletes clusters, the last first, and tells whether none is left. None of the stack's is touched, nor any
// other if one is among them.
func (t *Tester) remove(ctx context.Context, clusters []cluster) (gone bool, err error) {
	for _, c := range clusters {
		if slices.Contains(t.Settings.Clusters, c.arn) {
			return false, fmt.Errorf("REFUSED to delete cluster %s: it is the stack's own, and no restore can have made it; "+
				"nothing was deleted: find out which restore job names it", c.arn)
		}
	}
	gone = true
	for _, c := range slices.Backward(clusters) {
		left, err := t.removeOne(ctx, c)
		if err != nil {
			return false, err
		}
		gone = gone && !left
	}
	return gone, nil
}

// removeOne does what is next on the way to a cluster's deletion, and tells whether it is still there. A change takes
// its time, in which the cluster takes no other: the caller comes again.
func (t *Tester) removeOne(ctx context.Context, c cluster) (left bool, err error) {
	described, err := t.describe(ctx, c)
	if err != nil || described == nil {
		return false, err
	}
	client, err := t.client(c)
	if err != nil {
		return false, err
	}
	switch {
	case slices.Contains([]types.ClusterStatus{types.ClusterStatusDeleting, types.ClusterStatusPendingDelete,
		types.ClusterStatusCreating, types.ClusterStatusUpdating}, described.Status):
		return true, nil
	case aws.ToBool(described.DeletionProtectionEnabled):
		_, err = client.UpdateCluster(ctx, &dsql.UpdateClusterInput{
			Identifier:                aws.String(c.id),
			DeletionProtectionEnabled: aws.Bool(false),
		})
		t.Log.WarnContext(ctx, "a restored cluster was protected from deletion", "cluster", c.arn)
	default:
		_, err = client.DeleteCluster(ctx, &dsql.DeleteClusterInput{Identifier: aws.String(c.id)})
		t.Log.InfoContext(ctx, "restored cluster is being deleted", "cluster", c.arn)
	}
	var busy *types.ConflictException // it has begun to change since it was described
	if err != nil && !isGone(err) && !errors.As(err, &busy) {
		return true, fmt.Errorf("delete cluster %s: %w", c.arn, err)
	}
	return true, nil
}
