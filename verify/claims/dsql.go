package claims

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
)

const dsqlPage = "sandbox-dsql.md"

// dsqlClaims are about the control plane.
var dsqlClaims = []Claim{{
	ID:   "dsql-not-found",
	Says: "GetCluster of a cluster that is not there: ResourceNotFoundException, with its id",
	Page: dsqlPage,
	Row:  "wording of messages",
	ask:  aClusterIsNotThere,
}, {
	ID:   "dsql-witness-refusals",
	Says: "the witness is a third region: ValidationException",
	Page: dsqlPage,
	Row:  "witness and peers are of one region set; the witness is a third region",
	ask:  theClustersRegionIsNoWitness,
}, {
	ID:   "dsql-witness-outside",
	Says: "a witness outside the region set is refused: ValidationException",
	Page: dsqlPage,
	Row:  "witness outside the region set",
	ask:  aWitnessOutsideTheSetIsRefused,
}, {
	ID:    "dsql-single",
	Says:  "a cluster is CREATING, then ACTIVE; it has a 26-character id and the endpoint <id>.dsql.<region>.on.aws",
	Page:  dsqlPage,
	Row:   "a single-Region cluster is CREATING, then ACTIVE; 26-character id",
	Makes: []*Kind{lone},
	ask:   aClusterIsCreatingThenActive,
}, {
	ID:    "dsql-tags",
	Says:  "tags of CreateCluster are those of GetCluster and ListTagsForResource",
	Page:  dsqlPage,
	Row:   "tags and resource policies are stored",
	Makes: []*Kind{lone},
	ask:   tagsAreStored,
}, {
	ID:    "dsql-client-token",
	Says:  "a client token makes a request happen once, and is refused for another: ConflictException",
	Page:  dsqlPage,
	Row:   "a client token makes a request happen once",
	Makes: []*Kind{cluster},
	ask:   aTokenIsOneRequest,
}, {
	ID:    "dsql-creating",
	Says:  "a cluster is neither updated nor deleted while it is CREATING: ConflictException",
	Page:  dsqlPage,
	Row:   "update or deletion of a cluster while CREATING or UPDATING",
	Makes: []*Kind{cluster},
	ask:   aCreatingClusterIsLeftAlone,
}, {
	ID:    "dsql-protection",
	Says:  "a protected cluster is not deleted (ValidationException, deletionProtectionEnabled); it changes at once",
	Page:  dsqlPage,
	Row:   "a protected cluster is not deleted",
	Makes: []*Kind{lone},
	ask:   aProtectedClusterIsNotDeleted,
}, {
	ID:    "dsql-single-stays",
	Says:  "a single-Region cluster cannot become multi-Region: ValidationException",
	Page:  dsqlPage,
	Row:   "witness and peers of a pair cannot change; a single-Region cluster cannot become multi-Region",
	Makes: []*Kind{lone},
	ask:   aSingleClusterStaysSingle,
}, {
	ID:    "dsql-pair",
	Says:  "PENDING_SETUP is stable; a pair goes on to CREATING and ACTIVE once both sides name each other",
	Page:  dsqlPage,
	Row:   "PENDING_SETUP is stable",
	Makes: []*Kind{pair},
	ask:   aPairIsSetUp,
}, {
	ID:    "dsql-pair-witness",
	Says:  "the witness of a pair cannot change: ValidationException",
	Page:  dsqlPage,
	Row:   "witness and peers of a pair cannot change; a single-Region cluster cannot become multi-Region",
	Makes: []*Kind{pair},
	ask:   aPairsWitnessStays,
}}

// dsqlLastClaims would end the pair, or do.
var dsqlLastClaims = []Claim{{
	ID:    "dsql-pair-peers",
	Says:  "the peers of an established pair cannot change: ValidationException",
	Page:  dsqlPage,
	Row:   "changing the peers of an established pair",
	Makes: []*Kind{pair},
	ask:   aPairsPeersStay,
}, {
	ID:    "dsql-pair-deleted",
	Says:  "one side of a pair stays PENDING_DELETE until the other is deleted too",
	Page:  dsqlPage,
	Row:   "one side of a pair stays PENDING_DELETE until the other is deleted too",
	Makes: []*Kind{pair},
	ask:   oneSideWaitsForTheOther,
}}

// noCluster is an identifier of no cluster.
const noCluster = "aaaaaaaaaaaaaaaaaaaaaaaaaa"

func aClusterIsNotThere(c *Case) error {
	in := &dsql.GetClusterInput{Identifier: aws.String(noCluster)}
	_, err := dsql.NewFromConfig(c.primary()).GetCluster(c, in)
	c.refused("GetCluster", err, "ResourceNotFoundException")
	if missing, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		c.is("its resourceId", aws.ToString(missing.ResourceId), noCluster)
		c.is("its resourceType", aws.ToString(missing.ResourceType), "cluster")
	}
	return nil
}

// refusedField wants a ValidationException about a field.
func (c *Case) refusedField(call string, err error) {
	c.refused(call, err, "ValidationException")
	if invalid, ok := errors.AsType[*types.ValidationException](err); ok {
		c.is("the reason", invalid.Reason, types.ValidationExceptionReasonFieldValidationFailed)
	}
}

func theClustersRegionIsNoWitness(c *Case) error {
	_, err := c.makeCluster(cluster, c.primary(), "w", witnessed(c.run.Regions[0]))
	c.refusedField("CreateCluster with its own region for the witness", err)
	peer := "arn:aws:dsql:" + c.run.Regions[2] + ":" + c.run.Account + ":cluster/" + noCluster
	_, err = c.makeCluster(cluster, c.primary(), "w", witnessed(c.run.Regions[2], peer))
	c.refusedField("CreateCluster with a peer in the witness region", err)
	return nil
}

// regionSets are four regions of each set, as "Configuring multi-Region clusters" of the User Guide has them: one more
// than a run uses.
var regionSets = [][]string{
	{"us-east-1", "us-east-2", "us-west-2", "ca-central-1"},
	{"eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"},
	{"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1"},
}

// regionSet is the one of the run's regions, the first of those that have none of them.
func (c *Case) regionSet() int {
	return max(0, slices.IndexFunc(regionSets, func(set []string) bool {
		return slices.ContainsFunc(c.run.Regions[:], func(region string) bool { return slices.Contains(set, region) })
	}))
}

func aWitnessOutsideTheSetIsRefused(c *Case) error {
	outside := regionSets[(c.regionSet()+1)%len(regionSets)][0]
	_, err := c.makeCluster(cluster, c.primary(), "o", witnessed(outside))
	c.refusedField("CreateCluster with the witness "+outside, err)
	return nil
}

func aClusterIsCreatingThenActive(c *Case) error {
	made, err := c.lone()
	if err != nil {
		return err
	}
	c.is("its states", made.states, []types.ClusterStatus{types.ClusterStatusCreating, types.ClusterStatusActive})
	c.holds("its id", made.id, len(made.id) == 26, "26 characters")
	c.is("its ARN", made.arn, c.arn("dsql", c.run.Regions[0], "cluster/"+made.id))
	shown, err := made.get(c)
	if err != nil {
		return err
	}
	c.is("its endpoint", aws.ToString(shown.Endpoint), made.id+".dsql."+c.run.Regions[0]+".on.aws")
	c.is("its encryption", shown.EncryptionDetails.EncryptionStatus, types.EncryptionStatusEnabled)
	return nil
}

func tagsAreStored(c *Case) error {
	made, err := needed(c.lone())
	if err != nil {
		return err
	}
	want := map[string]string{mark: c.run.ID + "-lone"}
	shown, err := made.get(c)
	if err != nil {
		return err
	}
	c.is("the tags of GetCluster", shown.Tags, want)
	listed, err := made.client.ListTagsForResource(c, &dsql.ListTagsForResourceInput{ResourceArn: &made.arn})
	if err == nil {
		c.is("the tags of ListTagsForResource", listed.Tags, want)
	}
	return err
}

func aTokenIsOneRequest(c *Case) error {
	token := c.run.ID + "-token"
	var asked dsql.CreateClusterInput
	made, err := c.makeCluster(cluster, c.primary(), "t", func(in *dsql.CreateClusterInput) {
		in.ClientToken = &token
		asked = *in
	})
	if err != nil {
		return err
	}
	again, err := made.client.CreateCluster(c, &asked)
	if c.accepted("CreateCluster again", err) {
		c.is("the id of the second", aws.ToString(again.Identifier), made.id)
	}
	_, err = c.makeCluster(cluster, c.primary(), "u", func(in *dsql.CreateClusterInput) { in.ClientToken = &token })
	c.refused("CreateCluster with the same token and another tag", err, "ConflictException")
	return nil
}

func aCreatingClusterIsLeftAlone(c *Case) error {
	made, err := c.makeCluster(cluster, c.primary(), "c", single)
	if err != nil {
		return err
	}
	c.is("its state", made.states, []types.ClusterStatus{types.ClusterStatusCreating})
	c.refused("UpdateCluster", made.update(c, protected(true)), "ConflictException")
	c.refused("DeleteCluster", made.remove(c), "ConflictException")
	return nil
}

func aProtectedClusterIsNotDeleted(c *Case) error {
	made, err := needed(c.lone())
	if err != nil {
		return err
	}
	for _, on := range []bool{true, false} {
		if err := made.update(c, protected(on)); err != nil {
			return err
		}
		shown, err := made.get(c)
		if err != nil {
			return err
		}
		c.is("the protection after its change", aws.ToBool(shown.DeletionProtectionEnabled), on)
		if !on || !aws.ToBool(shown.DeletionProtectionEnabled) {
			continue // else the cluster would be deleted
		}
		err = made.remove(c)
		c.refused("DeleteCluster while it is protected", err, "ValidationException")
		if invalid, ok := errors.AsType[*types.ValidationException](err); ok {
			c.is("the reason", invalid.Reason, types.ValidationExceptionReasonDeletionProtectionEnabled)
		}
	}
	return nil
}

func aSingleClusterStaysSingle(c *Case) error {
	made, err := needed(c.lone())
	if err != nil {
		return err
	}
	c.refusedField("UpdateCluster with a witness", made.update(c, peered(c.run.Regions[2])))
	return nil
}

func aPairIsSetUp(c *Case) error {
	both, err := c.pair()
	if err != nil {
		return err
	}
	for i, a := range both {
		where := "the states in " + a.config.Region
		c.holds(where, a.states, c.isSetUp(a.states), "CREATING, PENDING_SETUP, CREATING, ACTIVE")
		shown, err := a.get(c)
		if err != nil {
			return err
		}
		p := shown.MultiRegionProperties
		if p == nil {
			p = &types.MultiRegionProperties{}
		}
		c.is("the witness of "+a.config.Region, aws.ToString(p.WitnessRegion), c.run.Regions[2])
		c.is("the clusters of "+a.config.Region, p.Clusters, []string{a.arn, both[1-i].arn})
	}
	return nil
}

// isSetUp is whether states are those of a cluster that became one of a pair. One that does not last may be missed.
func (*Case) isSetUp(states []types.ClusterStatus) bool {
	return strings.HasPrefix(fmt.Sprint(states), "[CREATING PENDING_SETUP") &&
		states[len(states)-1] == types.ClusterStatusActive && len(states) <= 4
}

func aPairsWitnessStays(c *Case) error {
	both, err := needed(c.pair())
	if err != nil {
		return err
	}
	set := regionSets[c.regionSet()]
	other := set[slices.IndexFunc(set, func(region string) bool { return !slices.Contains(c.run.Regions[:], region) })]
	c.refusedField("UpdateCluster with the witness "+other, both[0].update(c, peered(other, both[1].arn)))
	return nil
}

func aPairsPeersStay(c *Case) error {
	both, err := needed(c.pair())
	if err != nil {
		return err
	}
	stranger := c.arn("dsql", c.run.Regions[1], "cluster/"+noCluster)
	c.refusedField("UpdateCluster with another peer", both[0].update(c, peered(c.run.Regions[2], stranger)))
	c.refusedField("UpdateCluster without a peer", both[0].update(c, peered(c.run.Regions[2])))
	return nil
}

func oneSideWaitsForTheOther(c *Case) error {
	both, err := needed(c.pair())
	if err != nil {
		return err
	}
	first, second := both[0], both[1]
	if err := first.remove(c); err != nil {
		return err
	}
	if err := c.awaitStatus(first, types.ClusterStatusPendingDelete); err != nil {
		return err
	}
	if err := c.watch(first); err != nil {
		return err
	}
	c.is("the state of the one that was deleted", first.states[len(first.states)-1], types.ClusterStatusPendingDelete)
	if err := second.remove(c); err != nil {
		return err
	}
	for _, a := range both {
		err := c.await("cluster "+a.id+" is to be gone", clusterLimit, func() (string, bool, error) {
			shown, err := a.get(c)
			if err == nil {
				return string(shown.Status), false, nil
			}
			if !isGone(err) {
				return "", false, err
			}
			c.refused("GetCluster in "+a.config.Region+" when both were deleted", err, "ResourceNotFoundException")
			return "", true, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
