package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
)

// accessPause is between two probes of whoever waits for access.
const accessPause = 2 * time.Second

// Run makes the run that the event asks for, or withdraws or returns a region instead. One that deploys fails, before
// it publishes anything, if an endpoint refuses this observer: that is no outage but a deployment that has not done its
// work. A lost endpoint fails no deployment.
func (c *Checker) Run(ctx context.Context, event contract.CheckEvent, requestID string) (contract.HealthReport, error) {
	if event.Withdraw != nil || event.Return != nil {
		return c.change(ctx, event, requestID)
	}
	if event.Deploying {
		if err := c.awaitAccess(ctx); err != nil {
			return contract.HealthReport{}, err
		}
	}
	return c.Check(ctx, event, requestID)
}

// awaitAccess returns when no endpoint refuses this observer. Half of the run's time may pass: an IAM role is not in
// force everywhere at once (IAM User Guide, "Changes that I make are not always immediately visible"), and this one was
// made before the database was migrated.
func (c *Checker) awaitAccess(ctx context.Context) error {
	waiting := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	for {
		err := c.refusals(waiting)
		if err == nil {
			return nil
		}
		c.Log.Info("access refused, which a role just made may be", "error", err.Error())
		if !sleepUntil(waiting, time.Now().Add(accessPause)) {
			return fmt.Errorf(
				"this observer cannot use the database: %w; its IAM role needs dsql:DbConnect on both clusters and the "+
					"database role that the migration maps to it, with its grants: run the migration again "+
					"(pulumi up --target-replace '**::bootstrap-migrated'), then deploy", err)
		}
	}
}

// refusals probes every endpoint once and reports those that refuse this observer. A probe that the deadline cut short
// refuses nothing.
func (c *Checker) refusals(ctx context.Context) error {
	errs := make([]error, len(c.Targets))
	var probes sync.WaitGroup
	for i, target := range c.Targets {
		probes.Go(func() {
			result := c.Prober.Probe(ctx, target, c.word)
			if result.Session != nil {
				result.Session.Close(ctx)
			}
			if refuses(result) {
				errs[i] = fmt.Errorf("%s refuses it: %w", target.Endpoint, errors.Join(result.Err, result.Visit.Unread))
			}
		})
	}
	probes.Wait()
	return errors.Join(errs...)
}

// refuses tells an endpoint that does not let this observer in, or lets it do nothing (SQLSTATE class 42, syntax error
// or access rule violation: no such table, no such privilege), from one that is lost.
func refuses(r probe.Result) bool {
	var pg *pgconn.PgError
	return r.Observation.Reason == verdict.Auth || errors.As(r.Err, &pg) && strings.HasPrefix(pg.Code, "42") ||
		r.Visit.Unread != nil
}
