// Package sandbox is an embedded AWS on this machine: one account with a few regions, in which the real Pulumi engine
// deploys the real program, the real function binaries run, and a real PostgreSQL stands behind Aurora DSQL's regional
// endpoints. Everything listens on loopback only, and nothing of it outlives the process.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/sandbox/api"
	"aurora-dsql-dr/sandbox/apigateway"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/postgres"
	"aurora-dsql-dr/sandbox/provider"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

// Options describe a sandbox. The zero value is one of three regions, running as the wall does.
type Options struct {
	// Dir is the project's directory; defaults to the working directory.
	Dir string
	// Regions are the regions of the account; defaults to us-east-1, us-east-2 and us-west-2.
	Regions []string
	// Speed is how many times faster than the wall the sandbox's clock runs; defaults to 1.
	Speed float64
	// Address is where the AWS API listens, on loopback; defaults to 127.0.0.1 and any free port.
	Address string
	// OperationTimeout is how long a resource operation that waits may last, in sandbox time; defaults to 30 minutes.
	OperationTimeout time.Duration
	// ClusterDelay is how long a cluster's CREATING, UPDATING and DELETING last; defaults to 300 ms.
	ClusterDelay time.Duration
	// IAMPropagation is how long a role's new or changed policy takes to be in force, in sandbox time; defaults to not at all.
	IAMPropagation time.Duration
	// Concurrency is Lambda's limit of concurrent executions in each region; defaults to 1,000. New accounts often have 10.
	Concurrency int
	// Durations are the functions' variables that hold a duration, with their defaults; a sandbox whose clock runs faster
	// scales them, since functions live by the wall.
	Durations map[string]time.Duration
	// HostAddrVariable is the functions' variable that gets where the SQL endpoints listen, as host=address,…; none if empty.
	HostAddrVariable string
	// Template is what the database starts from; nil makes a new one, which takes a second.
	Template *postgres.Template
}

// Sandbox is a running sandbox. Its fields are the parts that demonstrations, rehearsals and tests look at and act on.
type Sandbox struct {
	Clock   *clock.Clock
	Account *aws.Account
	DSQL    *dsql.ControlPlane
	// Lambda, APIGateway and SQL are by region.
	Lambda     map[string]*lambda.Service
	APIGateway map[string]*apigateway.Service
	SQL        map[string]*sqlendpoint.Endpoint
	// Endpoint is the URL of the AWS API, for AWS_ENDPOINT_URL.
	Endpoint string
	// CAFile holds the certificate that the SQL endpoints' certificates are signed with, for SSL_CERT_FILE.
	CAFile string

	opts      Options
	state     *state
	postgres  *postgres.Server
	pairs     *sqlendpoint.Pairs
	providers *provider.Server

	closing sync.Once
	cleanup []func() error // in reverse order
	err     error
}

// Start starts a sandbox. Its error says what to do. Close ends it.
func Start(ctx context.Context, opts Options) (_ *Sandbox, err error) {
	s := &Sandbox{opts: opts.withDefaults(), Lambda: map[string]*lambda.Service{}, APIGateway: map[string]*apigateway.Service{}, SQL: map[string]*sqlendpoint.Endpoint{}}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start the sandbox: %w", err), s.Close())
		}
	}()
	for _, step := range []func(context.Context) error{s.makeState, s.startDatabase, s.startRegions, s.startAPI, s.startProviders} {
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

// Close ends every process, listener and goroutine of the sandbox and removes what it wrote. Closing again does nothing.
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

func (s *Sandbox) startRegions(ctx context.Context) error {
	s.Clock = clock.New(s.opts.Speed)
	s.Account = aws.NewAccount(s.Clock, s.opts.Regions...)
	s.Account.IAM.SetPropagation(s.opts.IAMPropagation)
	s.onClose(func() error { s.Account.Close(); return nil })
	s.DSQL = dsql.New(dsql.Options{
		Account: s.Account.ID, Clock: s.Clock, Delay: s.opts.ClusterDelay,
		UseKey: s.useKey, OnServing: s.serve, OnDeleted: s.deleted, OnEvent: s.cloudTrail,
	})
	s.onClose(func() error { s.DSQL.Close(); return nil })
	if err := s.startSQL(ctx); err != nil {
		return err
	}
	for _, r := range s.Account.Regions() {
		functions := lambda.New(r.Env, lambda.Deps{
			IAM: s.Account.IAM, Logs: r.Logs, CloudWatch: r.CloudWatch, SQS: r.SQS, Concurrency: s.opts.Concurrency,
			Platform: s.platform, Dir: s.state.dir, ScaledVariables: slices.Collect(maps.Keys(s.opts.Durations)),
		})
		r.SetInvoker(functions)
		s.Lambda[r.Name] = functions
		s.onClose(func() error { functions.Close(); return nil })
		gateway := apigateway.New(r.Env, apigateway.Deps{IAM: s.Account.IAM, Lambda: functions, Logs: r.Logs, CloudWatch: r.CloudWatch})
		s.APIGateway[r.Name] = gateway
		s.onClose(func() error { gateway.Close(); return nil })
		r.EveryMinute(func(now time.Time) {
			s.DSQL.CheckKeys(r.Name) // Aurora DSQL notices a lost key within a minute
			publishUsage(r, s.SQL[r.Name].Usage(), now)
		})
	}
	return nil
}

// startSQL starts one endpoint per region over the databases of the pairs.
func (s *Sandbox) startSQL(ctx context.Context) (err error) {
	s.pairs, err = sqlendpoint.OpenPairs(ctx, s.postgres, func(arn string) string {
		cluster, ok := s.DSQL.Cluster(arn)
		if !ok { // deleted a moment ago; its connections are about to end
			cluster.ARN = arn
		}
		return pairOf(cluster)
	})
	if err != nil {
		return err
	}
	s.onClose(func() error { s.pairs.Close(); return nil })
	ca, err := sqlendpoint.NewCA()
	if err != nil {
		return err
	}
	s.CAFile = s.state.path("ca.pem")
	if err := os.WriteFile(s.CAFile, ca.PEM(), 0o600); err != nil {
		return err
	}
	for _, region := range s.opts.Regions {
		e, err := sqlendpoint.New(sqlendpoint.Options{
			Region: region, Database: s.pairs, CA: ca, Clock: s.Clock,
			Credentials: s.credential, Allowed: s.allowed, OnConnect: s.DSQL.Connected, Reach: s.Account.Region(region).Reach,
		})
		if err != nil {
			return err
		}
		s.SQL[region] = e
		s.onClose(e.Close)
	}
	return nil
}

func (s *Sandbox) startAPI(context.Context) error {
	services := map[string]api.Services{}
	for _, r := range s.Account.Regions() {
		services[r.Name] = api.Services{Env: r.Env, CloudWatch: r.CloudWatch, DSQL: s.DSQL.Region(r.Name),
			Events: r.Events, KMS: r.KMS, Lambda: s.Lambda[r.Name], Logs: r.Logs, SNS: r.SNS, SQS: r.SQS}
	}
	url, stop, err := api.New(api.Config{IAM: s.Account.IAM, Regions: services}).Listen(s.opts.Address)
	var taken *net.OpError
	if errors.As(err, &taken) {
		return fmt.Errorf("the AWS API cannot listen on %s: %w; choose another address, or port 0 for any that is free", s.opts.Address, err)
	}
	if err != nil {
		return err
	}
	s.Endpoint = url
	s.onClose(func() error { stop(); return nil })
	return nil
}

func (s *Sandbox) startProviders(context.Context) (err error) {
	regions := map[string]*provider.Region{}
	for _, r := range s.Account.Regions() {
		regions[r.Name] = &provider.Region{Region: r, DSQL: s.DSQL.Region(r.Name), Lambda: s.Lambda[r.Name], APIGateway: s.APIGateway[r.Name]}
	}
	s.providers, err = provider.Start(provider.Options{
		Cloud: &provider.Cloud{Account: s.Account, Regions: regions}, Dir: s.opts.Dir, Timeout: s.opts.OperationTimeout,
	})
	if err != nil {
		return err
	}
	s.onClose(func() error { s.providers.Close(); return nil })
	return nil
}

// Stack prepares a stack of a program in the sandbox's account, with configuration by full key. The engine's state lives
// and dies with the sandbox.
func (s *Sandbox) Stack(ctx context.Context, name string, program pulumi.RunFunc, config map[string]any) (*engine.Engine, error) {
	return engine.New(ctx, engine.Options{
		Program: program, Dir: s.opts.Dir, Stack: name, Config: config, Providers: s.providers.Addresses(), Home: s.state.dir,
	})
}

// Environment is what an AWS SDK or the AWS CLI needs to reach the sandbox as the account's administrator.
func (s *Sandbox) Environment() []string {
	admin := s.Account.IAM.Admin()
	return []string{
		"AWS_ENDPOINT_URL=" + s.Endpoint, "AWS_ACCESS_KEY_ID=" + admin.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + admin.SecretAccessKey,
		"AWS_REGION=" + s.opts.Regions[0], "AWS_DEFAULT_REGION=" + s.opts.Regions[0], // SDKs read the one, AWS CLI 1 the other
	}
}

// platform is what every function gets beside its configuration.
func (s *Sandbox) platform() map[string]string {
	var addresses []string
	for _, c := range s.DSQL.Clusters() {
		for _, address := range s.SQL[c.Region].Addrs() {
			addresses = append(addresses, c.Endpoint+"="+address)
		}
	}
	variables := map[string]string{"AWS_ENDPOINT_URL": s.Endpoint, "SSL_CERT_FILE": s.CAFile}
	if s.opts.HostAddrVariable != "" && len(addresses) > 0 {
		variables[s.opts.HostAddrVariable] = strings.Join(addresses, ",")
	}
	if s.Clock.Speed() == 1 {
		return variables
	}
	for name, duration := range s.opts.Durations {
		if duration > 0 { // has a default, by the wall; a configured value takes precedence
			variables[name] = s.Clock.Wall(duration).String()
		}
	}
	return variables
}

// serve opens and closes a cluster's SQL endpoint as the control plane says.
func (s *Sandbox) serve(c dsql.Cluster, serving bool) {
	e := s.SQL[c.Region]
	if serving {
		e.AddCluster(c.Endpoint, c.ARN)
		return
	}
	e.RemoveCluster(c.Endpoint)
	e.CloseAll()
}

// deleted drops the data of a cluster that is gone, with the last of its pair.
func (s *Sandbox) deleted(c dsql.Cluster) {
	pair := pairOf(c)
	for _, other := range s.DSQL.Clusters() {
		if pairOf(other) == pair {
			return
		}
	}
	if err := s.pairs.Drop(context.Background(), pair); err != nil {
		slog.Error("the data of a deleted cluster is still there", "cluster", c.ARN, "error", err)
	}
}

// pairOf names a cluster and its peers: by the identifier that comes first.
func pairOf(c dsql.Cluster) string {
	arns := []string{c.ARN}
	if c.MultiRegionProperties != nil {
		arns = append(arns, c.MultiRegionProperties.Clusters...)
	}
	first := slices.Min(arns)
	return first[strings.LastIndex(first, "/")+1:]
}

// useKey asks the region's KMS for everything that Aurora DSQL does with a key.
func (s *Sandbox) useKey(use dsql.KeyUse) (string, error) {
	keys := s.Account.Region(use.Region).KMS
	key, err := keys.Key(use.Key)
	if err != nil {
		return "", err
	}
	request := iam.Context{"aws:SourceArn": use.SourceARN, "aws:SourceAccount": use.SourceAccount}
	for name, value := range use.EncryptionContext {
		request["kms:EncryptionContext:"+name] = value
	}
	for _, action := range use.Actions {
		if err := keys.Use(iam.ServicePrincipal(use.Principal), action, key.Arn, request); err != nil {
			return "", err
		}
	}
	return key.Arn, nil
}

// cloudTrail puts a record of the control plane on the bus of its region.
func (s *Sandbox) cloudTrail(e dsql.Event) {
	record := struct {
		dsql.Event
		UserIdentity map[string]string `json:"userIdentity"`
	}{e, map[string]string{"type": "IAMUser", "arn": s.Account.IAM.Admin().Principal.ARN}} // who else changes clusters here
	_ = s.Account.Region(e.AWSRegion).Events.CloudTrail(dsql.EventSource, record) // best effort, as on AWS
}

// credential looks up an access key for the SQL endpoints.
func (s *Sandbox) credential(accessKeyID string) (sqlendpoint.Credential, bool) {
	c, err := s.Account.IAM.Lookup(accessKeyID)
	if err != nil {
		return sqlendpoint.Credential{}, false
	}
	arn := c.Principal.ARN
	if c.Principal.Role != "" {
		arn = c.Principal.Role
	}
	credential := sqlendpoint.Credential{SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken, PrincipalARN: arn, Region: c.Region}
	if r := s.Account.Region(c.Region); r != nil {
		credential.Skew = r.Skew()
	}
	return credential, true
}

// allowed asks the identity policies of whoever connects.
func (s *Sandbox) allowed(principalARN, action, clusterARN string) bool {
	principal := s.Account.IAM.Admin().Principal
	if principalARN != principal.ARN {
		principal = iam.Session(principalARN, "sql")
	}
	return s.Account.IAM.Authorize(principal, action, clusterARN, nil) == nil
}
