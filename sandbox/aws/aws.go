// Package aws is the account: it wires the services of the sandbox together, in several regions, and holds the minute
// hand that drives metrics and alarms. A new service is a field of Region and a line of newRegion; the faces find it
// there.
package aws

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/account"
	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/apigateway"
	"aurora-dsql-dr/sandbox/authority"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudtrail"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/must"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/postgres"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/route53"
	"aurora-dsql-dr/sandbox/scheduler"
	"aurora-dsql-dr/sandbox/servicequotas"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqlendpoint"
	"aurora-dsql-dr/sandbox/sqs"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

// AccountID is the account of the sandbox.
const AccountID = "123456789012"

// GlobalHome is the region of the APIs of global services, IAM and Route 53 (AWS Fault Isolation Boundaries, appendix
// A). What they decide goes on without it.
const GlobalHome = "us-east-1"

// Options describe an account. Clock and Regions are required.
type Options struct {
	Clock   *clock.Clock
	Regions []string
	// ClusterDelay is how long a cluster's CREATING, UPDATING and DELETING last; defaults to 300 ms.
	ClusterDelay time.Duration
	// Backup is how long AWS Backup's jobs last at least; defaults to what has been measured on AWS.
	Backup backup.Durations
	// IAMPropagation is how long a role's new or changed policy takes to be in force; defaults to not at all.
	IAMPropagation time.Duration
	// Concurrency is Lambda's limit of concurrent executions in each region; defaults to 1,000.
	Concurrency int
	// Dir is where functions are unpacked; "" is the system's directory for temporary files.
	Dir string
	// Variables returns what every function gets in its environment beside its configuration; nil for nothing.
	Variables func() map[string]string
	// Durations are the functions' variables that hold a duration, with their defaults; a clock that runs faster scales
	// them, since functions live by the wall.
	Durations map[string]time.Duration
	// CalendarDurations are the same of what is counted by the calendar.
	CalendarDurations map[string]time.Duration
	// HostAddrVariable is the functions' variable that gets where the SQL endpoints listen, as host=address,…; none if
	// empty.
	HostAddrVariable string
}

// Account is an AWS account: what is global, and its regions. Create it with NewAccount or Open and end it with Close.
type Account struct {
	ID        string
	Partition string
	Clock     *clock.Clock
	IAM       *iam.Service
	Inbox     *sns.Inbox
	// DSQL is the control plane of all regions; Region.DSQL is what one of them offers.
	DSQL *dsql.ControlPlane
	// Route53 is one for all regions. Its API is in us-east-1 and may be lost with it, its answers are not.
	Route53 *route53.Service
	// Management says which regions the account may use.
	Management *account.Service
	// CloudTrail has the trails of all regions.
	CloudTrail *cloudtrail.Service

	opts    Options
	ca      *authority.CA
	regions map[string]*Region
	pairs   *sqlendpoint.Pairs // nil without SQL endpoints
	cancel  context.CancelFunc
	work    sync.WaitGroup

	hosting sync.Mutex
	hosts   map[string]string // addresses of hosts that are not AWS's, by name

	closing  sync.Once
	closeErr error
}

// Region is one region of the account with its services.
type Region struct {
	*region.Env
	ACM        *acm.Service
	KMS        *kms.Service
	SQS        *sqs.Service
	SNS        *sns.Service
	CloudWatch *cloudwatch.Service
	Logs       *logs.Service
	Events     *events.Service
	DSQL       *dsql.Region
	Lambda     *lambda.Service
	APIGateway *apigateway.Service
	Backup     *backup.Service
	Scheduler  *scheduler.Service
	// StepFunctions runs state machines of this region's functions.
	StepFunctions *stepfunctions.Service
	// ServiceQuotas says what the others hold to.
	ServiceQuotas *servicequotas.Service
	// SQL is where the region's clusters answer; nil in an account without a database.
	SQL *sqlendpoint.Endpoint

	mu          sync.Mutex
	everyMinute []func(now time.Time)
}

// NewAccount returns an account without a database: its clusters have no endpoints. Alarms are evaluated from now on.
func NewAccount(opts Options) *Account {
	ctx, a := newAccount(opts, must.Have(authority.New()))
	a.start(ctx)
	return a
}

// Open returns an account whose clusters keep their data in a PostgreSQL and show certificates signed by ca.
func Open(ctx context.Context, opts Options, server *postgres.Server, ca *authority.CA) (*Account, error) {
	running, a := newAccount(opts, ca)
	if err := a.serveSQL(ctx, server); err != nil {
		_ = a.Close() // the first error says why
		return nil, err
	}
	a.start(running)
	return a, nil
}

func newAccount(opts Options, ca *authority.CA) (context.Context, *Account) {
	ctx, cancel := context.WithCancel(context.Background())
	a := &Account{
		ID:         AccountID,
		Partition:  region.Partition,
		Clock:      opts.Clock,
		IAM:        iam.New(AccountID, opts.Clock),
		Inbox:      &sns.Inbox{},
		Management: account.New(opts.Regions),
		opts:       opts,
		ca:         ca,
		regions:    map[string]*Region{},
		hosts:      map[string]string{},
		cancel:     cancel,
	}
	a.IAM.SetPropagation(opts.IAMPropagation)
	a.IAM.SetUses(a.uses)
	a.DSQL = dsql.New(dsql.Options{
		Account:   a.ID,
		Clock:     a.Clock,
		Delay:     opts.ClusterDelay,
		UseKey:    a.useKey,
		Limit:     func(name string, q region.Quota) int { return a.regions[name].Limit(q) },
		LinkRole:  func() { a.IAM.LinkRole(iam.DSQL) },
		OnServing: a.serve,
		OnDeleted: a.deleted,
		OnEvent:   a.Record,
	})
	for _, name := range opts.Regions {
		a.regions[name] = a.newRegion(name)
	}
	a.CloudTrail = cloudtrail.New(a.ID, a.Clock, a.Home())
	a.Route53 = route53.New(route53.Options{
		Clock:      a.Clock,
		CloudWatch: a.metricsOf,
		Target:     a.target,
		Dial:       a.Dial,
	})
	if home := a.regions[GlobalHome]; home != nil {
		home.EveryMinute(func(now time.Time) { home.publish("AWS/Route53", a.Route53.Metrics(ended(now))) })
	}
	return ctx, a
}

func (a *Account) newRegion(name string) *Region {
	env := region.New(name, a.ID, a.Clock)
	r := &Region{
		Env:  env,
		ACM:  acm.New(env, acm.Deps{CA: a.ca, CNAME: a.cname}),
		KMS:  kms.New(env, a.IAM),
		SQS:  sqs.New(env, a.IAM),
		DSQL: a.DSQL.Region(name),
	}
	r.SNS = sns.New(env, a.IAM, r.KMS, r.SQS, a.Inbox)
	r.CloudWatch = cloudwatch.New(env, r.SNS)
	r.Logs = logs.New(env, a.IAM, r.CloudWatch)
	r.Events = events.New(env, events.Deps{
		IAM:        a.IAM,
		KMS:        r.KMS,
		CloudWatch: r.CloudWatch,
		SNS:        r.SNS,
		SQS:        r.SQS,
		Peer:       a.eventsOf,
	})
	r.Lambda = lambda.New(env, lambda.Deps{
		IAM:             a.IAM,
		Logs:            r.Logs,
		CloudWatch:      r.CloudWatch,
		SQS:             r.SQS,
		Concurrency:     a.opts.Concurrency,
		Platform:        a.platform,
		Dir:             a.opts.Dir,
		ScaledVariables: slices.Collect(maps.Keys(a.opts.Durations)),
	})
	r.StepFunctions = stepfunctions.New(env, stepfunctions.Deps{
		IAM:        a.IAM,
		Lambda:     r.Lambda,
		Events:     r.Events,
		CloudWatch: r.CloudWatch,
	})
	r.Scheduler = scheduler.New(env, scheduler.Deps{
		IAM:           a.IAM,
		Lambda:        r.Lambda,
		StepFunctions: r.StepFunctions,
		SQS:           r.SQS,
		CloudWatch:    r.CloudWatch,
	})
	r.APIGateway = apigateway.New(env, apigateway.Deps{
		ACM:        r.ACM,
		CA:         a.ca,
		Internet:   a.internet(),
		IAM:        a.IAM,
		Lambda:     r.Lambda,
		Logs:       r.Logs,
		CloudWatch: r.CloudWatch,
	})
	r.Backup = backup.New(env, backup.Deps{
		IAM:       a.IAM,
		KMS:       r.KMS,
		Events:    r.Events,
		DSQL:      a.DSQL,
		Data:      rows{a},
		Peer:      a.backupOf,
		Record:    a.Record,
		Durations: a.opts.Backup,
	})
	r.ServiceQuotas = servicequotas.New(env)
	env.SetInvoker(r.Lambda)
	r.KMS.Connect(a.keysOf)
	r.SNS.Connect(a.topicsOf)
	r.EveryMinute(r.publishQueueMetrics)
	r.EveryMinute(r.publishTopicMetrics)
	r.EveryMinute(r.publishExpiry)
	r.EveryMinute(r.publishJobs)
	r.EveryMinute(func(time.Time) { a.DSQL.CheckKeys(name) }) // Aurora DSQL notices a lost key within a minute
	return r
}

// start lets the minute hands go.
func (a *Account) start(ctx context.Context) {
	for _, r := range a.regions {
		a.work.Go(func() { r.run(ctx) })
	}
}

// Region finds a region of the account; nil if the account does not use it.
func (a *Account) Region(name string) *Region { return a.regions[name] }

// Regions lists the regions by name.
func (a *Account) Regions() []*Region {
	var list []*Region
	for _, name := range slices.Sorted(maps.Keys(a.regions)) {
		list = append(list, a.regions[name])
	}
	return list
}

// Home is the region whose API is that of global services. A client that is given an endpoint does not know that a
// service is global, and signs for its own region.
func (a *Account) Home() string {
	if a.regions[GlobalHome] != nil {
		return GlobalHome
	}
	return a.Regions()[0].Name // the account does not use that region, and so it cannot be lost
}

// Written is a time that a caller in a region has read from its clock; "" is a caller outside AWS, whose clock is
// right.
func (a *Account) Written(region string, t time.Time) time.Time {
	if r := a.regions[region]; r != nil {
		return r.Env.Written(t)
	}
	return t
}

// Close ends listeners, functions, schedules, retries and alarms and waits for them. Closing again does nothing.
func (a *Account) Close() error {
	a.closing.Do(func() { a.closeErr = a.close() })
	return a.closeErr
}
