package check

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/alert"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/metrics"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
)

var (
	east = contract.Target{
		Region:     "us-east-1",
		ClusterID:  "aaa",
		ClusterARN: "arn:aws:dsql:us-east-1:123456789012:cluster/aaa",
		Endpoint:   "aaa.dsql.us-east-1.on.aws",
	}
	ohio = contract.Target{
		Region:     "us-east-2",
		ClusterID:  "bbb",
		ClusterARN: "arn:aws:dsql:us-east-2:123456789012:cluster/bbb",
		Endpoint:   "bbb.dsql.us-east-2.on.aws",
	}

	up = probe.Result{
		Observation: verdict.Observation{Verdict: verdict.Up},
		Cluster:     verdict.Cluster{Status: "ACTIVE"},
		Connect:     20 * time.Millisecond,
		Query:       2 * time.Millisecond,
		Commit:      8 * time.Millisecond,
	}
	down = probe.Result{
		Observation: verdict.Observation{Verdict: verdict.Down, Reason: verdict.Timeout},
		Err:         errors.New("no answer"),
	}
	unknown = probe.Result{Err: errors.New("no credentials")}
)

// prober answers from a script per endpoint, whose last line repeats, and notes when it was asked.
type prober struct {
	script map[string][]probe.Result
	takes  time.Duration
	hung   string // an endpoint that takes what three steps may

	mu    sync.Mutex
	asked map[string][]time.Time
	again map[string][]time.Time // re-probes, which are in asked, too
}

func (p *prober) Probe(ctx context.Context, target contract.Target, _ incident.Word) probe.Result {
	takes := p.takes
	if target.Endpoint == p.hung {
		takes = 11250 * time.Millisecond
	}
	return p.answer(ctx, target, takes)
}

// Reprobe goes on in the script; one that hangs takes what a re-probe may.
func (p *prober) Reprobe(
	ctx context.Context, target contract.Target, _ incident.Word, known verdict.Cluster,
) probe.Result {
	takes := p.takes
	if target.Endpoint == p.hung {
		takes = 2 * time.Second
	}
	p.mu.Lock()
	if p.again == nil {
		p.again = map[string][]time.Time{}
	}
	p.again[target.Endpoint] = append(p.again[target.Endpoint], time.Now())
	p.mu.Unlock()
	result := p.answer(ctx, target, takes)
	result.Cluster = known
	return result
}

func (*prober) Connect(context.Context, contract.Target) (*incident.Session, error) {
	return nil, errors.New("no database")
}

func (p *prober) answer(ctx context.Context, target contract.Target, takes time.Duration) probe.Result {
	p.mu.Lock()
	n := len(p.asked[target.Endpoint])
	if p.asked == nil {
		p.asked = map[string][]time.Time{}
	}
	p.asked[target.Endpoint] = append(p.asked[target.Endpoint], time.Now())
	p.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
	}
	script := p.script[target.Endpoint]
	return script[min(n, len(script)-1)]
}

// alerts and samples record; they fail as told.
type alerts struct {
	mu   sync.Mutex
	got  []alert.Message
	fail []error // by call; then none
}

func (a *alerts) Publish(_ context.Context, m alert.Message) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.fail) > 0 {
		err := a.fail[0]
		a.fail = a.fail[1:]
		if err != nil {
			return err
		}
	}
	a.got = append(a.got, m)
	return nil
}

func (a *alerts) subjects() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []string
	for _, m := range a.got {
		out = append(out, m.Subject)
	}
	return out
}

type samples struct {
	mu   sync.Mutex
	got  [][]metrics.Series
	at   time.Time
	fail error
	hang bool
}

func (s *samples) Publish(ctx context.Context, run []metrics.Series, _ time.Time) error {
	if s.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got, s.at = append(s.got, run), time.Now()
	return s.fail
}

type fakes struct {
	prober  *prober
	alerts  *alerts
	samples *samples
	out     bytes.Buffer
	logged  bytes.Buffer // where a test asks for it
}

// checker observes both endpoints through fakes, four rounds a minute.
func checker(script map[string][]probe.Result) (*Checker, *fakes) {
	f := &fakes{prober: &prober{script: script}, alerts: &alerts{}, samples: &samples{}}
	return New(Config{
		Observer:     "us-west-2",
		FunctionName: "health-check",
		Targets:      []contract.Target{east, ohio},
		Cadence:      cadence(time.Minute, 15*time.Second),
		Policy:       verdict.Policy{FailuresToOpen: 2, SuccessesToClose: 3, WakingLimit: time.Minute},
		Reminder:     15 * time.Minute,
		Lease:        time.Minute,
		Prober:       f.prober,
		Alerts:       f.alerts,
		Metrics:      f.samples,
		Embedded:     &f.out,
		Log:          slog.New(slog.DiscardHandler),
	}), f
}

func script(e, o []probe.Result) map[string][]probe.Result {
	return map[string][]probe.Result{east.Endpoint: e, ohio.Endpoint: o}
}

// lambdaContext has the deadline that Lambda gives a function with a timeout of a minute.
func lambdaContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
