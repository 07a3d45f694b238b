package check

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/alert"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/probe"
)

// share tells the other observers what this one thinks, does what follows from all their words, and sees to the alerts.
// It goes through a connection that has committed in this round, or through the other if the first fails. If no
// endpoint accepted a commit, the observer is on its own.
func (c *Checker) share(r *run, results []probe.Result) {
	sessions := sessionsOf(results)
	c.settle(r)
	if !c.concerned(results) {
		closeAll(r.publishing, sessions)
		return
	}
	if len(sessions) == 0 {
		var own []incident.Notice
		c.ledger, own = c.ledger.Alone(c.moment(results))
		c.deliver(r, nil, own)
		return
	}
	r.unshared = nil
	for i, session := range sessions {
		visit, err := c.confer(r.publishing, session, c.Cadence.Step()/time.Duration(len(sessions)))
		if err != nil {
			c.Log.Warn("sharing failed", "error", err)
			r.unshared = errors.Join(r.unshared, err)
			session.Close(r.publishing)
			continue
		}
		r.unshared = nil
		closeAll(r.publishing, sessions[i+1:])
		var own []incident.Notice
		c.ledger, own = c.ledger.Together(c.moment(results), visit.Snapshot)
		c.reroute(r, visit)
		c.deliver(r, session, append(visit.Notices, own...))
		return
	}
}

// concerned tells whether there is anything to share. In quiet times there is not: every probe has written the
// observer's word already, and read the incidents. One that remembers an incident has to hear how it ended.
func (c *Checker) concerned(results []probe.Result) bool {
	for _, state := range c.word.States {
		if state.Open || state.Failures > 0 {
			return true
		}
	}
	for _, result := range results {
		if result.Session == nil {
			continue
		}
		if !maps.Equal(c.word.States, result.Visit.Word.States) {
			return true
		}
		for _, i := range result.Visit.Snapshot.Incidents {
			if slices.Contains(c.endpoints(), i.Endpoint) {
				return true
			}
		}
		for _, w := range result.Visit.Snapshot.Withdrawals {
			if w.Due {
				return true
			}
		}
	}
	return len(c.ledger) > 0
}

// awayRuns is how many runs an observer may miss before an incident of all that it knew may have ended without it: as
// many as its dead-man alarm waits for.
const awayRuns = 3

// moment is what the observer thinks after the results. On an endpoint that it abstains on it thinks nothing.
func (c *Checker) moment(results []probe.Result) incident.Moment {
	states := maps.Clone(c.word.States)
	for i, result := range results {
		if result.Observation.Abstains() {
			delete(states, c.Targets[i].Endpoint)
		}
	}
	return incident.Moment{
		Observer: c.Observer,
		States:   states,
		Policy:   c.Policy,
		Now:      time.Now(),
		Reminder: c.Reminder,
		Lease:    c.Lease,
		Memory:   awayRuns * c.Cadence.Schedule,
	}
}

func (c *Checker) confer(
	ctx context.Context, session *incident.Session, timeout time.Duration,
) (incident.Visit, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return session.Share(ctx, c.word, func(snapshot incident.Snapshot) []incident.Action {
		return incident.Decide(incident.Situation{
			Observer:  c.Observer,
			Endpoints: c.endpoints(),
			States:    c.word.States,
			Snapshot:  snapshot,
			Policy:    c.Policy,
			Fresh:     c.Cadence.Fresh(),
			Hold:      c.Hold,
		})
	})
}

// deliver publishes the notices while the next round goes on, records what became of each, and closes the session.
func (c *Checker) deliver(r *run, session *incident.Session, notices []incident.Notice) {
	r.background.Go(func() {
		var wg sync.WaitGroup
		var recording sync.Mutex
		for _, n := range notices {
			wg.Go(func() {
				fate := c.publish(r, n)
				recording.Lock()
				defer recording.Unlock()
				c.record(r, session, n, fate)
			})
		}
		wg.Wait()
		if session != nil {
			session.Close(r.publishing)
		}
	})
}

// publish leaves time to record that it was published: what is not recorded is repeated.
func (c *Checker) publish(r *run, n incident.Notice) incident.Fate {
	end, _ := r.publishing.Deadline()
	ctx, cancel := context.WithDeadline(r.publishing, end.Add(-c.Cadence.Step()/8))
	defer cancel()
	err := c.Alerts.Publish(ctx, alert.Write(n, c.target(n.Endpoint()), c.Runbooks))
	fate := incident.Accepted
	switch {
	case errors.Is(err, alert.ErrUnanswered):
		fate = incident.Unanswered
	case err != nil:
		fate = incident.Refused
	}
	r.fail(err)
	r.settle(settlement{notice: n, fate: fate, at: time.Now()})
	return fate
}

// record tells the shared memory what became of its notice. One that may have arrived stays with its lease.
func (c *Checker) record(r *run, session *incident.Session, n incident.Notice, fate incident.Fate) {
	if !n.Recorded() || session == nil {
		return
	}
	switch fate {
	case incident.Accepted:
		if err := session.Sent(r.publishing, n); err != nil {
			c.Log.Warn("published notice not recorded, it will be repeated", "error", err)
		}
	case incident.Refused:
		if err := session.Release(r.publishing, n); err != nil {
			c.Log.Warn("unpublished notice not released, its lease must run out", "error", err)
		}
	case incident.Unanswered:
	}
}

// settle tells the ledger what became of notices since.
func (c *Checker) settle(r *run) {
	for _, s := range r.settlements() {
		c.ledger = c.ledger.Settle(s.notice, s.fate, s.at.Add(c.Reminder))
	}
}

func (c *Checker) endpoints() []string {
	endpoints := make([]string, len(c.Targets))
	for i, t := range c.Targets {
		endpoints[i] = t.Endpoint
	}
	return endpoints
}

func (c *Checker) target(endpoint string) contract.Target {
	for _, t := range c.Targets {
		if t.Endpoint == endpoint {
			return t
		}
	}
	return contract.Target{Endpoint: endpoint}
}

func sessionsOf(results []probe.Result) []*incident.Session {
	var sessions []*incident.Session
	for _, result := range results {
		if result.Session != nil {
			sessions = append(sessions, result.Session)
		}
	}
	return sessions
}

func closeAll(ctx context.Context, sessions []*incident.Session) {
	for _, s := range sessions {
		s.Close(ctx)
	}
}
