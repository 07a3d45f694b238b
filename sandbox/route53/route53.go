// Package route53 is the sandbox's Amazon Route 53: hosted zones with their records, health checks, and the answers to
// DNS queries that follow from both. It is one for the account. Its API is in us-east-1 and is lost with it; answers
// and health checks go on (AWS Fault Isolation Boundaries, "Route 53").
package route53

import (
	"context"
	"crypto/rand"
	"math/big"
	"net"
	"net/netip"
	"sync"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/edge"
)

// Target is where an AWS resource that an alias record may name is found.
type Target struct {
	// ZoneID is the hosted zone of its service in its region, which the alias has to name as well.
	ZoneID string
	// Addrs are where it listens, on this machine.
	Addrs []netip.Addr
	// DualStack says that it has addresses of IPv6 as well, to which an alias of type AAAA may lead. The sandbox's
	// endpoints have none to answer with.
	DualStack bool
}

// Options describe a Route 53. Clock is required.
type Options struct {
	Clock *clock.Clock
	// CloudWatch is that of a region, or why it cannot be read; for health checks on alarms.
	CloudWatch func(region string) (*cloudwatch.Service, error)
	// Target finds the AWS resource with a domain name, such as the regional domain name of an API.
	Target func(domainName string) (Target, bool)
	// Dial is how health checkers connect; by default as any program does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Draw is a number from 0 to below n, for weights; by default a random one.
	Draw func(n int64) int64
}

// Service is the Route 53 of an account. Create it with New, which starts its health checks, and end it with Close.
type Service struct {
	opts Options
	ctx  context.Context
	stop context.CancelFunc
	work sync.WaitGroup

	mu      sync.Mutex
	zones   map[string]*zone
	changes map[string]ChangeInfo
	checks  map[string]*check
}

// New returns a Route 53 without zones.
func New(opts Options) *Service {
	if opts.CloudWatch == nil {
		opts.CloudWatch = func(region string) (*cloudwatch.Service, error) {
			return nil, awserr.Unavailable("there is no CloudWatch in %s", region)
		}
	}
	if opts.Target == nil {
		opts.Target = func(string) (Target, bool) { return Target{}, false }
	}
	if opts.Dial == nil {
		opts.Dial = new(net.Dialer).DialContext
	}
	if opts.Draw == nil {
		opts.Draw = draw
	}
	s := &Service{
		opts:    opts,
		zones:   map[string]*zone{},
		changes: map[string]ChangeInfo{},
		checks:  map[string]*check{},
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.goOn("health checks on alarms", s.watchAlarms)
	return s
}

// Close ends the health checks and waits for them.
func (s *Service) Close() {
	s.mu.Lock()
	s.stop()
	s.mu.Unlock()
	s.work.Wait()
}

// goOn does work of the service's own until Close.
func (s *Service) goOn(what string, work func()) {
	s.work.Go(func() {
		defer edge.Recover(what, nil)
		work()
	})
}

func draw(n int64) int64 {
	drawn, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil { // never happens
		return 0
	}
	return drawn.Int64()
}

// newID is a prefix and twenty letters and digits, as Route 53 names zones and changes.
func newID(prefix string) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	id := []byte(prefix)
	for range 20 {
		id = append(id, digits[draw(int64(len(digits)))])
	}
	return string(id)
}

func invalidInput(format string, args ...any) *awserr.Error {
	return awserr.Invalid("InvalidInput", format, args...)
}
