package workload

import (
	"context"
	"fmt"
	"time"
)

// client writes one row after the other. Of several endpoints it prefers the first, its own region's, moves to the next
// when a write is not acknowledged, and stays there for a while before it tries to go home: what a careful application
// does.
type client struct {
	workload            *Workload
	begun, name, region string
	endpoints           []string
	keeps               bool                  // its connections
	connections         map[string]connection // by endpoint

	at     int       // the endpoint in use
	left   time.Time // when it last gave up its own
	by     string    // the region that has acknowledged last
	gap    *Gap
	gaps   []Gap
	served []Served
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

// write tries a row, at one endpoint after the other, until it is acknowledged; false when the workload ends before.
func (c *client) write(ctx context.Context, id string) bool {
	o := c.workload.opts
	if c.at != 0 && o.Clock.Since(c.left) >= o.Home {
		c.at = 0
	}
	for attempt := 1; ; attempt++ {
		begun := o.Clock.Now()
		by, err := c.attempt(ctx, id)
		if err == nil {
			c.workload.acknowledge(id, by)
			c.acknowledged(by)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		c.refused(begun, err)
		c.move()
		if attempt%len(c.endpoints) == 0 && o.Clock.Sleep(ctx, o.Every) != nil { // all have refused
			return false
		}
	}
}

// attempt bounds a write by the client's patience, and by a second of the wall, below which a machine cannot answer
// however fast the sandbox's clock runs.
func (c *client) attempt(ctx context.Context, id string) (by string, err error) {
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
	o, endpoint := c.workload.opts, c.endpoints[c.at]
	conn, ok := c.connections[endpoint]
	if ok && (c.keeps || o.Clock.Since(conn.since) < o.Renew) {
		return conn
	}
	if ok {
		conn.Close()
	}
	conn = connection{o.Dial(c.region, endpoint), o.Clock.Now()}
	c.connections[endpoint] = conn
	return conn
}

// move goes to the next endpoint.
func (c *client) move() {
	if c.at == 0 {
		c.left = c.workload.opts.Clock.Now()
	}
	c.at = (c.at + 1) % len(c.endpoints)
}

// refused notes an attempt that was not acknowledged. The gap counts from its begin: the client has been waiting since.
func (c *client) refused(begun time.Time, err error) {
	c.workload.refused()
	if c.gap != nil {
		return
	}
	c.gap = &Gap{
		Client: c.name,
		Region: c.region,
		Keeps:  c.keeps,
		From:   begun,
	}
	c.notice(Notice{Time: c.workload.opts.Clock.Now(), Endpoint: c.endpoints[c.at], Err: err})
}

// acknowledged notes which region has acknowledged, if it is another than before, and the end of a gap. Of a client
// that chooses its endpoints itself it is no news that it moves.
func (c *client) acknowledged(by string) {
	now := c.workload.opts.Clock.Now()
	moved := by != c.by
	if moved {
		c.served = append(c.served, Served{
			Client: c.name,
			Region: c.region,
			Keeps:  c.keeps,
			By:     by,
			At:     now,
		})
	}
	switch {
	case c.gap != nil:
		c.gap.To = now
		c.notice(Notice{
			Time:      now,
			Endpoint:  by,
			Recovered: true,
			Since:     c.gap.From,
		})
		c.gaps, c.gap = append(c.gaps, *c.gap), nil
	case moved && c.by != "" && len(c.endpoints) == 1:
		c.notice(Notice{Time: now, Endpoint: by})
	}
	c.by = by
}

func (c *client) notice(n Notice) {
	if report := c.workload.opts.Report; report != nil {
		n.Client, n.Region = c.name, c.region
		report(n)
	}
}

// finish hands over what the client has been through. A client that ends outside of a write has no row pending.
func (c *client) finish() {
	pending := c.gap != nil
	if pending {
		c.gaps = append(c.gaps, *c.gap)
	}
	c.workload.ended(pending, c.gaps, c.served)
}
