// Package check is the health check's run: rounds of probes of every endpoint, sharing between the observers, alerts,
// metrics and the report.
package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/alert"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/metrics"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
)

// Prober makes one probe, or one more of a target whose cluster's status is known, or connects for something else;
// probe.Prober is one.
type Prober interface {
	Probe(ctx context.Context, target contract.Target, word incident.Word) probe.Result
	Reprobe(ctx context.Context, target contract.Target, word incident.Word, known verdict.Cluster) probe.Result
	Connect(ctx context.Context, target contract.Target) (*incident.Session, error)
}

// Alerts takes messages to people; alert.Publisher does.
type Alerts interface {
	Publish(ctx context.Context, m alert.Message) error
}

// Metrics takes a run's probes to CloudWatch; metrics.Publisher does.
type Metrics interface {
	Publish(ctx context.Context, run []metrics.Series, at time.Time) error
}

// Backups watches the age of backups; *backupage.Watch does.
type Backups interface {
	// Look may take the time of a publication, and may be called as often as one likes.
	Look(ctx context.Context)
	// Age is that of a cluster's newest recovery point with a twin, in hours, if anybody has looked.
	Age(cluster string, now time.Time) (hours float64, looked bool)
}

// Config is what a Checker is made of. Every field is required, except Hold, Backups and Embedded.
type Config struct {
	// Observer is the observer's region.
	Observer     string
	FunctionName string
	Targets      []contract.Target
	Cadence      Cadence
	Policy       verdict.Policy
	// Reminder is the time between two pages about one outage, Lease the time that a page has to be published.
	Reminder, Lease time.Duration
	// Hold is how long an endpoint stays unfit for traffic after the last reason; 0 if no traffic is routed.
	Hold time.Duration
	// Runbooks are linked from alerts.
	Runbooks contract.Runbooks

	Prober  Prober
	Alerts  Alerts
	Metrics Metrics
	// Backups is nil if there are none.
	Backups Backups
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
	fitness
}

// New returns a checker that has seen nothing yet.
func New(config Config) *Checker {
	return &Checker{Config: config, ledger: incident.Ledger{}, fitness: fitness{told: map[string]bool{}}}
}

// The errors of a run that could not do its work; see also those of publishing.
var (
	// ErrNothingLearned is the error of a run in which no probe came to a conclusion.
	ErrNothingLearned = errors.New("no probe came to a conclusion")
	// ErrRefused is the error of a run with a round in which endpoints refused the observer, and none gave it a session.
	ErrRefused = errors.New(
		"no endpoint lets this observer in: its IAM permission, role mapping or grant is gone, or its clock is wrong")
	// ErrUnshared is the error of a run that could not, in the end, share what it had to.
	ErrUnshared = errors.New("the other observers could not be told")
	// ErrUnread is the error of a run that found the database without withdrawals.
	ErrUnread = errors.New("withdrawals cannot be read: the migration has not run, or a grant is gone")
)

// Check makes one run and reports the last probe of every endpoint. An unhealthy endpoint is a successful check. The
// error is that of a check that did not do its work: nothing was learned, the observer was refused, it could not share
// what it had to, no region took the metrics, or a due alert reached no topic.
func (c *Checker) Check(
	ctx context.Context, event contract.CheckEvent, requestID string,
) (contract.HealthReport, error) {
	start := time.Now()
	deadline, bounded := ctx.Deadline()
	times := c.Cadence.timetable(start, deadline, bounded)
	probing, cancel := context.WithDeadline(ctx, times.probes)
	defer cancel()
	publishing, cancel := context.WithDeadline(ctx, times.publish)
	defer cancel()

	c.forgetStale(start)
	r := &run{
		publishing: publishing,
		series:     make([]metrics.Series, len(c.Targets)),
		concluded:  make([]bool, len(c.Targets)),
	}
	c.lookAtBackups(r)
	rounds := c.Cadence.rounds(times, event.Probes)
	for i := range rounds {
		round := start.Add(time.Duration(i) * c.Cadence.Interval)
		if !sleepUntil(probing, round) {
			break
		}
		results := c.observe(probing, r)
		if i+1 == rounds { // before sharing: what is left of the window has room for both only side by side
			series := slices.Clone(r.series)
			r.background.Go(func() {
				series := c.aged(r, series, times)
				r.fail(c.Metrics.Publish(publishing, series, start))
			})
		}
		c.share(r, results)
		c.decide(probing, r, results, func(latest time.Time) (time.Time, bool) {
			return c.Cadence.reprobe(times, round, latest, time.Now())
		})
	}
	r.background.Wait()
	c.settle(r)
	if c.Embedded != nil {
		r.fail(metrics.Embedded(c.Embedded, c.Observer, r.series, start))
	}
	r.fail(r.unfit())
	report := c.report(r, start, requestID)
	c.Log.Info(contract.LogFinished, "report", report) // nobody receives the answer of an asynchronous invocation
	return report, errors.Join(r.errs...)
}

// forgetStale drops what was thought of the endpoints too long ago: failures with a pause between them are not
// consecutive. What traffic routing holds against them has its own time.
func (c *Checker) forgetStale(now time.Time) {
	if now.Sub(c.word.At) >= c.Cadence.Fresh() {
		c.word = incident.Word{LostAt: c.word.LostAt}
	}
}

// run is what one run gathers. Its mutex guards what background work adds.
type run struct {
	publishing context.Context // ends in time for the report
	background sync.WaitGroup
	looked     chan struct{}    // closed once the vaults have been looked at
	series     []metrics.Series // by target
	last       []probe.Result   // by target
	concluded  []bool           // by target: its latest probe came to a conclusion

	admitted bool     // an endpoint let the observer in, in the latest round
	refused  error    // why no endpoint let the observer in, in the latest round in which that was so
	unshared error    // why the latest sharing failed
	unread   error    // why an endpoint did not show its withdrawals
	memory   *reading // what an endpoint showed of the shared memory, the latest; nil if none did

	mu      sync.Mutex
	errs    []error
	settled []settlement
}

// settlement is what became of a notice, and when.
type settlement struct {
	notice incident.Notice
	fate   incident.Fate
	at     time.Time
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

func (r *run) settle(s settlement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settled = append(r.settled, s)
}

// settlements hands over those that are new.
func (r *run) settlements() []settlement {
	r.mu.Lock()
	defer r.mu.Unlock()
	settled := r.settled
	r.settled = nil
	return settled
}

// unfit is why the observer is no use, if it is so.
func (r *run) unfit() error {
	switch {
	case r.refused != nil:
		return fmt.Errorf("%w: %w", ErrRefused, r.refused)
	case !r.learned():
		return fmt.Errorf("%w: %w", ErrNothingLearned, causes(r.last))
	case r.unshared != nil:
		return fmt.Errorf("%w: %w", ErrUnshared, r.unshared)
	case r.unread != nil:
		return fmt.Errorf("%w: %w", ErrUnread, r.unread)
	}
	return nil
}

func (r *run) learned() bool {
	return slices.ContainsFunc(r.series, metrics.Series.Learned)
}

func causes(results []probe.Result) error {
	var causes []error
	for _, result := range results {
		causes = append(causes, result.Err)
	}
	return errors.Join(causes...)
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
