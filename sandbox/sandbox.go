// Package sandbox is an embedded AWS on this machine: one account with a few regions, in which the real Pulumi engine
// deploys the real program, the real function binaries run, and a real PostgreSQL stands behind Aurora DSQL's regional
// endpoints. Everything listens on loopback only, and nothing of it outlives the process.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/sandbox/api"
	"aurora-dsql-dr/sandbox/authority"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/sandbox/openid"
	"aurora-dsql-dr/sandbox/postgres"
	"aurora-dsql-dr/sandbox/provider"
	"aurora-dsql-dr/sandbox/route53/nameserver"
)

// Options describe a sandbox. The zero value is one of three regions, running as the wall does.
type Options struct {
	// Dir is the project's directory; defaults to the working directory.
	Dir string
	// Regions are the regions of the account; defaults to us-east-1, us-east-2 and us-west-2.
	Regions []string
	// Speed is how many times faster than the wall the sandbox's clock runs; defaults to 1.
	Speed float64
	// CalendarSpeed is how many times faster than the clock daily, weekly and monthly schedules go; defaults to 1.
	CalendarSpeed float64
	// Address is where the AWS API listens, on loopback; defaults to 127.0.0.1 and any free port.
	Address string
	// OperationTimeout is how long a resource operation that waits may last, in sandbox time; defaults to 30 minutes.
	OperationTimeout time.Duration
	// ClusterDelay is how long a cluster's CREATING, UPDATING and DELETING last; defaults to 300 ms.
	ClusterDelay time.Duration
	// Backup is how long AWS Backup's jobs last at least, in sandbox time; defaults to what has been measured on AWS.
	Backup backup.Durations
	// IAMPropagation is how long a role's new or changed policy takes to be in force, in sandbox time; defaults to not at
	// all.
	IAMPropagation time.Duration
	// Concurrency is Lambda's limit of concurrent executions in each region; defaults to 1,000. New accounts often have
	// 10.
	Concurrency int
	// Durations are the functions' variables that hold a duration, with their defaults; a sandbox whose clock runs faster
	// scales them, since functions live by the wall.
	Durations map[string]time.Duration
	// CalendarDurations are the same of what is counted by the calendar, in the hours of daily schedules.
	CalendarDurations map[string]time.Duration
	// HostAddrVariable is the functions' variable that gets where the SQL endpoints listen, as host=address,…; none if
	// empty.
	HostAddrVariable string
	// Template is what the database starts from; nil makes a new one, which takes a second.
	Template *postgres.Template
}

// Sandbox is a running sandbox. Its fields are the parts that demonstrations, rehearsals and tests look at and act on.
type Sandbox struct {
	Clock   *clock.Clock
	Account *aws.Account
	// Endpoint is the URL of the AWS API, for AWS_ENDPOINT_URL.
	Endpoint string
	// CAFile holds the certificate that the SQL endpoints' certificates are signed with, for SSL_CERT_FILE.
	CAFile string
	// DNS are the addresses of the servers that answer from the account's Route 53, by region: each takes its askers for
	// somebody there.
	DNS map[string]string

	opts      Options
	state     *state
	postgres  *postgres.Server
	providers *provider.Server
	ca        *authority.CA

	issuing   sync.Once
	issuer    *openid.Provider
	issuerErr error

	closing sync.Once
	cleanup []func() error // in reverse order
	err     error
}

// Start starts a sandbox. Its error says what to do. Close ends it.
func Start(ctx context.Context, opts Options) (_ *Sandbox, err error) {
	s := &Sandbox{opts: opts.withDefaults()}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start the sandbox: %w", err), s.Close())
		}
	}()
	steps := []func(context.Context) error{
		s.makeState,
		s.startDatabase,
		s.openAccount,
		s.startDNS,
		s.startAPI,
		s.startProviders,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Dir == "" {
		o.Dir = "."
	}
	if len(o.Regions) == 0 {
		o.Regions = []string{"us-east-1", "us-east-2", "us-west-2"}
	}
	if o.Speed == 0 {
		o.Speed = 1
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	return o
}

// onClose adds to what Close does, which is in reverse order.
func (s *Sandbox) onClose(f func() error) { s.cleanup = append(s.cleanup, f) }

// Close ends every process, listener and goroutine of the sandbox and removes what it wrote. Closing again does
// nothing.
func (s *Sandbox) Close() error {
	s.closing.Do(func() {
		for _, f := range slices.Backward(s.cleanup) {
			s.err = errors.Join(s.err, f())
		}
	})
	return s.err
}

// Watch returns a context that ends with ctx or when a part of the sandbox dies that it cannot do without; its cause
// says which.
func (s *Sandbox) Watch(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-s.postgres.Done():
			cancel(fmt.Errorf("the sandbox's PostgreSQL has ended: %w", s.postgres.Err()))
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

func (s *Sandbox) makeState(context.Context) (err error) {
	if s.state, err = newState(); err != nil {
		return err
	}
	s.onClose(s.state.remove)
	return nil
}

func (s *Sandbox) startDatabase(ctx context.Context) (err error) {
	if s.postgres, err = postgres.Start(ctx, postgres.Options{Dir: s.state.dir, Template: s.opts.Template}); err != nil {
		return err
	}
	s.onClose(s.postgres.Close)
	return nil
}

func (s *Sandbox) openAccount(ctx context.Context) (err error) {
	if s.ca, err = authority.New(); err != nil {
		return err
	}
	s.CAFile = s.state.path("ca.pem")
	if err := os.WriteFile(s.CAFile, s.ca.PEM(), 0o600); err != nil {
		return err
	}
	s.Clock = clock.New(s.opts.Speed)
	if s.opts.CalendarSpeed != 0 {
		s.Clock.HastenCalendar(s.opts.CalendarSpeed)
	}
	s.Account, err = aws.Open(ctx, aws.Options{
		Clock:             s.Clock,
		Regions:           s.opts.Regions,
		ClusterDelay:      s.opts.ClusterDelay,
		Backup:            s.opts.Backup,
		IAMPropagation:    s.opts.IAMPropagation,
		Concurrency:       s.opts.Concurrency,
		Dir:               s.state.dir,
		Variables:         s.variables,
		Durations:         s.opts.Durations,
		CalendarDurations: s.opts.CalendarDurations,
		HostAddrVariable:  s.opts.HostAddrVariable,
	}, s.postgres, s.ca)
	if err != nil {
		return err
	}
	s.onClose(s.Account.Close)
	return nil
}

// variables are how functions find the sandbox, and believe it.
func (s *Sandbox) variables() map[string]string {
	return map[string]string{"AWS_ENDPOINT_URL": s.Endpoint, "SSL_CERT_FILE": s.CAFile}
}

func (s *Sandbox) startDNS(context.Context) error {
	s.DNS = map[string]string{}
	for _, r := range s.Account.Regions() {
		server, err := nameserver.Listen(s.Account.Route53, r.Name)
		if err != nil {
			return err
		}
		s.DNS[r.Name] = server.Address
		s.onClose(server.Close)
	}
	return nil
}

func (s *Sandbox) startAPI(context.Context) error {
	url, stop, err := api.New(api.Config{Account: s.Account}).Listen(s.opts.Address)
	var taken *net.OpError
	if errors.As(err, &taken) {
		return fmt.Errorf("the AWS API cannot listen on %s: %w; choose another address, or port 0 for any that is free",
			s.opts.Address, err)
	}
	if err != nil {
		return err
	}
	s.Endpoint = url
	s.onClose(func() error { stop(); return nil })
	return nil
}

func (s *Sandbox) startProviders(context.Context) (err error) {
	s.providers, err = provider.Start(provider.Options{
		Account: s.Account,
		Dir:     s.opts.Dir,
		Timeout: s.opts.OperationTimeout,
	})
	if err != nil {
		return err
	}
	s.onClose(func() error { s.providers.Close(); return nil })
	return nil
}

// Stack prepares a stack of a program in the sandbox's account, with configuration by full key. The engine's state
// lives and dies with the sandbox.
func (s *Sandbox) Stack(
	ctx context.Context,
	name string,
	program pulumi.RunFunc,
	config map[string]any,
) (*engine.Engine, error) {
	return engine.New(ctx, engine.Options{
		Program:   program,
		Dir:       s.opts.Dir,
		Stack:     name,
		Config:    config,
		Providers: s.providers.Addresses(),
		Home:      s.state.dir,
	})
}

// Environment is what an AWS SDK or the AWS CLI needs to reach the sandbox as the account's administrator.
func (s *Sandbox) Environment() []string {
	admin := s.Account.IAM.Admin()
	return []string{
		"AWS_ENDPOINT_URL=" + s.Endpoint,
		"AWS_ACCESS_KEY_ID=" + admin.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + admin.SecretAccessKey,
		"AWS_REGION=" + s.opts.Regions[0], // SDKs read the one, AWS CLI 1 the other
		"AWS_DEFAULT_REGION=" + s.opts.Regions[0],
	}
}
