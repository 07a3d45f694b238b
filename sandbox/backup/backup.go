// Package backup is the sandbox's AWS Backup for Aurora DSQL: vaults with keys, access policies and locks, plans with
// rules and selections on the sandbox's clock, and the jobs that back up, copy and restore. A recovery point holds a
// real copy of the database as it was.
//
// Sources are the AWS Backup Developer Guide and API Reference; docs/sandbox-aws.md says what is modelled and what is
// not.
package backup

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"aurora-dsql-dr/sandbox/cloudtrail"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/region"
)

// ResourceType is what AWS Backup calls Aurora DSQL.
const ResourceType = "DSQL"

// Principal is AWS Backup where it assumes roles.
const Principal = iam.Backup

// Data keeps the rows of clusters.
type Data interface {
	// Copy copies a cluster's rows as they are at one moment; clients are not interrupted.
	Copy(ctx context.Context, clusterARN string) (Snapshot, error)
	// Fill gives a cluster that nobody is served from the rows of a snapshot. What has failed has filled nothing.
	Fill(ctx context.Context, clusterARN string, snapshot Snapshot) error
}

// Snapshot is the rows of a cluster as they were.
type Snapshot interface {
	Bytes() int64
	Remove() error
}

// Durations are how long jobs take at least; the data may take longer.
type Durations struct {
	Start   time.Duration // of any job's first state
	Backup  time.Duration
	Copy    time.Duration
	Restore time.Duration
}

// Measured are the durations that others have measured of a small cluster: 3 min 48 s for a backup and 2 min 19 s for a
// restore, from the request to its end. For a copy there is no figure; a backup's is taken.
var Measured = Durations{
	Start:   30 * time.Second,
	Backup:  3*time.Minute + 18*time.Second,
	Copy:    3*time.Minute + 18*time.Second,
	Restore: time.Minute + 49*time.Second,
}

// Faster are the durations of jobs so many times as fast.
func (d Durations) Faster(times float64) Durations {
	scaled := func(one time.Duration) time.Duration { return time.Duration(float64(one) / times) }
	return Durations{Start: scaled(d.Start), Backup: scaled(d.Backup), Copy: scaled(d.Copy), Restore: scaled(d.Restore)}
}

// Deps are what AWS Backup relies on, of the same region but for IAM and Aurora DSQL.
type Deps struct {
	IAM    *iam.Service
	KMS    *kms.Service
	Events *events.Service
	DSQL   *dsql.ControlPlane
	Data   Data
	// Peer is the AWS Backup of another region, nil for one that the account does not use.
	Peer func(region string) *Service
	// Record has CloudTrail hear of what AWS Backup does by itself. Defaults to doing nothing.
	Record func(cloudtrail.Call)
	// Durations default to what has been measured on AWS.
	Durations Durations
}

// Service is the AWS Backup of one region. Create it with New, end it with Close; it is safe for concurrent use. It
// never calls another region's while it is locked.
type Service struct {
	env  *region.Env
	deps Deps

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	changed  chan struct{} // closed by the next change of a job
	vaults   map[string]*vault
	plans    map[string]*plan
	backups  map[string]*backupJob
	copies   map[string]*CopyJob
	restores map[string]*RestoreJob
	tokens   map[string]string // job ids by operation and idempotency token
	optedOut bool              // of protecting Aurora DSQL
	counts   map[count]int
}

// New returns the AWS Backup of a region without vaults.
func New(env *region.Env, deps Deps) *Service {
	if deps.Durations == (Durations{}) {
		deps.Durations = Measured
	}
	if deps.Record == nil {
		deps.Record = func(cloudtrail.Call) {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Service{
		env:      env,
		deps:     deps,
		ctx:      ctx,
		cancel:   cancel,
		changed:  make(chan struct{}),
		vaults:   map[string]*vault{},
		plans:    map[string]*plan{},
		backups:  map[string]*backupJob{},
		copies:   map[string]*CopyJob{},
		restores: map[string]*RestoreJob{},
		tokens:   map[string]string{},
		counts:   map[count]int{},
	}
}

// Close ends plans and jobs and waits for them.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.work.Wait()
}

// Changed is closed at the next change of any job. Take it before reading the state that is waited on.
func (s *Service) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// notify tells those who wait for a change. The caller holds the lock.
func (s *Service) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// begin runs what Close waits for. The caller holds the lock.
func (s *Service) begin(run func()) {
	if !s.closed {
		s.work.Go(run)
	}
}

// available is nil while AWS Backup works in the region.
func (s *Service) available() error { return s.env.Available("backup") }

// now is the time, as AWS Backup notes it: accurate to milliseconds.
func (s *Service) now() time.Time { return s.env.Now().UTC().Truncate(time.Millisecond) }

// repeated is the job that a token has started before. The caller holds the lock.
func (s *Service) repeated(operation, token string) (id string, ok bool) {
	if token == "" {
		return "", false
	}
	id, ok = s.tokens[operation+" "+token]
	return id, ok
}

// note remembers which job a token has started. The caller holds the lock.
func (s *Service) note(operation, token, id string) {
	if token != "" {
		s.tokens[operation+" "+token] = id
	}
}

// newID is a job's id.
func newID() string { return uuid.NewString() }

// OptIn turns the protection of Aurora DSQL in the region on or off; it is on in a new account.
func (s *Service) OptIn(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.optedOut = !on
}

// OptedIn is whether the protection of Aurora DSQL is on in the region.
func (s *Service) OptedIn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.optedOut
}
