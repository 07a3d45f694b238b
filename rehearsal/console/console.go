// Package console is the sandbox's page: the deployed dashboard rendered from its own body, the map of regions with
// what every observer says of every endpoint, what is kept of the database, alarms, inbox and logs, and buttons for
// faults and rehearsals. It is a server on loopback whose page asks nothing of any other host.
package console

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/edge"
)

// Config is what the page shows and acts on.
type Config struct {
	// Account is the account to show, and its clock the page's. Required.
	Account *aws.Account
	// Regions are the deployed stack's regions in the order primary, secondary, witness. Required.
	Regions [3]string
	// Monitors are the names of the observers' functions by region: the program's output monitorFunctionNames. Required.
	Monitors map[string]string
	// Clusters are the ARNs of the stack's clusters by data region: the program's output clusterArns. Required.
	Clusters map[string]string
	// Domain is the application's name: the program's output trafficDomain; "" if it has none.
	Domain string
	// Backups are what keeps recovery points.
	Backups Backups
	// Faults are what can be broken. Required.
	Faults Faults
	// Rehearsals are what can be rehearsed, of which those are offered that are written for the deployed probe interval;
	// Hold holds one of them.
	Rehearsals []*script.Rehearsal
	Hold       Hold
}

// refresh is how often the page is brought up to date, by the wall; its charts less often.
const (
	refresh       = time.Second
	refreshCharts = 5 * time.Second
)

// Console is a running page. Create it with Start and end it with Close.
type Console struct {
	// URL is where the page is.
	URL string

	config    Config
	token     string
	started   time.Time // sandbox time
	feed      *feed
	chronicle *chronicle.Chronicle
	stage     *stage
	streams   chan struct{} // one token for each stream that is open
	wake      chan struct{}

	server *http.Server
	cancel context.CancelFunc
	work   sync.WaitGroup
}

// Start serves the page on an address of 127.0.0.1, "127.0.0.1:4511" or with port 0 for any that is free.
func Start(config Config, address string) (*Console, error) {
	listener, err := listen(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Console{
		URL:     "http://" + listener.Addr().String() + "/",
		config:  config,
		token:   newToken(),
		started: config.Account.Clock.Now(),
		feed:    newFeed(),
		chronicle: chronicle.New(chronicle.Options{
			Account:  config.Account,
			Monitors: config.Monitors,
			Domain:   config.Domain,
			Keep:     maxChanges,
		}),
		streams: make(chan struct{}, maxStreams),
		wake:    make(chan struct{}, 1),
		cancel:  cancel,
	}
	c.stage = &stage{
		hold:    config.Hold,
		list:    config.fitting(),
		now:     config.Account.Clock.Now,
		tell:    c.chronicle.Add,
		changed: c.refreshNow,
	}
	c.server = &http.Server{
		Handler:           edge.Handler("console", c.handler(listener.Addr().String())),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx }, // streams end with the console
	}
	c.work.Go(func() { c.chronicle.Listen(ctx) })
	c.work.Go(func() { c.keepFresh(ctx) })
	c.work.Go(func() { _ = c.server.Serve(listener) }) // ends with Close
	return c, nil
}

// listen refuses every address that other machines could reach.
func listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host != "127.0.0.1" {
		return nil, fmt.Errorf("the console cannot listen on %q: want 127.0.0.1:PORT, port 0 for any that is free", address)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf(
			"the console cannot listen on %s: %w; choose another address, or port 0 for any that is free",
			address,
			err,
		)
	}
	return listener, nil
}

// Close ends the page, a rehearsal that runs, and everything that follows on its behalf. What was injected stays.
func (c *Console) Close() error {
	c.cancel()
	c.stage.stop()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := c.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = c.server.Close()
	}
	c.work.Wait()
	return err
}

// keepFresh brings the page up to date for as long as someone looks at it.
func (c *Console) keepFresh(ctx context.Context) {
	ticker := time.NewTicker(refresh)
	defer ticker.Stop()
	var charts time.Time
	for {
		woken := false
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
			woken = true
		case <-ticker.C:
		}
		withCharts := woken || time.Since(charts) >= refreshCharts
		if c.bringUpToDate(withCharts) && withCharts {
			charts = time.Now()
		}
	}
}

// bringUpToDate publishes what has changed, if someone looks at it.
func (c *Console) bringUpToDate(withCharts bool) (published bool) {
	defer edge.Recover("refresh of the console", nil) // the next one is due in a second
	c.chronicle.Compare(c.config.Faults.Active(), c.config.Account.Clock.Now())
	c.chronicle.Look()
	if len(c.streams) == 0 {
		return false
	}
	c.publish()
	if withCharts {
		c.publishCharts()
	}
	return true
}

// refreshNow brings the page up to date at once.
func (c *Console) refreshNow() {
	select {
	case c.wake <- struct{}{}:
	default: // it is about to
	}
}
