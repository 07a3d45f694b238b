// Package dsql is the Aurora DSQL control plane: the regional API that creates, peers, updates and deletes clusters,
// and the states a cluster goes through meanwhile. It serves no SQL: OnServing says which clusters a SQL endpoint has
// to serve, and Connected is what that endpoint tells of every new connection.
//
// Sources are the Aurora DSQL User Guide and API Reference; docs/sandbox-dsql.md says what is modelled and what is not.
package dsql

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudtrail"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/region"
)

// Options describe a control plane.
type Options struct {
	// Account is the twelve-digit account id.
	Account string
	Clock   *clock.Clock
	// Delay is how long CREATING, UPDATING and DELETING last; defaults to 300 ms.
	Delay time.Duration
	// IdleAfter is the time without a new connection after which an ACTIVE cluster falls IDLE; 0 means never.
	IdleAfter time.Duration
	// Wake is how long a connection to an IDLE cluster waits; defaults to Delay.
	Wake time.Duration
	// UseKey answers the ARN of a customer managed key, or why the service cannot use it for a cluster: no such key,
	// disabled, or refused by the key policy. It is called with the control plane locked. Defaults to a KMS without keys.
	UseKey func(KeyUse) (arn string, err error)
	// Limit is what the account has of a quota in a region. It is called with the control plane locked. Defaults to what
	// every account has.
	Limit func(region string, q region.Quota) int
	// LinkRole makes the service-linked role of Aurora DSQL, unless the account has it. It is called with the control
	// plane locked, before a cluster is made. Defaults to doing nothing.
	LinkRole func()
	// OnServing is told whenever a cluster begins or ceases to serve SQL. Calls come one at a time and in order.
	OnServing func(cluster Cluster, serving bool)
	// OnDeleted is told of every cluster whose deletion has ended. Calls come one at a time and in order.
	OnDeleted func(Cluster)
	// OnEvent receives CloudTrail's records. Calls come one at a time and in order.
	OnEvent func(cloudtrail.Call)
}

// KeyUse is one use of a KMS key by the service: everything a key policy can condition on.
type KeyUse struct {
	// Key is what the caller of CreateCluster or UpdateCluster gave: an ARN, id or alias.
	Key       string
	Region    string
	Actions   []string
	Principal string
	// SourceARN is the cluster's ARN (aws:SourceArn).
	SourceARN     string
	SourceAccount string
	// EncryptionContext is {"aws:dsql:ClusterId": identifier}.
	EncryptionContext map[string]string
}

// ControlPlane is the control plane of all regions of one account. Clusters see their peers in other regions.
type ControlPlane struct {
	opts Options

	mu       sync.Mutex
	clusters map[string]*cluster // by ARN
	replies  map[replyKey]reply
	changed  chan struct{}
	pending  []func()

	delivering sync.Mutex
}

type cluster struct {
	Cluster
	witness string
	peers   []string // ARNs, without its own
	multi   bool
	policy  string
	wake    time.Duration
	awake   time.Time // when a cluster that is waking will be ACTIVE
	timer   *time.Timer
	idle    *time.Timer
	serving bool
}

// New returns a control plane without clusters.
func New(opts Options) *ControlPlane {
	if opts.Delay == 0 {
		opts.Delay = 300 * time.Millisecond
	}
	if opts.Wake == 0 {
		opts.Wake = opts.Delay
	}
	if opts.UseKey == nil {
		opts.UseKey = func(use KeyUse) (string, error) { return "", fmt.Errorf("there is no key %s", use.Key) }
	}
	if opts.Limit == nil {
		opts.Limit = func(_ string, q region.Quota) int { return q.Default }
	}
	if opts.LinkRole == nil {
		opts.LinkRole = func() {}
	}
	return &ControlPlane{opts: opts, clusters: map[string]*cluster{}, replies: map[replyKey]reply{},
		changed: make(chan struct{})}
}

// Region is the API of one region.
func (p *ControlPlane) Region(name string) *Region { return &Region{plane: p, name: name} }

// Region is the API of one region. Its methods are the operations of the same name.
type Region struct {
	plane  *ControlPlane
	name   string
	caller iam.Principal // see By
}

// By is the region as it is called by a principal, whom CloudTrail's records of the calls then name.
func (r *Region) By(caller iam.Principal) *Region {
	return &Region{plane: r.plane, name: r.name, caller: caller}
}

// Clusters are all clusters of all regions, by ARN.
func (p *ControlPlane) Clusters() []Cluster {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Cluster
	for _, arn := range slices.Sorted(maps.Keys(p.clusters)) {
		all = append(all, p.clusters[arn].view())
	}
	return all
}

// Cluster is the cluster with the ARN, in whatever region; false if there is none.
func (p *ControlPlane) Cluster(arn string) (Cluster, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.clusters[arn]
	if c == nil {
		return Cluster{}, false
	}
	return c.view(), true
}

// Changed is closed at the next change of any cluster. Take it before reading the state that is waited on.
func (p *ControlPlane) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

// Connected is told by the SQL endpoint of every new connection, which keeps an ACTIVE cluster from falling IDLE and
// wakes an IDLE or INACTIVE one. It answers how long the connection waits until the cluster is awake.
func (p *ControlPlane) Connected(arn string) time.Duration {
	defer p.deliver()
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.clusters[arn]
	switch {
	case c == nil || !c.Serves():
		return 0
	case c.Status == Active:
		p.activate(c)
		return 0
	case c.Status == Updating:
		return 0
	}
	if c.timer == nil {
		c.awake = p.opts.Clock.Now().Add(c.wake)
		p.after(c, c.wake, func() { p.activate(c) })
	}
	return c.awake.Sub(p.opts.Clock.Now())
}

// Suspend makes an ACTIVE cluster IDLE or INACTIVE; the next connection takes wake until the cluster is ACTIVE again.
func (p *ControlPlane) Suspend(arn string, status Status, wake time.Duration) error {
	if status != Idle && status != Inactive {
		return fmt.Errorf("cluster %s: a suspended cluster is %s or %s, not %s", arn, Idle, Inactive, status)
	}
	defer p.deliver()
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.clusters[arn]
	if c == nil {
		return notFound(arn)
	}
	if !slices.Contains([]Status{Active, Idle, Inactive}, c.Status) {
		return conflict(c.Identifier, "cluster %s is %s: only an ACTIVE cluster can fall %s", c.Identifier, c.Status, status)
	}
	p.stop(c)
	c.wake = wake
	p.enter(c, status)
	return nil
}

// CheckKeys asks UseKey again for every cluster of a region with a customer managed key: a key that cannot be used
// makes its cluster IDLE with encryption KMS_KEY_INACCESSIBLE, and a key that can be used again lets the next
// connection wake it.
func (p *ControlPlane) CheckKeys(region string) {
	defer p.deliver()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.clusters {
		if c.Region == region {
			p.checkKey(c)
		}
	}
}

// Close stops all timers. The control plane answers no more state changes.
func (p *ControlPlane) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.clusters {
		p.stop(c)
	}
}

// deliver calls the hooks that changes have queued, in order and without the lock, so that a hook may ask the control
// plane.
func (p *ControlPlane) deliver() {
	p.delivering.Lock()
	defer p.delivering.Unlock()
	for {
		p.mu.Lock()
		queue := p.pending
		p.pending = nil
		p.mu.Unlock()
		if len(queue) == 0 {
			return
		}
		for _, call := range queue {
			call()
		}
	}
}
