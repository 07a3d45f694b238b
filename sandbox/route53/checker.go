package route53

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a health checker waits for, and the share of healthy checkers that an endpoint has to exceed ("How Route 53
// determines the status of health checks that monitor an endpoint", Route 53 Developer Guide).
const (
	connectTime = 4 * time.Second // TCP and TLS
	statusTime  = 2 * time.Second // from then to the status
	leastShare  = 0.18
)

// checker checks one endpoint from one region.
type checker struct {
	region    string
	stop      context.CancelFunc
	unhealthy bool // a new one is healthy
	streak    int  // checks in a row that say otherwise
	// report is the last check's, "" before the first.
	report string
	at     time.Time
}

// Observation is what one checker says of an endpoint.
type Observation struct {
	Region  string
	Address string
	Status  string
	At      time.Time
}

// Status is what the checkers of an endpoint have last seen.
func (s *Service) Status(id string) ([]Observation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.check(id)
	if err != nil {
		return nil, err
	}
	if c.Config.Type == Calculated {
		return nil, invalidInput("Health check %s is a calculated health check, whose status GetHealthCheckStatus does "+
			"not give; CloudWatch has it, as AWS/Route53 HealthCheckStatus.", id)
	}
	var all []Observation
	for _, region := range slices.Sorted(maps.Keys(c.checkers)) {
		if k := c.checkers[region]; k.report != "" {
			all = append(all, Observation{region, addressOf(region), k.report, k.at})
		}
	}
	return all, nil
}

// addressOf is the address of the checker in a region, of the block for documentation (RFC 5737).
func addressOf(region string) string {
	return "192.0.2." + strconv.Itoa(1+slices.Index(CheckerRegions, region))
}

// share is the share of checkers that say that the endpoint is healthy.
func (c *check) share() float64 {
	if len(c.checkers) == 0 {
		return 1
	}
	healthy := 0
	for _, k := range c.checkers {
		if !k.unhealthy {
			healthy++
		}
	}
	return float64(healthy) / float64(len(c.checkers))
}

// startCheckers has a check's endpoint checked from its regions; a disabled one from none. The caller holds the lock.
func (s *Service) startCheckers(c *check) {
	regions := c.Config.Regions
	switch {
	case c.Config.Type != HTTPS || c.Config.Disabled:
		regions = nil
	case len(regions) == 0:
		regions = defaultCheckers
	}
	for region, k := range c.checkers {
		if !slices.Contains(regions, region) {
			k.stop()
			delete(c.checkers, region)
		}
	}
	for _, region := range regions {
		if c.checkers[region] != nil || s.ctx.Err() != nil {
			continue
		}
		ctx, cancel := context.WithCancel(s.ctx)
		k := &checker{region: region, stop: cancel}
		c.checkers[region] = k
		s.goOn("health check "+c.ID+" from "+region, func() { s.checkOn(ctx, c.ID, k) })
	}
}

// checkOn checks until the checker is stopped. The interval is between an answer and the next request.
func (s *Service) checkOn(ctx context.Context, id string, k *checker) {
	for {
		hc, err := s.HealthCheck(id)
		if err != nil {
			return
		}
		healthy, report := s.probe(ctx, hc, k.region)
		if ctx.Err() != nil {
			return
		}
		s.note(hc, k, healthy, report)
		if s.opts.Clock.Sleep(ctx, time.Duration(hc.Config.RequestInterval)*time.Second) != nil {
			return
		}
	}
}

// note takes a result: so many in a row that say otherwise change a checker's mind.
func (s *Service) note(hc HealthCheck, k *checker, healthy bool, report string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k.report, k.at = report, s.opts.Clock.Now()
	if healthy != k.unhealthy { // it says what it said
		k.streak = 0
		return
	}
	if k.streak++; k.streak >= hc.Config.FailureThreshold {
		k.unhealthy = !healthy
		k.streak = 0
	}
}

// probe checks an endpoint once, from a region.
func (s *Service) probe(ctx context.Context, hc HealthCheck, region string) (healthy bool, report string) {
	addr, err := s.lookUp(hc.Config.FQDN, region)
	if err != nil {
		return false, "Failure: DNS resolution failed: " + err.Error()
	}
	at := ". Resolved IP: " + addr.String()
	status, err := s.ask(ctx, hc, addr)
	if err != nil {
		return false, "Failure: " + sentence(err) + at
	}
	report = fmt.Sprintf("HTTP Status Code %d, %s%s", status, http.StatusText(status), at)
	if status < 200 || status > 399 {
		return false, "Failure: " + report
	}
	return true, "Success: " + report
}

func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// lookUp finds an IPv4 address of an endpoint, which is on this machine, as somebody in a region does.
func (s *Service) lookUp(fqdn, region string) (netip.Addr, error) {
	if target, ok := s.opts.Target(strings.TrimSuffix(fqdn, ".")); ok {
		return loopback(target.Addrs)
	}
	found, ok := s.Resolve(fqdn, "A", region)
	if !ok {
		return netip.Addr{}, fmt.Errorf("the sandbox knows no zone and no AWS resource of %s", fqdn)
	}
	var addrs []netip.Addr
	for _, r := range found.Records {
		if addr, err := netip.ParseAddr(r.Value); err == nil {
			addrs = append(addrs, addr)
		}
	}
	return loopback(addrs)
}

func loopback(addrs []netip.Addr) (netip.Addr, error) {
	for _, addr := range addrs {
		if addr.Is4() && addr.IsLoopback() {
			return addr, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("no address of this machine, which the sandbox does not leave, among %v", addrs)
}

// userAgent is how health checkers introduce themselves.
const userAgent = "Amazon-Route53-Health-Check-Service (ref %s; report http://amzn.to/1vsZADi)"

// ask makes one request and returns its status. Redirects are not followed.
func (s *Service) ask(ctx context.Context, hc HealthCheck, addr netip.Addr) (int, error) {
	conn, err := s.connect(ctx, hc.Config, addr)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	host := strings.TrimSuffix(hc.Config.FQDN, ".")
	if hc.Config.Port != 443 {
		host = net.JoinHostPort(host, strconv.Itoa(hc.Config.Port))
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Clock.Wall(statusTime))
	defer cancel()
	url := "https://" + host + "/" + strings.TrimPrefix(hc.Config.ResourcePath, "/")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, err
	}
	request.Header.Set("User-Agent", fmt.Sprintf(userAgent, hc.ID))
	request.Close = true
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialTLSContext:    func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}
	answer, err := transport.RoundTrip(request)
	if errors.Is(err, context.DeadlineExceeded) {
		return 0, fmt.Errorf("the endpoint did not answer with a status within %s", statusTime)
	}
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// connect makes the TLS connection of one check. Certificates are not validated: health checks do not fail by one that
// is invalid or expired.
func (s *Service) connect(ctx context.Context, c Config, addr netip.Addr) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Clock.Wall(connectTime))
	defer cancel()
	raw, err := s.opts.Dial(ctx, "tcp", net.JoinHostPort(addr.String(), strconv.Itoa(c.Port)))
	if err != nil {
		return nil, noConnection(err)
	}
	settings := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // see above
	if *c.EnableSNI {
		settings.ServerName = strings.TrimSuffix(c.FQDN, ".")
	}
	conn := tls.Client(raw, settings)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, noConnection(err)
	}
	return conn, nil
}

func noConnection(err error) error {
	const words = "the health checker could not establish a connection within the timeout limit"
	return fmt.Errorf("%s: %w", words, err)
}
