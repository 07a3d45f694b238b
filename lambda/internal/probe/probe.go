// Package probe makes one probe of one endpoint: control plane, connection, statements, each within its own deadline,
// and judges what it found.
package probe

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/verdict"
)

// ControlPlane is the part of the DSQL client that a probe needs.
type ControlPlane interface {
	GetCluster(ctx context.Context, in *dsql.GetClusterInput, opts ...func(*dsql.Options)) (*dsql.GetClusterOutput, error)
}

// Database opens connections to endpoints; dsqlconn.Dialer is one.
type Database interface {
	Connect(ctx context.Context, endpoint, region, user string) (*pgx.Conn, error)
}

// Prober probes endpoints. It is safe for concurrent use.
type Prober struct {
	// Clusters are the control planes by region.
	Clusters map[string]ControlPlane
	Database Database
	// Role is the database role to connect as.
	Role string
	// Step is the deadline of each of the steps that need a connection, StatusStep that of the control plane's,
	// ReprobeStep that of a whole re-probe.
	Step, StatusStep, ReprobeStep time.Duration
	Memory                        incident.Settings
}

// Retryer is how AWS calls are repeated: on retryable errors only, at most twice, after jittered pauses that grow to a
// quarter of the deadline that bounds the call.
func Retryer(deadline time.Duration) func() aws.Retryer {
	return func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = attempts, deadline/4 })
	}
}

// Result is what one probe found.
type Result struct {
	Cluster     verdict.Cluster
	Observation verdict.Observation
	// Err is why the verdict is not up, where an error said so.
	Err error
	// Connect, Query and Commit are the latencies of the steps that ended well.
	Connect, Query, Commit time.Duration
	// Visit is the shared memory as seen through the endpoint, and Session the connection that has just proved itself, for
	// the caller to use and close. Session is nil if nothing was committed.
	Visit   incident.Visit
	Session *incident.Session
}

// errStep is the cause of a step that passed its own deadline, as opposed to the run's.
var errStep = errors.New("the step passed its deadline")

// Probe probes the target, writing the word on its way. The status is read before the connection, because connecting
// wakes an idle cluster. Every probe makes a connection of its own: what a client meets, name resolution, TCP, TLS and
// token, is what it measures.
func (p Prober) Probe(ctx context.Context, target contract.Target, word incident.Word) Result {
	var r Result
	var statusErr, droppedErr, sqlErr error
	r.Cluster, statusErr = step(ctx, p.StatusStep, func(ctx context.Context) (verdict.Cluster,
		error) {
		return p.status(ctx, target)
	})
	droppedErr, sqlErr = p.sql(ctx, target, word, &r)
	return r.judged(statusErr, droppedErr, sqlErr)
}

// Reprobe probes a target whose cluster's status is known from the probe before, by SQL alone and within a deadline for
// all of it.
func (p Prober) Reprobe(ctx context.Context, target contract.Target, word incident.Word, known verdict.Cluster) Result {
	r := Result{Cluster: known}
	dropped, err := step(ctx, p.ReprobeStep, func(ctx context.Context) (error,
		error) {
		return p.sql(ctx, target, word, &r)
	})
	return r.judged(nil, dropped, err)
}

// Connect opens a session at the target that is no probe, within the step's deadline.
func (p Prober) Connect(ctx context.Context, target contract.Target) (*incident.Session, error) {
	conn, err := step(ctx, p.Step, func(ctx context.Context) (*pgx.Conn, error) { return p.dial(ctx, target) })
	if err != nil {
		return nil, err
	}
	return incident.NewSession(conn, target.Endpoint, p.Memory), nil
}

func (p Prober) dial(ctx context.Context, target contract.Target) (*pgx.Conn, error) {
	return p.Database.Connect(ctx, target.Endpoint, target.Region, p.Role)
}

func (r Result) judged(status, dropped, sql error) Result {
	reason, own := reasonOf(sql)
	r.Observation = verdict.Judge(verdict.Evidence{
		Cluster:      r.Cluster,
		SQL:          reason,
		Dropped:      dropped != nil,
		Inconclusive: own,
	})
	r.Err = errors.Join(status, dropped, sql)
	return r
}

func (p Prober) status(ctx context.Context, target contract.Target) (verdict.Cluster, error) {
	out, err := p.Clusters[target.Region].GetCluster(ctx, &dsql.GetClusterInput{Identifier: aws.String(target.ClusterID)})
	if err != nil {
		return verdict.Cluster{}, err
	}
	cluster := verdict.Cluster{Status: string(out.Status)}
	if out.EncryptionDetails != nil {
		cluster.Encryption = string(out.EncryptionDetails.EncryptionStatus)
	}
	return cluster, nil
}

// attempts is how often a call to AWS or a connection is tried at most.
const attempts = 3

// sql makes the steps that need a connection. One that was refused or dropped is tried again at once, as a careful
// client would: a share of connections that fail is no outage. Then dropped says what became of the one before the
// last.
func (p Prober) sql(ctx context.Context, target contract.Target, word incident.Word, r *Result) (dropped, err error) {
	start := time.Now()
	conn, err := step(ctx, p.Step, func(ctx context.Context) (*pgx.Conn, error) {
		for attempt := 1; ; attempt++ {
			conn, err := p.dial(ctx, target)
			if attempt == attempts || dsqlconn.Classify(err) != dsqlconn.ReasonConnect {
				return conn, err
			}
			dropped, start = err, time.Now()
		}
	})
	if err != nil {
		return dropped, err
	}
	r.Connect = time.Since(start)
	dropped = errors.Join(dropped, dsqlconn.PassedOver(conn))
	session := incident.NewSession(conn, target.Endpoint, p.Memory)
	r.Visit, err = step(ctx, p.Step, func(ctx context.Context) (incident.Visit, error) { return session.Mark(ctx, word) })
	r.Query, r.Commit = r.Visit.Query, r.Visit.Commit
	if err != nil {
		session.Close(ctx)
		return dropped, err
	}
	r.Session = session
	return dropped, nil
}

// step runs f within the deadline d. When the run ended, not the step, its error is context.Canceled: that says nothing
// about the endpoint.
func step[T any](ctx context.Context, d time.Duration, f func(context.Context) (T, error)) (T, error) {
	stepCtx, cancel := context.WithTimeoutCause(ctx, d, errStep)
	defer cancel()
	value, err := f(stepCtx)
	if err != nil && stepCtx.Err() != nil && !errors.Is(context.Cause(stepCtx), errStep) {
		err = errors.Join(context.Canceled, err)
	}
	return value, err
}

// reasonOf translates the connection's reasons; own tells that the fault is the observer's.
func reasonOf(err error) (reason verdict.Reason, own bool) {
	switch dsqlconn.Classify(err) {
	case dsqlconn.ReasonNone:
		return verdict.None, false
	case dsqlconn.ReasonDNS:
		return verdict.DNS, false
	case dsqlconn.ReasonConnect:
		return verdict.Connect, false
	case dsqlconn.ReasonTLS:
		return verdict.TLS, false
	case dsqlconn.ReasonAuth:
		return verdict.Auth, false
	case dsqlconn.ReasonConflict:
		return verdict.Conflict, false
	case dsqlconn.ReasonTimeout:
		return verdict.Timeout, false
	case dsqlconn.ReasonQuery, dsqlconn.ReasonUnavailable: // repeated within the step, in vain
		return verdict.Query, false
	default: // ReasonLocal
		return verdict.None, true
	}
}
