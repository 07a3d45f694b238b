package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"aurora-dsql-dr/internal/input"
	"aurora-dsql-dr/internal/pair"
)

// clients are those of Aurora DSQL, by region.
type clients func(region string) clusters

// clusters is what is needed of Aurora DSQL.
type clusters interface {
	GetCluster(context.Context, *dsql.GetClusterInput, ...func(*dsql.Options)) (*dsql.GetClusterOutput, error)
}

// connect makes clients with the caller's credentials.
func connect(ctx context.Context) (clients, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	return func(region string) clusters {
		return dsql.NewFromConfig(cfg, func(o *dsql.Options) { o.Region = region })
	}, nil
}

// The places of a pair's sides, and what resources are called after them.
const (
	primary = iota
	secondary
)

var places = [2]string{"primary", "secondary"}

// pairOf are two clusters that are each other's peer, the primary first, and what they have in common.
type pairOf struct {
	sides     [2]side
	witness   string
	protected bool
}

// side is one cluster of a pair as AWS describes it.
type side struct {
	pair.Cluster
	status  types.ClusterStatus
	witness string
	peers   []string // ARNs, without its own
	// protected is against deletion.
	protected bool
	// key is the ARN of the customer managed key that encrypts it; "" is the key that AWS owns.
	key        string
	encryption types.EncryptionStatus
	tags       map[string]string
}

// named reads the ARNs of a pair's clusters, as somebody has typed them.
func named(typed string) (both [2]pair.Cluster, err error) {
	texts := strings.Fields(typed)
	if len(texts) != len(both) {
		return both, input.Refusal("CLUSTERS", typed, "the ARNs of the two clusters of a pair, the primary's first")
	}
	var problems []error
	for i, text := range texts {
		if both[i], err = pair.Parse(text); err != nil {
			problems = append(problems, input.Refusal("CLUSTERS", text, "the ARN of a cluster, "+pair.Form))
		}
	}
	if texts[0] == texts[1] {
		problems = append(problems, input.Refusal("CLUSTERS", typed, "two clusters, and not one twice"))
	}
	return both, errors.Join(problems...)
}

// pair reads the two clusters, the primary first. It refuses what is no whole pair, with everything that is wrong with
// it.
func (c clients) pair(ctx context.Context, both [2]pair.Cluster) (pairOf, error) {
	var p pairOf
	var problems []error
	for i, cluster := range both {
		var err error
		p.sides[i], err = c.side(ctx, cluster)
		problems = append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return pairOf{}, err
	}
	p.witness, p.protected = p.sides[0].witness, p.sides[0].protected
	return p, p.check()
}

func (c clients) side(ctx context.Context, of pair.Cluster) (side, error) {
	seen, err := c(of.Region).GetCluster(ctx, &dsql.GetClusterInput{Identifier: &of.ID})
	if err != nil {
		return side{}, fmt.Errorf("the cluster %s: %w", of.ARN, err)
	}
	s := side{
		Cluster:   of,
		status:    seen.Status,
		protected: aws.ToBool(seen.DeletionProtectionEnabled),
		tags:      seen.Tags,
	}
	if p := seen.MultiRegionProperties; p != nil {
		s.witness = aws.ToString(p.WitnessRegion)
		s.peers = slices.DeleteFunc(slices.Clone(p.Clusters), func(arn string) bool { return arn == of.ARN })
	}
	if e := seen.EncryptionDetails; e != nil {
		s.key, s.encryption = aws.ToString(e.KmsKeyArn), e.EncryptionStatus
	}
	return s, nil
}

// check tells everything that keeps two clusters from being one pair.
func (p pairOf) check() error {
	a, b := p.sides[0], p.sides[1]
	problems := []error{a.check(b), b.check(a)}
	differ := func(what, of, other, then string) {
		if of != other {
			problems = append(problems, fmt.Errorf("%s is %q in %s and %q in %s: want the same in both%s", what, of, a.Region,
				other, b.Region, then))
		}
	}
	differ("the account", a.Account, b.Account, "")
	differ("the witness", a.witness, b.witness, "")
	differ("deletion protection", a.protection(), b.protection(), " (aws dsql update-cluster)")
	differ("encryption", encryption(a.key != ""), encryption(b.key != ""),
		" (aws dsql update-cluster --kms-encryption-key)")
	return errors.Join(problems...)
}

// healthy are the statuses of a cluster that can be adopted: without connections it falls asleep, and is well.
var healthy = []types.ClusterStatus{types.ClusterStatusActive, types.ClusterStatusIdle, types.ClusterStatusInactive}

// check tells what is wrong with one side.
func (s side) check(other side) error {
	var problems []error
	refuse := func(what, value, wanted string) {
		problems = append(problems, input.Refusal(what+" of "+s.ARN, value, wanted))
	}
	if !slices.Contains(healthy, s.status) {
		refuse("the status", string(s.status), "ACTIVE, IDLE or INACTIVE")
	}
	if !slices.Equal(s.peers, []string{other.ARN}) {
		refuse("the peer", strings.Join(s.peers, " "), other.ARN+" (docs/runbooks.md#half-made-peering)")
	}
	if s.encryption != types.EncryptionStatusEnabled {
		refuse("the encryption status", string(s.encryption), "ENABLED (docs/runbooks.md#kms-key-disabled)")
	}
	if key, err := arn.Parse(s.key); s.key != "" && (err != nil || key.AccountID != s.Account || key.Region != s.Region) {
		refuse("the key", s.key, "one of the cluster's own account and region, which the stack can manage")
	}
	return errors.Join(problems...)
}

func (s side) protection() string {
	if s.protected {
		return "on"
	}
	return "off"
}
