package check

import (
	"context"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/metrics"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
)

// observe probes all targets at once, each in its own time, and takes in what it sees. Results are in the targets'
// order.
func (c *Checker) observe(ctx context.Context, r *run) []probe.Result {
	began := time.Now()
	results := make([]probe.Result, len(c.Targets))
	var wg sync.WaitGroup
	for i, target := range c.Targets {
		wg.Go(func() { results[i] = c.Prober.Probe(ctx, target, c.word) })
	}
	wg.Wait()
	c.adopt(results)
	r.admitted = letIn(results)
	c.abstain(r, results)
	c.judge(results, began, time.Now())
	for i, target := range c.Targets {
		r.series[i].Target = target
		r.series[i].Probes = append(r.series[i].Probes, sample(target.Endpoint, results, i))
	}
	c.route(r, results)
	r.last = results
	return results
}

// letIn tells that some endpoint has given this observer a session.
func letIn(results []probe.Result) bool {
	return slices.ContainsFunc(results, func(r probe.Result) bool {
		return r.Session != nil || r.Observation.Verdict == verdict.Up
	})
}

// adopt goes on from the observer's own stored word if that is newer than what this function remembers.
func (c *Checker) adopt(results []probe.Result) {
	for _, result := range results {
		if stored := result.Visit.Word; stored.At.After(c.word.At) {
			c.word = stored.Remember(c.word)
		} else {
			c.word = c.word.Remember(stored)
		}
	}
}

// abstain takes back what an observer says of endpoints that refuse to log it in, if no endpoint has given it a
// session: as far as it can tell the fault is its own, and it cannot hear the others either.
func (c *Checker) abstain(r *run, results []probe.Result) {
	if r.admitted {
		return
	}
	var refusals []probe.Result
	for i := range results {
		if abstention, ok := results[i].Observation.Abstention(); ok {
			results[i].Observation = abstention
			refusals = append(refusals, results[i])
		}
	}
	if len(refusals) > 0 {
		r.refused = causes(refusals)
	}
}

// judge moves the state machines, and replaces every observation by what it counts as.
func (c *Checker) judge(results []probe.Result, began, now time.Time) {
	// a stored word may hold endpoints that nobody watches any more
	states := make(map[string]verdict.State, len(c.Targets))
	for i, target := range c.Targets {
		before := c.word.States[target.Endpoint]
		after, counted := c.Policy.Next(before, results[i].Observation, began, now)
		states[target.Endpoint], results[i].Observation = after, counted
		c.logVerdict(target, results[i], before, after)
	}
	c.word = incident.Word{At: now, States: states, LostAt: c.lostAt(states, now)}
}

// logVerdict logs what is not well. An inconclusive probe is no news: the report tells it, and the run's error if all
// were.
func (c *Checker) logVerdict(target contract.Target, result probe.Result, before, after verdict.State) {
	log := c.Log.With("endpoint", target.Endpoint, "region", target.Region)
	if o := result.Observation; o.Verdict == verdict.Down || o.Verdict == verdict.Degraded {
		log.Warn(contract.LogNotUp, "verdict", o.Verdict.String(), "reason", o.Reason.String(), "waking", o.Waking,
			"status", result.Cluster.Status, "encryption", result.Cluster.Encryption, "cause", result.Err)
	}
	switch {
	case after.Open && !before.Open:
		log.Warn(contract.LogLost, "since", after.FailingSince)
	case before.Open && !after.Open:
		log.Info(contract.LogServes, "lost_since", before.FailingSince)
	}
}

// sample is what metrics tell of a probe. The marker age measures replication only while markers are written: without
// the other endpoints it would grow through an outage, and page for what has been paged.
func sample(endpoint string, results []probe.Result, i int) metrics.Probe {
	result := results[i]
	p := metrics.Probe{
		Verdict:  result.Observation.Verdict,
		Abstains: result.Observation.Abstains(),
		Connect:  result.Connect,
		Query:    result.Query,
		Commit:   result.Commit,
	}
	age, known := result.Visit.Snapshot.AgeThroughOther(endpoint)
	if known && !slices.ContainsFunc(results, func(r probe.Result) bool { return r.Observation.Verdict == verdict.Down }) {
		p.MarkerAge = &age
	}
	return p
}
