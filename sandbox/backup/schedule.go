package backup

import (
	"context"
	"maps"
	"slices"
	"time"
)

// follow lets the rules of a plan fire. The caller holds the lock.
func (s *Service) follow(p *plan) {
	ctx, stop := context.WithCancel(s.ctx)
	p.stop = stop
	for i, r := range p.rules {
		s.begin(func() { s.fireOnTime(ctx, p, i, r) })
	}
}

// fireOnTime lets one rule fire until it is replaced.
func (s *Service) fireOnTime(ctx context.Context, p *plan, i int, r rule) {
	calendar := s.env.Clock.Calendar()
	for date := calendar.On(s.env.Now()).In(r.zone); ; {
		next, ok := r.schedule.Next(date)
		if !ok || s.env.Clock.Sleep(ctx, calendar.At(next).Sub(s.env.Now())) != nil {
			return
		}
		s.fire(ctx, p, i, next)
		date = next
	}
}

// fire makes the jobs of a rule that is due on a date. What is missed while the region is away is not made up for.
func (s *Service) fire(ctx context.Context, p *plan, i int, date time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil || p.Stopped || s.available() != nil || p.overlapped(i, date) {
		return
	}
	r, at := p.rules[i], s.env.Clock.Calendar().At(date)
	for _, id := range slices.Sorted(maps.Keys(p.selections)) {
		n := p.selections[id]
		for _, arn := range n.Resources {
			cluster, ok := s.deps.DSQL.Cluster(arn)
			if !ok || cluster.Region != s.env.Name {
				continue
			}
			s.start(Job{
				VaultName:   r.VaultName,
				ResourceArn: arn,
				RoleArn:     n.RoleArn,
				Lifecycle:   *r.Lifecycle,
				Tags:        r.RecoveryPointTags,
				Copies:      r.CopyActions,
				StartBy:     at.UTC().Add(time.Duration(r.StartWindow) * time.Minute),
				CompleteBy:  at.UTC().Add(time.Duration(r.CompletionWindow) * time.Minute),
				CreatedBy:   p.creator(r),
			})
		}
	}
}

func (p *plan) creator(r rule) *Creator {
	return &Creator{
		PlanID:      p.ID,
		PlanArn:     p.Arn,
		PlanName:    p.Name,
		PlanVersion: p.Version,
		RuleID:      r.ID,
		RuleName:    r.Name,
		Cron:        r.Schedule,
		TimeZone:    r.TimeZone,
	}
}

// overlapped is whether another rule of the plan takes the backup that a rule would take at a time: one that keeps
// longer and whose start window is open. "If you have a backup plan with multiple rules and the time frames of the two
// rules overlap, AWS Backup optimizes the backup and takes a backup for the rule with the longer retention time" (AWS
// Backup Developer Guide, "Getting started", of "Backup plan options and configuration"). Of two that keep equally long
// and fire at one time, the sandbox takes the first.
func (p *plan) overlapped(i int, at time.Time) bool {
	r := p.rules[i]
	for j, other := range p.rules {
		if j == i {
			continue
		}
		window := time.Duration(other.StartWindow) * time.Minute
		fired, ok := other.schedule.Next(at.Add(-window).In(other.zone))
		open := ok && !fired.After(at)
		equal := *other.Lifecycle == *r.Lifecycle && j < i && fired.Equal(at)
		if open && (other.Lifecycle.longer(*r.Lifecycle) || equal) {
			return true
		}
	}
	return false
}
