// Package check is the health check's run: rounds of probes of every endpoint, sharing between the observers, alerts,
// metrics and the report.
package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/alert"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/metrics"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
)

// Prober makes one probe; probe.Prober is one.
type Prober interface {
	Probe(ctx context.Context, target contract.Target, word incident.Word) probe.Result
}

// Alerts takes messages to people; alert.Publisher does.
type Alerts interface {
	Publish(ctx context.Context, m alert.Message) error
}

// Metrics takes a run's probes to CloudWatch; metrics.Publisher does.
type Metrics interface {
	Publish(ctx context.Context, run []metrics.Series, at time.Time) error
}

// Config is what a Checker is made of. Every field is required, except Embedded.
type Config struct {
	// Observer is the observer's region.
	Observer     string
	FunctionName string
	Targets      []contract.Target
	Cadence      Cadence
	Policy       verdict.Policy
	Reminder     time.Duration
	// Runbooks are linked from alerts.
	Runbooks contract.Runbooks

	Prober  Prober
	Alerts  Alerts
	Metrics Metrics
	// Embedded receives latencies and marker ages in embedded metric format; nil publishes none.
	Embedded io.Writer
	Log      *slog.Logger
}

// Checker runs health checks and remembers, between two runs, what it thinks of every endpoint. It makes one run at a
// time, as a Lambda execution environment does.
type Checker struct {
	Config
	word   incident.Word
	ledger incident.Ledger
}

// New returns a checker that has seen nothing yet.
func New(config Config) *Checker {
	return &Checker{Config: config, ledger: incident.Ledger{}}
}

// ErrNothingLearned is the error of a run in which no probe came to a conclusion.
var ErrNothingLearned = errors.New("no probe came to a conclusion")

// Check makes one run and reports the last probe of every endpoint. An unhealthy endpoint is a successful check. The error
// is that of a check that did not do its work: nothing was learned, no region took the metrics, or a due alert reached no
// topic.
func (c *Checker) Check(ctx context.Context, event contract.CheckEvent, requestID string) (contract.HealthReport, error) {
	start := time.Now()
	deadline, bounded := ctx.Deadline()
	times := c.Cadence.timetable(start, deadline, bounded)
	probing, cancel := context.WithDeadline(ctx, times.probes)
	defer cancel()
	publishing, cancel := context.WithDeadline(ctx, times.publish)
	defer cancel()

	c.forgetStale(start)
	r := &run{publishing: publishing, series: make([]metrics.Series, len(c.Targets))}
	rounds := c.Cadence.rounds(times, event.Probes)
	for i := range rounds {
		if !sleepUntil(probing, start.Add(time.Duration(i)*c.Cadence.Interval)) {
			break
		}
		results := c.observe(probing, r)
		if i+1 == rounds { // before sharing: what is left of the window has room for both only side by side
			r.background.Go(func() { r.fail(c.Metrics.Publish(publishing, r.series, start)) })
		}
		c.share(r, results)
	}
	r.background.Wait()
	c.takeBack(r)
	if c.Embedded != nil {
		r.fail(metrics.Embedded(c.Embedded, c.Observer, r.series, start))
	}
	if !r.learned() {
		r.fail(fmt.Errorf("%w: %w", ErrNothingLearned, errors.Join(r.causes()...)))
	}
	report := c.report(r, start, requestID)
	c.Log.Info("check finished", "report", report) // nobody receives the answer of an asynchronous invocation
	return report, errors.Join(r.errs...)
}

// forgetStale drops what was thought of the endpoints too long ago: failures with a pause between them are not
// consecutive.
func (c *Checker) forgetStale(now time.Time) {
	if now.Sub(c.word.At) >= c.Cadence.Fresh() {
		c.word = incident.Word{}
	}
}

// run is what one run gathers. Its mutex guards what background work adds.
type run struct {
	publishing context.Context // ends in time for the report
	background sync.WaitGroup
	series     []metrics.Series // by target
	last       []probe.Result   // by target

	mu       sync.Mutex
	errs     []error
	returned []incident.Notice // pages on own evidence that reached nobody
}

// fail adds an error, if it is one, to what the run returns.
func (r *run) fail(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

func (r *run) learned() bool {
	for _, s := range r.series {
		if _, ok := s.Unreachable(); ok {
			return true
		}
	}
	return false
}

func (r *run) causes() []error {
	var causes []error
	for _, result := range r.last {
		causes = append(causes, result.Err)
	}
	return causes
}

// sleepUntil waits for the time and tells whether it came before the context's end.
func sleepUntil(ctx context.Context, at time.Time) bool {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
