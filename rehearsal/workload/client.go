package workload

import (
	"context"
	"fmt"
	"time"
)

// client writes one row after the other. It prefers its own region's endpoint, moves to the other when a write is not
// acknowledged, and stays there for a while before it tries to go home: what a careful application does.
type client struct {
	workload                   *Workload
	begun, name, region, other string
	connections                map[string]connection // by region of the endpoint

	at   string    // region of the endpoint in use
	left time.Time // when it last gave up its own
	gap  *Gap
	gaps []Gap
}

func (c *client) run(ctx context.Context) {
	o := c.workload.opts
	defer func() {
		for _, conn := range c.connections {
			conn.Close()
		}
	}()
	for n := 1; ; n++ {
		if !c.write(ctx, fmt.Sprintf("%s-%s-%06d", c.name, c.begun, n)) {
			c.finish()
			return
		}
		if o.Clock.Sleep(ctx, o.Every) != nil {
			c.finish()
			return
		}
	}
}

// write tries a row, at one endpoint and then at the other, until it is acknowledged; false when the workload ends
// before.
func (c *client) write(ctx context.Context, id string) bool {
	o := c.workload.opts
	if c.at != c.region && o.Clock.Since(c.left) >= o.Home {
		c.at = c.region
	}
	for attempt := 1; ; attempt++ {
		begun := o.Clock.Now()
		err := c.attempt(ctx, id)
		if err == nil {
			c.workload.acknowledge(id, c.at)
			c.served()
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		c.refused(begun, err)
		c.move()
		if attempt%2 == 0 && o.Clock.Sleep(ctx, o.Every) != nil { // both have refused
			return false
		}
	}
}

// attempt bounds a write by the client's patience, and by a second of the wall, below which a machine cannot answer
// however fast the sandbox's clock runs.
func (c *client) attempt(ctx context.Context, id string) error {
	o := c.workload.opts
	ctx, cancel := context.WithTimeout(ctx, max(o.Clock.Wall(o.Patience), time.Second))
	defer cancel()
	return c.connection().Write(ctx, id)
}

// connection is an endpoint since it was dialled.
type connection struct {
	Endpoint
	since time.Time
}

// connection is the one to the endpoint in use, renewed in time.
func (c *client) connection() connection {
	o := c.workload.opts
	conn, ok := c.connections[c.at]
	if ok && o.Clock.Since(conn.since) < o.Renew {
		return conn
	}
	if ok {
		conn.Close()
	}
	conn = connection{o.Dial(c.region, c.at), o.Clock.Now()}
	c.connections[c.at] = conn
	return conn
}

// move goes to the other endpoint.
func (c *client) move() {
	if c.at == c.region {
		c.at, c.left = c.other, c.workload.opts.Clock.Now()
		return
	}
	c.at = c.region
}

// refused notes an attempt that was not acknowledged. The gap counts from its begin: the client has been waiting since.
func (c *client) refused(begun time.Time, err error) {
	c.workload.refused()
	if c.gap != nil {
		return
	}
	c.gap = &Gap{Client: c.name, Region: c.region, From: begun}
	c.notice(Notice{Time: c.workload.opts.Clock.Now(), Err: err})
}

func (c *client) served() {
	if c.gap == nil {
		return
	}
	c.gap.To = c.workload.opts.Clock.Now()
	c.notice(Notice{Time: c.gap.To, Recovered: true, Since: c.gap.From})
	c.gaps, c.gap = append(c.gaps, *c.gap), nil
}

func (c *client) notice(n Notice) {
	if report := c.workload.opts.Report; report != nil {
		n.Client, n.Region, n.Endpoint = c.name, c.region, c.at
		report(n)
	}
}

// finish hands over what the client has been through. A client that ends outside of a write has no row pending.
func (c *client) finish() {
	pending := c.gap != nil
	if pending {
		c.gaps = append(c.gaps, *c.gap)
	}
	c.workload.ended(pending, c.gaps)
}
