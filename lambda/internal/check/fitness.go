package check

import (
	"time"

	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/metrics"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
)

// fitness is what the observer tells traffic routing, and what of the shared memory it goes by. Endpoints are keyed by
// their host names.
type fitness struct {
	// withdrawnUntil is when each withdrawal that counts ends, or ended, by the observer's own clock, which goes on when
	// the shared memory is out of reach.
	withdrawnUntil map[string]time.Time
	// told is whether the latest word on an endpoint was that it is unfit.
	told map[string]bool
}

// lostAt is when the observer last held each endpoint for lost, as far as the hold goes back.
func (c *Checker) lostAt(states map[string]verdict.State, now time.Time) map[string]time.Time {
	lostAt := map[string]time.Time{}
	for endpoint, state := range states {
		before, known := c.word.LostAt[endpoint]
		switch {
		case state.Open && c.Hold > 0:
			lostAt[endpoint] = now.UTC().Round(0) // as JSON gives it back
		case known && now.Sub(before) < c.Hold:
			lostAt[endpoint] = before
		}
	}
	return lostAt
}

// route takes in what probes have found, and tells traffic routing what changes by it.
func (c *Checker) route(r *run, results []probe.Result) {
	for i, result := range results {
		r.concluded[i] = result.Observation.Verdict != verdict.Unknown
		if result.Visit.Committed() {
			r.read(result.Visit)
			c.readWithdrawals(r, result.Visit)
		}
	}
	c.publishChanges(r)
}

// reroute takes in what sharing has found and done.
func (c *Checker) reroute(r *run, visit incident.Visit) {
	r.read(visit)
	c.readWithdrawals(r, visit)
	c.publishChanges(r)
}

// readWithdrawals goes on with what was known of them if they cannot be read.
func (c *Checker) readWithdrawals(r *run, visit incident.Visit) {
	if visit.Unread != nil {
		r.unread = visit.Unread
		return
	}
	c.withdrawnUntil = map[string]time.Time{}
	for _, endpoint := range c.endpoints() {
		if w, counts := visit.Snapshot.WithdrawnAt(endpoint, c.endpoints(), c.Hold); counts {
			c.withdrawnUntil[endpoint] = time.Now().Add(w.Left)
		}
	}
}

// publishChanges forms the observer's words for the end of the run, and publishes those at once, beside the rounds,
// that say something else than before.
func (c *Checker) publishChanges(r *run) {
	var changes []metrics.Series
	for i, target := range c.Targets {
		unfit, ok := c.unfit(target.Endpoint)
		if c.Hold == 0 || !ok || !r.concluded[i] {
			continue
		}
		r.series[i].Word = &metrics.Word{Unfit: unfit, At: c.word.At}
		if unfit != c.told[target.Endpoint] {
			c.told[target.Endpoint] = unfit
			changes = append(changes, metrics.Series{Target: target, Word: r.series[i].Word})
			c.Log.Info("word for traffic routing changed", "endpoint", target.Endpoint, "region", target.Region,
				"unfit", unfit)
		}
	}
	if len(changes) == 0 {
		return
	}
	r.background.Go(func() {
		if err := c.Metrics.Publish(r.publishing, changes, changes[0].Word.At); err != nil {
			c.Log.Warn("changed word not published, which the end of the run repeats", "error", err)
		}
	})
}

// unfit is the observer's opinion of an endpoint. Without a reason against it, it is fit once it has served; an
// observer that is undecided, or has seen nothing yet, has none.
func (c *Checker) unfit(endpoint string) (unfit, ok bool) {
	state := c.word.States[endpoint]
	held := func(reason time.Time) bool { return c.word.At.Before(reason.Add(c.Hold)) }
	if state.Open || held(c.word.LostAt[endpoint]) || held(c.withdrawnUntil[endpoint]) {
		return true, true
	}
	return false, state.Successes > 0
}
