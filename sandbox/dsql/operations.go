package dsql

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/cloudtrail"
	"aurora-dsql-dr/sandbox/region"
)

// MultiRegionQuota is how many multi-Region clusters a region may have ("Amazon Aurora DSQL endpoints and quotas", AWS
// General Reference).
var MultiRegionQuota = region.Quota{Code: "L-DCF93F11", Name: "Multi-Region clusters", Default: 5}

// CreateCluster makes a cluster, CREATING at first. A multi-region cluster names its witness, and its peer now or
// later.
func (r *Region) CreateCluster(in CreateClusterInput) (Cluster, error) {
	return r.change("CreateCluster", in.ClientToken, in, func() (*cluster, error) {
		c, err := r.newCluster(in.Tags)
		if err != nil {
			return nil, err
		}
		if in.MultiRegionProperties != nil {
			if err := r.plane.setPeers(c, *in.MultiRegionProperties); err != nil {
				return nil, err
			}
			if err := r.admitMultiRegion(); err != nil {
				return nil, err
			}
		}
		if in.DeletionProtectionEnabled != nil {
			c.DeletionProtectionEnabled = *in.DeletionProtectionEnabled
		}
		if in.Policy != nil {
			c.policy = *in.Policy
		}
		if err := r.plane.setKey(c, value(in.KMSEncryptionKey)); err != nil {
			return nil, err
		}
		r.plane.opts.LinkRole()
		r.plane.clusters[c.ARN] = c
		r.plane.begin(c, Creating, func() { r.plane.created(c) })
		return c, nil
	})
}

// GetCluster reads a cluster. It does not wake an idle one.
func (r *Region) GetCluster(id string) (Cluster, error) {
	r.plane.mu.Lock()
	defer r.plane.mu.Unlock()
	c, err := r.find(id)
	if err != nil {
		return Cluster{}, err
	}
	return c.view(), nil
}

// Changed is ControlPlane.Changed.
func (r *Region) Changed() <-chan struct{} { return r.plane.Changed() }

// ListClusters are the clusters of the region, by identifier.
func (r *Region) ListClusters() []Cluster {
	return slices.DeleteFunc(r.plane.Clusters(), func(c Cluster) bool { return c.Region != r.name })
}

// UpdateCluster changes protection (at once), key (UPDATING meanwhile) and, before the pair is complete, the peers.
func (r *Region) UpdateCluster(in UpdateClusterInput) (Cluster, error) {
	return r.change("UpdateCluster", in.ClientToken, in, func() (*cluster, error) {
		c, err := r.find(in.Identifier)
		if err != nil {
			return nil, err
		}
		if !slices.Contains([]Status{Active, Idle, Inactive, PendingSetup}, c.Status) {
			return nil, conflict(c.Identifier, "cluster %s cannot be updated while it is %s", c.Identifier, c.Status)
		}
		if in.MultiRegionProperties != nil {
			if err := r.plane.setPeers(c, *in.MultiRegionProperties); err != nil {
				return nil, err
			}
		}
		if in.KMSEncryptionKey != nil && *in.KMSEncryptionKey != c.key() {
			if err := r.plane.changeKey(c, *in.KMSEncryptionKey); err != nil {
				return nil, err
			}
		}
		if in.DeletionProtectionEnabled != nil {
			c.DeletionProtectionEnabled = *in.DeletionProtectionEnabled
		}
		r.plane.join(c)
		return c, nil
	})
}

// DeleteCluster deletes a cluster that is not protected. A peered one stays PENDING_DELETE until its peer is deleted
// too.
func (r *Region) DeleteCluster(in DeleteClusterInput) (Cluster, error) {
	return r.change("DeleteCluster", in.ClientToken, in, func() (*cluster, error) {
		c, err := r.find(in.Identifier)
		if err != nil {
			return nil, err
		}
		if c.DeletionProtectionEnabled {
			return nil, invalid(reasonProtected, "Cluster %s has deletion protection enabled.", c.Identifier)
		}
		if c.Status == Creating || c.Status == Updating {
			return nil, conflict(c.Identifier, "cluster %s cannot be deleted while it is %s", c.Identifier, c.Status)
		}
		if c.Status != Deleting && c.Status != PendingDelete {
			r.plane.leave(c)
		}
		return c, nil
	})
}

// GetVpcEndpointServiceName is the name of the PrivateLink service in front of the cluster.
func (r *Region) GetVpcEndpointServiceName(id string) (string, error) {
	if _, err := r.GetCluster(id); err != nil {
		return "", err
	}
	return "com.amazonaws." + r.name + ".dsql-fa4e00", nil
}

// PutClusterPolicy sets the cluster's resource policy.
func (r *Region) PutClusterPolicy(in PutClusterPolicyInput) (Cluster, error) {
	return r.change("PutClusterPolicy", in.ClientToken, in, func() (*cluster, error) {
		c, err := r.find(in.Identifier)
		if err != nil {
			return nil, err
		}
		c.policy = in.Policy
		return c, nil
	})
}

// GetClusterPolicy reads the cluster's resource policy; a cluster without one is an error.
func (r *Region) GetClusterPolicy(id string) (string, error) {
	r.plane.mu.Lock()
	defer r.plane.mu.Unlock()
	c, err := r.find(id)
	if err != nil {
		return "", err
	}
	if c.policy == "" {
		return "", notFound(id)
	}
	return c.policy, nil
}

// TagResource adds tags to the cluster with an ARN.
func (r *Region) TagResource(arn string, tags map[string]string) error {
	return r.tag(arn, func(c *cluster) { maps.Copy(c.Tags, tags) })
}

// UntagResource removes tags from the cluster with an ARN.
func (r *Region) UntagResource(arn string, keys []string) error {
	return r.tag(arn, func(c *cluster) {
		maps.DeleteFunc(c.Tags, func(key, _ string) bool { return slices.Contains(keys, key) })
	})
}

func (r *Region) tag(arn string, edit func(*cluster)) error {
	r.plane.mu.Lock()
	defer r.plane.mu.Unlock()
	c, err := r.find(arn[strings.LastIndex(arn, "/")+1:])
	if err != nil {
		return err
	}
	edit(c)
	return nil
}

type replyKey struct{ region, operation, token string }

type reply struct {
	request any
	answer  Cluster
}

// change runs an operation that changes something: a repeated client token gets the first answer and has no effect, and
// CloudTrail hears of it, refused or not.
func (r *Region) change(operation, token string, request any, do func() (*cluster, error)) (Cluster, error) {
	p := r.plane
	defer p.deliver()
	p.mu.Lock()
	defer p.mu.Unlock()
	key := replyKey{r.name, operation, token}
	if first, repeated := p.replies[key]; repeated {
		if !reflect.DeepEqual(first.request, request) {
			return Cluster{}, conflict("", "client token %s was used for another %s request", token, operation)
		}
		return first.answer, nil
	}
	c, err := do()
	r.record(operation, request, err)
	if err != nil {
		return Cluster{}, err
	}
	if token != "" {
		p.replies[key] = reply{request, c.view()}
	}
	return c.view(), nil
}

func (r *Region) record(operation string, request any, err error) {
	r.tell(r.event(operation, request, err))
}

func (r *Region) event(operation string, request any, err error) cloudtrail.Call {
	return cloudtrail.Call{
		Source:            EventSource,
		AWSRegion:         r.name,
		EventName:         operation,
		RequestParameters: request,
		Caller:            r.caller,
	}.Ended(err)
}

// Refused has CloudTrail hear of a call that the caller's policies do not allow.
func (r *Region) Refused(operation string, request any, err error) {
	defer r.plane.deliver()
	r.plane.mu.Lock()
	defer r.plane.mu.Unlock()
	r.record(operation, request, err)
}

// tell queues a record for CloudTrail.
func (r *Region) tell(event cloudtrail.Call) {
	r.plane.pending = append(r.plane.pending, func() {
		if r.plane.opts.OnEvent != nil {
			r.plane.opts.OnEvent(event)
		}
	})
}

// find is called with the lock held.
func (r *Region) find(id string) (*cluster, error) {
	if c := r.plane.clusters[r.arn(id)]; c != nil {
		return c, nil
	}
	return nil, notFound(id)
}

func (r *Region) arn(id string) string {
	return fmt.Sprintf("arn:aws:dsql:%s:%s:cluster/%s", r.name, r.plane.opts.Account, id)
}

func (r *Region) multiRegionClusters() (n int) {
	for _, c := range r.plane.clusters {
		if c.multi && c.Region == r.name {
			n++
		}
	}
	return n
}

// setPeers checks and stores witness and peers; the cluster's own ARN among them is ignored, as answers contain it.
func (p *ControlPlane) setPeers(c *cluster, want MultiRegionProperties) error {
	peers := slices.DeleteFunc(slices.Clone(want.Clusters), func(arn string) bool { return arn == c.ARN })
	witness := want.WitnessRegion
	if witness == "" {
		witness = c.witness
	}
	switch {
	case witness == "":
		return invalid(reasonField, "multiRegionProperties.witnessRegion is required")
	case witness == c.Region:
		return invalid(reasonField, "the witness Region %s must differ from the cluster's Region", witness)
	case regionSet(witness) != regionSet(c.Region):
		return invalid(reasonField, "the witness Region %s is not in the Region set of %s (%s)", witness, c.Region,
			strings.Join(regionSets[regionSet(c.Region)], ", "))
	case c.multi && c.witness != witness:
		return invalid(reasonField, "the witness Region of cluster %s is %s and cannot be changed", c.Identifier, c.witness)
	case c.Status != "" && !c.multi:
		return invalid(reasonField, "cluster %s is a single-Region cluster and cannot become multi-Region", c.Identifier)
	case len(peers) > 1:
		return invalid(reasonField, "a cluster has one peer, not %d", len(peers))
	case p.peered(c) && !slices.Equal(peers, c.peers):
		return invalid(reasonField, "the peers of multi-Region cluster %s cannot be changed", c.Identifier)
	}
	for _, arn := range peers {
		if err := p.checkPeer(c, arn, witness); err != nil {
			return err
		}
	}
	c.multi, c.witness, c.peers = true, witness, peers
	return nil
}

func (p *ControlPlane) checkPeer(c *cluster, arn, witness string) error {
	peer := p.clusters[arn]
	switch {
	case peer == nil:
		return invalid(reasonField, "the peer %s does not exist", arn)
	case peer.Region == c.Region || peer.Region == witness:
		return invalid(reasonField, "the peer %s must be in another Region than the cluster and the witness", arn)
	case regionSet(peer.Region) != regionSet(c.Region):
		return invalid(reasonField, "the peer %s is not in the Region set of %s (%s)", arn, c.Region,
			strings.Join(regionSets[regionSet(c.Region)], ", "))
	}
	return nil
}

// changeKey re-encrypts: UPDATING until done, without downtime.
func (p *ControlPlane) changeKey(c *cluster, key string) error {
	before := c.Status
	if err := p.setKey(c, key); err != nil {
		return err
	}
	c.EncryptionDetails.EncryptionStatus = EncryptionUpdating
	p.begin(c, Updating, func() {
		c.EncryptionDetails.EncryptionStatus = EncryptionEnabled
		if before == Active {
			p.activate(c)
			return
		}
		p.enter(c, before)
		p.join(c)
	})
	return nil
}

// key is what KmsEncryptionKey was set to.
func (c *cluster) key() string {
	if c.EncryptionDetails.EncryptionType == AWSOwnedKey {
		return AWSOwnedKey
	}
	return c.EncryptionDetails.KMSKeyARN
}

func cloneTags(tags map[string]string) map[string]string {
	clone := map[string]string{}
	maps.Copy(clone, tags)
	return clone
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
