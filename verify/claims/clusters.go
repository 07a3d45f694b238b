package claims

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
)

// The clusters of Aurora DSQL: those that a claim makes for itself, one that claims share, and a pair.
var (
	cluster = clusters(&Kind{
		Name:  "cluster",
		Basis: "nothing without SQL",
	})
	lone = clusters(&Kind{
		Name:   "cluster with SQL",
		USD:    0.01,
		Basis:  "$8.00 a million DPUs, some hundred statements, and $0.33 a GB-month",
		Shared: true,
	})
	pair = clusters(&Kind{
		Name:   "pair of clusters",
		USD:    0.01,
		Basis:  "as a cluster, with every write billed in both regions",
		Shared: true,
	})
)

// clusterLimit is how long a cluster may take to become what it is to be.
const clusterLimit = 15 * time.Minute

func clusters(k *Kind) *Kind {
	k.byID = true
	k.list = listClusters
	k.remove = removeCluster
	k.left = func(ctx context.Context, config aws.Config, t thing) (string, error) {
		found, err := dsql.NewFromConfig(config).GetCluster(ctx, &dsql.GetClusterInput{Identifier: &t.id})
		if err != nil {
			return "", err
		}
		return string(found.Status), nil
	}
	return k
}

func listClusters(ctx context.Context, config aws.Config) (found []thing, err error) {
	client := dsql.NewFromConfig(config)
	for p := dsql.NewListClustersPaginator(client, nil); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range page.Clusters {
			shown, err := client.GetCluster(ctx, &dsql.GetClusterInput{Identifier: c.Identifier})
			if err != nil && !isGone(err) {
				return nil, err
			}
			if err != nil || isLeaving(shown.Status) {
				continue
			}
			if name := shown.Tags[mark]; strings.HasPrefix(name, prefix) {
				found = append(found, thing{name: name, id: aws.ToString(c.Identifier)})
			}
		}
	}
	return found, nil
}

// isLeaving is whether a cluster has been deleted, as far as its caller can do that.
func isLeaving(s types.ClusterStatus) bool {
	return slices.Contains([]types.ClusterStatus{
		types.ClusterStatusDeleting, types.ClusterStatusDeleted, types.ClusterStatusPendingDelete,
	}, s)
}

func removeCluster(ctx context.Context, config aws.Config, t thing) error {
	client := dsql.NewFromConfig(config)
	found, err := client.GetCluster(ctx, &dsql.GetClusterInput{Identifier: &t.id})
	if err != nil || isLeaving(found.Status) {
		return err
	}
	if aws.ToBool(found.DeletionProtectionEnabled) {
		_, err := client.UpdateCluster(ctx, &dsql.UpdateClusterInput{
			Identifier:                &t.id,
			DeletionProtectionEnabled: aws.Bool(false),
		})
		if err != nil {
			return err
		}
	}
	_, err = client.DeleteCluster(ctx, &dsql.DeleteClusterInput{Identifier: &t.id})
	return err
}

// aCluster is one that was made, in whatever state.
type aCluster struct {
	config            aws.Config
	client            *dsql.Client
	id, arn, endpoint string
	// states are those in which it has been seen, in their order.
	states []types.ClusterStatus
}

// makeCluster makes a cluster and leaves it CREATING.
func (c *Case) makeCluster(
	kind *Kind, config aws.Config, ending string, change func(*dsql.CreateClusterInput),
) (*aCluster, error) {
	made := &aCluster{config: config, client: dsql.NewFromConfig(config)}
	_, err := c.make(kind, config, ending, func(name string) (string, error) {
		in := &dsql.CreateClusterInput{Tags: map[string]string{mark: name}, DeletionProtectionEnabled: aws.Bool(false)}
		change(in)
		out, err := made.client.CreateCluster(c, in)
		if err != nil {
			return "", err
		}
		made.id, made.arn, made.endpoint = aws.ToString(out.Identifier), aws.ToString(out.Arn), aws.ToString(out.Endpoint)
		made.saw(out.Status)
		return made.id, nil
	})
	return made, err
}

// single changes nothing of a request for a cluster.
func single(*dsql.CreateClusterInput) {}

// witnessed asks for a multi-Region cluster with a witness.
func witnessed(region string, peers ...string) func(*dsql.CreateClusterInput) {
	return func(in *dsql.CreateClusterInput) {
		in.MultiRegionProperties = &types.MultiRegionProperties{WitnessRegion: &region, Clusters: peers}
	}
}

func (a *aCluster) saw(s types.ClusterStatus) {
	if len(a.states) == 0 || a.states[len(a.states)-1] != s {
		a.states = append(a.states, s)
	}
}

// get reads the cluster.
func (a *aCluster) get(ctx context.Context) (*dsql.GetClusterOutput, error) {
	out, err := a.client.GetCluster(ctx, &dsql.GetClusterInput{Identifier: &a.id})
	if err == nil {
		a.saw(out.Status)
	}
	return out, err
}

// update changes the cluster.
func (a *aCluster) update(ctx context.Context, change func(*dsql.UpdateClusterInput)) error {
	in := &dsql.UpdateClusterInput{Identifier: &a.id}
	change(in)
	_, err := a.client.UpdateCluster(ctx, in)
	return err
}

// remove deletes the cluster, or is refused.
func (a *aCluster) remove(ctx context.Context) error {
	_, err := a.client.DeleteCluster(ctx, &dsql.DeleteClusterInput{Identifier: &a.id})
	return err
}

// peered names witness and peers of a cluster.
func peered(witness string, arns ...string) func(*dsql.UpdateClusterInput) {
	return func(in *dsql.UpdateClusterInput) {
		in.MultiRegionProperties = &types.MultiRegionProperties{WitnessRegion: &witness, Clusters: arns}
	}
}

// protected switches the protection of a cluster.
func protected(on bool) func(*dsql.UpdateClusterInput) {
	return func(in *dsql.UpdateClusterInput) { in.DeletionProtectionEnabled = &on }
}

// awaitStatus waits until the cluster is in a state.
func (c *Case) awaitStatus(a *aCluster, want types.ClusterStatus) error {
	return c.await(fmt.Sprintf("cluster %s is to be %s", a.id, want), clusterLimit, func() (string, bool, error) {
		out, err := a.get(c)
		if err != nil {
			return "", false, err
		}
		return string(out.Status), out.Status == want, nil
	})
}

// once makes something the first time, and gives it or the error then and ever after.
type once[T any] struct {
	done  bool
	value T
	err   error
}

func (o *once[T]) get(first func() (T, error)) (T, error) {
	if !o.done {
		o.done = true
		o.value, o.err = first()
	}
	return o.value, o.err
}

// lone is the cluster that claims share, ACTIVE.
func (c *Case) lone() (*aCluster, error) {
	return c.run.lone.get(func() (*aCluster, error) {
		made, err := c.makeCluster(lone, c.primary(), "lone", single)
		if err == nil {
			err = c.awaitStatus(made, types.ClusterStatusActive)
		}
		return made, err
	})
}

// settled is how many looks at a state make it a stable one.
const settled = 5

// pair is the pair that claims share, ACTIVE, peered as the User Guide says: both with the witness, and when they are
// PENDING_SETUP each with the other ("Configuring multi-Region clusters").
func (c *Case) pair() ([2]*aCluster, error) {
	return c.run.pair.get(func() (both [2]*aCluster, err error) {
		witness := c.run.Regions[2]
		for i, config := range []aws.Config{c.primary(), c.secondary()} {
			if both[i], err = c.makeCluster(pair, config, "pair", witnessed(witness)); err != nil {
				return both, err
			}
		}
		for _, a := range both {
			if err := c.awaitStatus(a, types.ClusterStatusPendingSetup); err != nil {
				return both, err
			}
		}
		if err := c.watch(both[:]...); err != nil {
			return both, err
		}
		for i, a := range both {
			if err := a.update(c, peered(witness, both[1-i].arn)); err != nil {
				return both, err
			}
		}
		for _, a := range both {
			if err := c.awaitStatus(a, types.ClusterStatusActive); err != nil {
				return both, err
			}
		}
		return both, nil
	})
}

// watch looks at clusters for a while.
func (c *Case) watch(all ...*aCluster) error {
	seen := 0
	return c.await("a state that is to last", clusterLimit, func() (string, bool, error) {
		for _, a := range all {
			if _, err := a.get(c); err != nil {
				return "", false, err
			}
		}
		seen++
		return "it lasts", seen == settled, nil
	})
}

// needed is a cluster for a claim about something else.
func needed[T any](made T, err error) (T, error) {
	if err != nil {
		err = unaskable{fmt.Errorf("there is no cluster to ask: %w", err)}
	}
	return made, err
}
