package dsql

import (
	"slices"
	"time"
)

// All functions here are called with the lock held.

// view is the cluster as the API shows it.
func (c *cluster) view() Cluster {
	v := c.Cluster
	v.Tags = cloneTags(c.Tags)
	if c.multi {
		v.MultiRegionProperties = &MultiRegionProperties{WitnessRegion: c.witness,
			Clusters: append([]string{c.ARN}, c.peers...)}
	}
	return v
}

// enter puts the cluster into a state and tells everyone who waits or serves.
func (p *ControlPlane) enter(c *cluster, status Status) {
	c.Status = status
	if serving := c.Serves(); serving != c.serving {
		c.serving = serving
		view := c.view()
		p.pending = append(p.pending, func() {
			if p.opts.OnServing != nil {
				p.opts.OnServing(view, serving)
			}
		})
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// after runs next once the cluster's present state has lasted d.
func (p *ControlPlane) after(c *cluster, d time.Duration, next func()) {
	var timer *time.Timer
	timer = p.opts.Clock.AfterFunc(d, func() {
		defer p.deliver()
		p.mu.Lock()
		defer p.mu.Unlock()
		if c.timer == timer { // else the state was left meanwhile
			c.timer = nil
			next()
		}
	})
	c.timer = timer
}

// stop forgets what was to happen next.
func (p *ControlPlane) stop(c *cluster) {
	for _, timer := range []**time.Timer{&c.timer, &c.idle} {
		if *timer != nil {
			(*timer).Stop()
			*timer = nil
		}
	}
}

// begin enters CREATING, UPDATING or DELETING and lets next follow.
func (p *ControlPlane) begin(c *cluster, status Status, next func()) {
	p.stop(c)
	p.enter(c, status)
	p.after(c, p.opts.Delay, next)
}

// activate makes a cluster ACTIVE and starts the time after which it falls IDLE for want of connections.
func (p *ControlPlane) activate(c *cluster) {
	p.stop(c)
	c.wake = p.opts.Wake
	p.enter(c, Active)
	if p.opts.IdleAfter == 0 {
		return
	}
	var timer *time.Timer
	timer = p.opts.Clock.AfterFunc(p.opts.IdleAfter, func() {
		defer p.deliver()
		p.mu.Lock()
		defer p.mu.Unlock()
		if c.idle == timer && c.Status == Active {
			p.enter(c, Idle)
		}
	})
	c.idle = timer
}

// created ends the first CREATING: a multi-region cluster waits in PENDING_SETUP, which is stable, for its peer.
func (p *ControlPlane) created(c *cluster) {
	if !c.multi {
		p.activate(c)
		return
	}
	p.enter(c, PendingSetup)
	p.join(c)
}

// join lets a pair continue as soon as both sides wait and name each other with the same witness.
func (p *ControlPlane) join(c *cluster) {
	if c.Status != PendingSetup || !p.peered(c) {
		return
	}
	pair := []*cluster{c}
	for _, arn := range c.peers {
		if p.clusters[arn].Status != PendingSetup {
			return
		}
		pair = append(pair, p.clusters[arn])
	}
	for _, side := range pair {
		p.begin(side, Creating, func() { p.activate(side) })
	}
}

// peered reports whether the cluster and all its peers name each other with the same witness.
func (p *ControlPlane) peered(c *cluster) bool {
	return len(c.peers) > 0 && !slices.ContainsFunc(c.peers, func(arn string) bool {
		peer := p.clusters[arn]
		return peer == nil || peer.witness != c.witness || !slices.Contains(peer.peers, c.ARN)
	})
}

// leave starts a deletion: a peered cluster waits in PENDING_DELETE until the deletion of every peer is asked for too.
func (p *ControlPlane) leave(c *cluster) {
	if !p.peered(c) {
		p.remove(c)
		return
	}
	p.stop(c)
	p.enter(c, PendingDelete)
	pair := []*cluster{c}
	for _, arn := range c.peers {
		if p.clusters[arn].Status != PendingDelete {
			return
		}
		pair = append(pair, p.clusters[arn])
	}
	for _, side := range pair {
		p.remove(side)
	}
}

func (p *ControlPlane) remove(c *cluster) {
	p.begin(c, Deleting, func() { p.forget(c) })
}

// forget ends a cluster.
func (p *ControlPlane) forget(c *cluster) {
	delete(p.clusters, c.ARN)
	p.enter(c, Deleted)
	view := c.view()
	p.pending = append(p.pending, func() {
		if p.opts.OnDeleted != nil {
			p.opts.OnDeleted(view)
		}
	})
}
