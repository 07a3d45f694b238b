package dsql

import (
	"crypto/rand"
	"fmt"
	"strings"

	"aurora-dsql-dr/sandbox/iam"
)

// RestoreInput is what AWS Backup asks for: one new cluster, or two that are a pair with a witness.
type RestoreInput struct {
	Clusters []RestoredCluster `json:"-"`
	Witness  string            `json:"witnessRegion,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	// Caller is the session of a role in which AWS Backup restores.
	Caller iam.Principal `json:"-"`
}

// RestoredCluster is a cluster that is to be made.
type RestoredCluster struct {
	Region             string
	DeletionProtection bool
	KMSKey             string // an ARN; "" for the key that AWS owns
}

// Restore makes the clusters of a restore. They stay CREATING, and nobody is served from them, until Restored or
// Discard.
func (p *ControlPlane) Restore(in RestoreInput) ([]Cluster, error) {
	defer p.deliver()
	p.mu.Lock()
	defer p.mu.Unlock()
	made, err := p.restore(in)
	for _, c := range in.Clusters {
		p.Region(c.Region).recordFor(in, err)
	}
	if err != nil {
		return nil, err
	}
	p.opts.LinkRole()
	views := make([]Cluster, len(made))
	for _, c := range made {
		p.clusters[c.ARN] = c
	}
	for i, c := range made {
		p.enter(c, Creating)
		views[i] = c.view()
	}
	return views, nil
}

// restore makes clusters that the control plane does not know yet.
func (p *ControlPlane) restore(in RestoreInput) ([]*cluster, error) {
	var made []*cluster
	for _, want := range in.Clusters {
		r := p.Region(want.Region)
		c, err := r.newCluster(in.Tags)
		if err != nil {
			return nil, err
		}
		c.DeletionProtectionEnabled = want.DeletionProtection
		if in.Witness != "" {
			if err := p.setPeers(c, MultiRegionProperties{WitnessRegion: in.Witness}); err != nil {
				return nil, err
			}
			if err := r.admitMultiRegion(); err != nil {
				return nil, err
			}
		}
		if err := p.setKey(c, want.KMSKey); err != nil {
			return nil, err
		}
		made = append(made, c)
	}
	for i, c := range made {
		for j, peer := range made {
			if i != j {
				if regionSet(c.Region) != regionSet(peer.Region) {
					return nil, invalid(reasonField, "%s and %s are not in one Region set", c.Region, peer.Region)
				}
				c.peers = append(c.peers, peer.ARN)
			}
		}
	}
	return made, nil
}

// newCluster is a cluster of the region that is not there yet.
func (r *Region) newCluster(tags map[string]string) (*cluster, error) {
	if regionSet(r.name) == "" {
		return nil, invalid(reasonOther, "Aurora DSQL is not available in %s", r.name)
	}
	id := strings.ToLower(rand.Text()) // 26 characters, like AWS's
	return &cluster{
		Cluster: Cluster{
			Identifier:   id,
			ARN:          r.arn(id),
			Region:       r.name,
			CreationTime: r.plane.opts.Clock.Now(),
			Endpoint:     fmt.Sprintf("%s.dsql.%s.on.aws", id, r.name),
			Tags:         cloneTags(tags),
		},
		wake: r.plane.opts.Wake,
	}, nil
}

// admitMultiRegion refuses one multi-Region cluster more than the quota.
func (r *Region) admitMultiRegion() error {
	if most := r.plane.opts.Limit(r.name, MultiRegionQuota); r.multiRegionClusters() >= most {
		return quotaExceeded("%s has the %d multi-Region clusters its quota allows", r.name, most)
	}
	return nil
}

// recordFor tells CloudTrail of a restore in the region, whose caller is AWS Backup in a role.
func (r *Region) recordFor(in RestoreInput, err error) {
	event := r.By(in.Caller).event("StartRestoreJob", in, err)
	event.InvokedBy = iam.Backup
	r.tell(event)
}

// Restored ends a restore: the clusters are ACTIVE.
func (p *ControlPlane) Restored(arns ...string) {
	p.eachRestoring(arns, p.activate)
}

// Discard ends a restore that has failed: the clusters are gone.
func (p *ControlPlane) Discard(arns ...string) {
	p.eachRestoring(arns, p.forget)
}

func (p *ControlPlane) eachRestoring(arns []string, do func(*cluster)) {
	defer p.deliver()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, arn := range arns {
		if c := p.clusters[arn]; c != nil && c.Status == Creating {
			do(c)
		}
	}
}
