package check

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/alert"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/probe"
)

// share tells the other observers what this one thinks, does what follows from all their words, and sees to the alerts. It
// goes through a connection that has committed in this round, or through the other if the first fails. If no endpoint
// accepted a commit, the observer is on its own.
func (c *Checker) share(r *run, results []probe.Result) {
	sessions := sessionsOf(results)
	if !c.concerned(results) {
		closeAll(r.publishing, sessions)
		return
	}
	c.takeBack(r)
	if len(sessions) == 0 {
		var own []incident.Notice
		c.ledger, own = c.ledger.Alone(c.moment())
		c.deliver(r, nil, own)
		return
	}
	for i, session := range sessions {
		visit, err := c.confer(r.publishing, session, c.Cadence.Step()/time.Duration(len(sessions)))
		if err != nil {
			c.Log.Warn("sharing failed", "error", err)
			session.Close(r.publishing)
			continue
		}
		closeAll(r.publishing, sessions[i+1:])
		var own []incident.Notice
		c.ledger, own = c.ledger.Together(c.moment(), visit.Snapshot)
		c.deliver(r, session, append(visit.Notices, own...))
		return
	}
}

// concerned tells whether there is anything to share. In quiet times there is not: every probe has written the observer's
// word already, and read the incidents.
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
	}
	return c.ledger.Own()
}

func (c *Checker) moment() incident.Moment {
	return incident.Moment{Observer: c.Observer, States: c.word.States, Now: time.Now(), Reminder: c.Reminder}
}

func (c *Checker) confer(ctx context.Context, session *incident.Session, timeout time.Duration) (incident.Visit, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return session.Share(ctx, c.word, func(snapshot incident.Snapshot) []incident.Action {
		return incident.Decide(incident.Situation{
			Observer: c.Observer, Endpoints: c.endpoints(), States: c.word.States, Snapshot: snapshot, Policy: c.Policy,
			Fresh: c.Cadence.Fresh(),
		})
	})
}

// deliver publishes the notices while the next round goes on, and closes the session.
func (c *Checker) deliver(r *run, session *incident.Session, notices []incident.Notice) {
	r.background.Go(func() {
		errs := make([]error, len(notices))
		var wg sync.WaitGroup
		for i, n := range notices {
			wg.Go(func() {
				errs[i] = c.Alerts.Publish(r.publishing, alert.Write(n, c.target(n.Incident.Endpoint), c.Runbooks))
			})
		}
		wg.Wait()
		for i, n := range notices {
			r.fail(errs[i])
			c.settle(r, session, n, errs[i] == nil)
		}
		if session != nil {
			session.Close(r.publishing)
		}
	})
}

// settle records a notice's fate where the notice came from: the shared memory, or this observer's own evidence.
func (c *Checker) settle(r *run, session *incident.Session, n incident.Notice, published bool) {
	switch {
	case n.Incident.Number == 0 && !published:
		r.mu.Lock()
		defer r.mu.Unlock()
		r.returned = append(r.returned, n)
	case n.Incident.Number == 0 || session == nil:
	case published:
		if err := session.Sent(r.publishing, n); err != nil {
			c.Log.Warn("published notice not recorded, it will be repeated", "error", err)
		}
	default:
		if err := session.Release(r.publishing, n); err != nil {
			c.Log.Warn("unpublished notice not released, its lease must run out", "error", err)
		}
	}
}

// takeBack returns to the ledger what could not be published.
func (c *Checker) takeBack(r *run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.returned {
		c.ledger = c.ledger.Return(n)
	}
	r.returned = nil
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
