package provider

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	awsdsql "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dsql"

	"aurora-dsql-dr/sandbox/dsql"
)

// The behaviour here is that of terraform-provider-aws 5.100.0, internal/service/dsql.

var dsqlKinds = map[string]*kind{
	"aws:dsql/cluster:Cluster": {
		title:     "Aurora DSQL Cluster",
		service:   "dsql",
		args:      awsdsql.ClusterArgs{}.ElementType(),
		state:     awsdsql.ClusterState{}.ElementType(),
		replaces:  []string{"multiRegionProperties.witnessRegion"},
		computed:  []string{"kmsEncryptionKey", "multiRegionProperties.clusters"},
		writeOnly: []string{"timeouts"},
		handlers: handlers{
			create: createCluster,
			read:   readCluster,
			update: updateCluster,
			delete: deleteCluster,
		},
	},
	"aws:dsql/clusterPeering:ClusterPeering": {
		title:     "Aurora DSQL Cluster Peering",
		service:   "dsql",
		args:      awsdsql.ClusterPeeringArgs{}.ElementType(),
		state:     awsdsql.ClusterPeeringState{}.ElementType(),
		required:  []string{"clusters"},
		writeOnly: []string{"timeouts"},
		handlers: handlers{ // no delete: clusters cannot be unpeered
			create: createPeering,
			read:   readPeering,
			update: updatePeering,
		},
	},
}

// clusterArgs are the inputs of a cluster that reach the API.
type clusterArgs struct {
	DeletionProtectionEnabled *bool                       `json:"deletionProtectionEnabled"`
	KMSEncryptionKey          *string                     `json:"kmsEncryptionKey"`
	MultiRegionProperties     *dsql.MultiRegionProperties `json:"multiRegionProperties"`
	Tags                      map[string]string           `json:"tags"`
	Timeouts                  map[string]string           `json:"timeouts"`
}

func createCluster(c *call) (string, map[string]any, error) {
	in, err := decode[clusterArgs](c.inputs)
	if err != nil {
		return "", nil, err
	}
	created, err := c.region.DSQL.CreateCluster(dsql.CreateClusterInput{
		DeletionProtectionEnabled: in.DeletionProtectionEnabled, KMSEncryptionKey: in.KMSEncryptionKey,
		MultiRegionProperties: in.MultiRegionProperties, Tags: in.Tags, ClientToken: rand.Text(),
	})
	if err != nil {
		return "", nil, err
	}
	err = c.awaitCluster(created.Identifier, []dsql.Status{dsql.Creating}, dsql.Active, dsql.PendingSetup)
	if err != nil {
		return "", nil, fmt.Errorf("waiting for create of %s: %w", created.Identifier, err)
	}
	// The state gets the first answer of the API, whose peer list is the cluster's own ARN, and keeps it until a refresh.
	state, err := clusterState(c, created)
	return created.Identifier, state, err
}

func readCluster(c *call) (map[string]any, error) {
	cluster, err := c.region.DSQL.GetCluster(c.id)
	if err != nil {
		return nil, err
	}
	return clusterState(c, withoutItself(cluster))
}

// updateCluster sends the whole resource, the peer list of the state included, and insists on ACTIVE afterwards: an
// IDLE cluster takes the update, but the update fails.
func updateCluster(c *call) (map[string]any, error) {
	in, err := decode[clusterArgs](c.inputs)
	if err != nil {
		return nil, err
	}
	old, err := decode[clusterArgs](keepKeys(
		c.old,
		"deletionProtectionEnabled",
		"kmsEncryptionKey",
		"multiRegionProperties",
		"tags",
	))
	if err != nil {
		return nil, err
	}
	if in.MultiRegionProperties != nil && in.MultiRegionProperties.Clusters == nil && old.MultiRegionProperties != nil {
		in.MultiRegionProperties.Clusters = old.MultiRegionProperties.Clusters
	}
	if in.KMSEncryptionKey == nil {
		in.KMSEncryptionKey = old.KMSEncryptionKey
	}
	if err := c.updateTags(in.Tags, old.Tags); err != nil {
		return nil, err
	}
	if !in.same(old) {
		update := dsql.UpdateClusterInput{Identifier: c.id, DeletionProtectionEnabled: in.DeletionProtectionEnabled,
			KMSEncryptionKey: in.KMSEncryptionKey, MultiRegionProperties: in.MultiRegionProperties, ClientToken: rand.Text()}
		if _, err := c.region.DSQL.UpdateCluster(update); err != nil {
			return nil, err
		}
		if err := c.awaitCluster(c.id, []dsql.Status{dsql.Updating}, dsql.Active); err != nil {
			return nil, fmt.Errorf("waiting for update: %w", err)
		}
	}
	return readCluster(c)
}

func (a clusterArgs) same(b clusterArgs) bool {
	return equal(a.DeletionProtectionEnabled, b.DeletionProtectionEnabled) &&
		equal(a.KMSEncryptionKey, b.KMSEncryptionKey) && slices.Equal(a.peers(), b.peers())
}

func (a clusterArgs) peers() []string {
	if a.MultiRegionProperties == nil {
		return nil
	}
	return a.MultiRegionProperties.Clusters
}

func equal[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

func (c *call) updateTags(in, old map[string]string) error {
	arn := text(c.old, "arn")
	var gone []string
	for key := range old {
		if _, kept := in[key]; !kept {
			gone = append(gone, key)
		}
	}
	if err := c.region.DSQL.UntagResource(arn, gone); err != nil {
		return err
	}
	return c.region.DSQL.TagResource(arn, in)
}

// deleteCluster waits until the cluster is gone; a peered one waits in PENDING_DELETE for its peer's deletion.
func deleteCluster(c *call) error {
	in := dsql.DeleteClusterInput{Identifier: c.id, ClientToken: rand.Text()}
	if _, err := c.region.DSQL.DeleteCluster(in); err != nil {
		return err
	}
	err := c.awaitCluster(c.id, []dsql.Status{dsql.Deleting, dsql.PendingDelete})
	if err != nil && !isNotFound(err) {
		return fmt.Errorf("waiting for delete: %w", err)
	}
	return nil
}

// createPeering demands exactly PENDING_SETUP, names the peer and waits until its own cluster is ACTIVE, which takes
// the other side's peering too.
func createPeering(c *call) (string, map[string]any, error) {
	id := text(c.inputs, "identifier")
	cluster, err := c.region.DSQL.GetCluster(id)
	if err != nil {
		return "", nil, fmt.Errorf("reading Aurora DSQL Cluster (%s): %w", id, err)
	}
	if cluster.Status != dsql.PendingSetup {
		return "", nil, fmt.Errorf(
			"Aurora DSQL Cluster (%s) is not in a valid state to create a peering: %s",
			id,
			cluster.Status,
		)
	}
	want, err := decode[dsql.MultiRegionProperties](keepKeys(c.inputs, "witnessRegion", "clusters"))
	if err != nil {
		return "", nil, err
	}
	_, err = c.region.DSQL.UpdateCluster(dsql.UpdateClusterInput{
		Identifier:            id,
		MultiRegionProperties: &want,
		ClientToken:           rand.Text(),
	})
	if err != nil {
		return "", nil, err
	}
	pending := []dsql.Status{dsql.Updating, dsql.PendingSetup, dsql.Creating}
	if err := c.awaitCluster(id, pending, dsql.Active); err != nil {
		return "", nil, fmt.Errorf("waiting for peering create of Aurora DSQL Cluster (%s): %w", id, err)
	}
	return id, map[string]any{}, nil
}

func readPeering(c *call) (map[string]any, error) {
	cluster, err := c.region.DSQL.GetCluster(c.id)
	if err != nil {
		return nil, err
	}
	return encode(struct {
		*dsql.MultiRegionProperties
		Identifier string `json:"identifier"`
	}{withoutItself(cluster).MultiRegionProperties, cluster.Identifier})
}

func updatePeering(*call) (map[string]any, error) {
	return nil, errors.New("not supported: a peering cannot be changed, neither in place nor by replacement")
}

func clusterState(c *call, cluster dsql.Cluster) (map[string]any, error) {
	name, err := c.region.DSQL.GetVpcEndpointServiceName(cluster.Identifier)
	if err != nil {
		return nil, err
	}
	key := cluster.EncryptionDetails.KMSKeyARN
	if key == "" {
		key = dsql.AWSOwnedKey
	}
	state, err := encode(cluster)
	if err != nil {
		return nil, err
	}
	state["kmsEncryptionKey"], state["vpcEndpointServiceName"] = key, name
	state["encryptionDetails"] = []any{map[string]any{
		"encryptionType":   cluster.EncryptionDetails.EncryptionType,
		"encryptionStatus": cluster.EncryptionDetails.EncryptionStatus,
	}}
	return state, nil
}

// withoutItself takes the cluster's own ARN off its peer list, as a read does and a create does not.
func withoutItself(cluster dsql.Cluster) dsql.Cluster {
	if cluster.MultiRegionProperties != nil {
		cluster.MultiRegionProperties.Clusters = slices.DeleteFunc(cluster.MultiRegionProperties.Clusters,
			func(arn string) bool { return arn == cluster.ARN })
	}
	return cluster
}

// awaitCluster waits while a cluster is in one of the pending states for one of the target states, or for its end if
// there is no target.
func (c *call) awaitCluster(id string, pending []dsql.Status, target ...dsql.Status) error {
	ctx, stop := context.WithTimeout(c.ctx, c.region.Env.Clock.Wall(c.timeout))
	defer stop()
	for {
		changed := c.region.DSQL.Changed()
		cluster, err := c.region.DSQL.GetCluster(id)
		switch {
		case err != nil:
			return err
		case slices.Contains(target, cluster.Status):
			return nil
		case !slices.Contains(pending, cluster.Status):
			return fmt.Errorf("unexpected state '%s', wanted target '%s'", cluster.Status, states(target))
		}
		select {
		case <-changed:
		case <-ctx.Done():
			if c.ctx.Err() != nil {
				return context.Cause(c.ctx)
			}
			return fmt.Errorf("timeout while waiting for state to become '%s' (last state: '%s', timeout: %s)",
				states(target), cluster.Status, c.timeout.Round(time.Millisecond))
		}
	}
}

func states(list []dsql.Status) string {
	var names []string
	for _, s := range list {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}
