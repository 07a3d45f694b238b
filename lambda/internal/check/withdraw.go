package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/alert"
	"aurora-dsql-dr/lambda/internal/incident"
)

// changeSteps is how many of a probe's steps a change may take through one endpoint: it connects, and its transaction
// reads more than a probe's.
const changeSteps = 3

// change withdraws or returns a region, as the event asks, instead of a run. A refusal is an answer.
func (c *Checker) change(
	ctx context.Context, event contract.CheckEvent, requestID string,
) (contract.HealthReport, error) {
	report := contract.HealthReport{
		Timestamp:    time.Now().UTC(),
		Region:       c.Observer,
		FunctionName: c.FunctionName,
		RequestID:    requestID,
	}
	var err error
	var refused contract.Refusal
	report.Withdrawal, err = c.withdraw(ctx, event)
	if errors.As(err, &refused) {
		report.Refused, err = refused.Reason, nil
	}
	return report, err
}

// withdraw does what the event asks, and tells people once. It can be done through any endpoint, the own region's
// first; the error names each. What is not to be done is a contract.Refusal.
func (c *Checker) withdraw(ctx context.Context, event contract.CheckEvent) (*contract.Withdrawal, error) {
	switch {
	case c.Hold == 0:
		return nil, contract.Refusal{Reason: "this stack routes no traffic: set traffic in its configuration"}
	case event.Withdraw != nil && event.Return != nil:
		return nil, contract.Refusal{Reason: "withdraw and return are both set: want one"}
	}
	kind, change := incident.Withdrawn, func(ctx context.Context, s *incident.Session) (incident.Withdrawal, error) {
		return s.Withdraw(ctx, *event.Withdraw)
	}
	if event.Return != nil {
		kind, change = incident.Returned, func(ctx context.Context, s *incident.Session) (incident.Withdrawal, error) {
			return s.Return(ctx, *event.Return)
		}
	}
	w, err := c.throughAny(ctx, change)
	if err != nil {
		return nil, err
	}
	target := c.target(w.Endpoint)
	answer := &contract.Withdrawal{Region: target.Region, Reason: w.Reason, By: w.By, Since: w.Since, Until: w.Until}
	notice := incident.Notice{Kind: kind, Withdrawal: w, At: time.Now()}
	if err := c.Alerts.Publish(ctx, alert.Write(notice, target, c.Runbooks)); err != nil {
		answer.Untold = err.Error()
	}
	c.Log.Info(contract.LogWithdrawal, "kind", kind.String(), "withdrawal", answer)
	return answer, nil
}

// throughAny makes a change through the first endpoint that takes it. A refusal is the database's, whichever was asked.
func (c *Checker) throughAny(
	ctx context.Context, change func(context.Context, *incident.Session) (incident.Withdrawal, error),
) (incident.Withdrawal, error) {
	targets := slices.Clone(c.Targets)
	if own := slices.IndexFunc(targets, func(t contract.Target) bool { return t.Region == c.Observer }); own > 0 {
		targets = slices.Insert(slices.Delete(targets, own, own+1), 0, c.Targets[own])
	}
	var failures []error
	for _, target := range targets {
		w, err := c.through(ctx, target, change)
		if err == nil || errors.As(err, new(contract.Refusal)) {
			return w, err
		}
		failures = append(failures, fmt.Errorf("%s: %w", target.Region, err))
	}
	return incident.Withdrawal{}, fmt.Errorf("no endpoint took the change: %w", errors.Join(failures...))
}

func (c *Checker) through(
	ctx context.Context, target contract.Target,
	change func(context.Context, *incident.Session) (incident.Withdrawal, error),
) (incident.Withdrawal, error) {
	ctx, cancel := context.WithTimeout(ctx, changeSteps*c.Cadence.Step())
	defer cancel()
	session, err := c.Prober.Connect(ctx, target)
	if err != nil {
		return incident.Withdrawal{}, err
	}
	defer session.Close(ctx)
	return change(ctx, session)
}
