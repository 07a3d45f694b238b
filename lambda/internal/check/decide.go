package check

import (
	"context"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
)

// decide probes the endpoints on which a round has left the observer undecided again, when next says, until failures
// have opened or one success has ended them. A decision is shared at once. Recovery is left to the rounds: closing
// takes as long as before, and in quiet times nothing is done here. Re-probes move the state machine and are no
// samples: metrics count rounds.
func (c *Checker) decide(
	ctx context.Context, r *run, round []probe.Result, next func(latest time.Time) (time.Time, bool),
) {
	var latest time.Time
	for {
		undecided := c.undecided()
		at, ok := next(latest)
		if len(undecided) == 0 || !ok || !sleepUntil(ctx, at) {
			return
		}
		latest = time.Now()
		results := c.reprobe(ctx, r, round, undecided)
		if len(c.undecided()) < len(undecided) {
			c.shareDecision(ctx, r, results)
			continue
		}
		closeAll(r.publishing, sessionsOf(results))
	}
}

// undecided are the indexes of the targets that are neither well nor lost.
func (c *Checker) undecided() []int {
	var indexes []int
	for i, target := range c.Targets {
		if c.word.States[target.Endpoint].Undecided() {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// reprobe probes some of the targets once more and takes in what it sees. What the round saw of the others stands.
func (c *Checker) reprobe(ctx context.Context, r *run, round []probe.Result, targets []int) []probe.Result {
	began := time.Now()
	results := make([]probe.Result, len(c.Targets)) // those of the others say nothing, which moves no state
	var wg sync.WaitGroup
	for _, i := range targets {
		wg.Go(func() { results[i] = c.Prober.Reprobe(ctx, c.Targets[i], c.word, round[i].Cluster) })
	}
	wg.Wait()
	c.adopt(results)
	r.admitted = r.admitted || letIn(results)
	c.abstain(r, results)
	c.judge(results, began, time.Now())
	for i := range results {
		if !slices.Contains(targets, i) {
			results[i].Observation = round[i].Observation
		}
	}
	c.route(r, results)
	return results
}

// shareDecision shares between two rounds. An endpoint that has just been found lost gives no session, so one of those
// that serve is connected to for it. If none can be, although one should, the next round shares: only an observer that
// finds every endpoint failing may take itself for alone.
func (c *Checker) shareDecision(ctx context.Context, r *run, results []probe.Result) {
	if len(sessionsOf(results)) > 0 || c.connectToShare(ctx, results) || c.allFailing() {
		c.share(r, results)
	}
}

// connectToShare gives one of the results a session, by a probe of an endpoint that serves. It is for the session alone
// and does not count as one of the probes that close an outage.
func (c *Checker) connectToShare(ctx context.Context, results []probe.Result) bool {
	for i, target := range c.Targets {
		if failing(c.word.States[target.Endpoint]) {
			continue
		}
		visited := c.Prober.Reprobe(ctx, target, c.word, results[i].Cluster)
		if visited.Session != nil {
			results[i].Session, results[i].Visit = visited.Session, visited.Visit
			return true
		}
	}
	return false
}

func (c *Checker) allFailing() bool {
	return !slices.ContainsFunc(c.endpoints(), func(endpoint string) bool { return !failing(c.word.States[endpoint]) })
}

// failing tells an endpoint whose latest probe failed.
func failing(s verdict.State) bool { return s.Failures > 0 }
