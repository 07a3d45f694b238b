package console

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/logs"
)

// What an observer says of an endpoint, beyond the verdicts up, degraded and unknown of a single probe.
const (
	saysUp         = "up"
	saysDegraded   = "degraded"
	saysUnknown    = "unknown"
	saysFailing    = "failing"    // its latest probe found the endpoint down, not yet often enough
	saysLost       = "lost"       // it holds the endpoint for lost
	saysRecovering = "recovering" // so it does, but its latest probe was served
	saysNothing    = "silent"     // it has not been heard of for longer than it may
)

// maxChanges bounds what is remembered of changes; the oldest go first.
const maxChanges = 500

// defaultSchedule is assumed of an observer whose schedule cannot be read.
const defaultSchedule = time.Minute

// observers reads in the functions' own logs what each observer says of each endpoint.
type observers struct {
	config  Config
	started time.Time

	mu      sync.Mutex
	heard   map[string]time.Time // by observer
	words   map[pair]*word
	changes []entry
}

// pair is an observer and an endpoint, each named by its region.
type pair struct{ observer, endpoint string }

// word is what an observer said last.
type word struct {
	open            bool
	verdict, reason string
	cause           string
	since           time.Time
}

func (w word) says() string {
	down := w.verdict == "down"
	switch {
	case w.open && down:
		return saysLost
	case w.open:
		return saysRecovering
	case down:
		return saysFailing
	default:
		return w.verdict
	}
}

func newObservers(config Config) *observers {
	return &observers{config: config, started: config.Account.Clock.Now(), heard: map[string]time.Time{}, words: map[pair]*word{}}
}

// follow reads the log of a region's observer until the context ends. The group of a function that is deployed anew comes
// and goes.
func (o *observers) follow(ctx context.Context, region string) {
	for ctx.Err() == nil {
		if f, err := o.config.Account.Region(region).Lambda.Function(o.config.Monitors[region]); err == nil {
			_ = o.config.Account.Region(region).Logs.Tail(ctx, f.Logging.LogGroup, func(e logs.Event) { o.read(region, e) })
		}
		_ = o.config.Account.Clock.Sleep(ctx, time.Second) // the context's end ends the loop
	}
}

// read takes in one line. Lines of the platform and of others say that the observer lives.
func (o *observers) read(observer string, e logs.Event) {
	defer edge.Recover("log of observer "+observer, nil) // the next line is read all the same
	var r contract.ProbeLine
	_ = json.Unmarshal([]byte(e.Message), &r) // a line in another format has no message
	o.mu.Lock()
	defer o.mu.Unlock()
	if e.Time.After(o.heard[observer]) {
		o.heard[observer] = e.Time
	}
	switch r.Message {
	case contract.LogNotUp:
		o.change(pair{observer, r.Region}, e.Time, func(w *word) { w.verdict, w.reason, w.cause = r.Verdict, r.Reason, r.Cause })
	case contract.LogLost:
		o.change(pair{observer, r.Region}, e.Time, func(w *word) { w.open, w.verdict = true, "down" })
	case contract.LogServes:
		o.change(pair{observer, r.Region}, e.Time, func(w *word) { *w = word{verdict: saysUp, since: w.since} })
	case contract.LogFinished:
		for _, t := range r.Report.Targets {
			o.change(pair{observer, t.Region}, e.Time, func(w *word) { w.verdict, w.reason, w.cause = t.Verdict, t.Reason, t.Detail })
		}
	}
}

// change applies what was said and remembers it if that is news.
func (o *observers) change(p pair, at time.Time, apply func(*word)) {
	w, known := o.words[p]
	if !known {
		w = &word{verdict: saysUnknown, since: at}
		o.words[p] = w
	}
	before := w.says()
	apply(w)
	if w.says() == before {
		return
	}
	w.since = at
	if !known {
		return
	}
	o.changes = append(o.changes, verdictEntry(p, *w))
	if surplus := len(o.changes) - maxChanges; surplus > 0 {
		o.changes = slices.Delete(o.changes, 0, surplus)
	}
}

func verdictEntry(p pair, w word) entry {
	tone := map[string]tone{saysLost: bad, saysFailing: warn, saysDegraded: warn, saysUnknown: warn, saysUp: good, saysRecovering: info}[w.says()]
	detail := w.reason
	if w.cause != "" {
		detail += ": " + w.cause
	}
	return entry{Time: w.since, Kind: "verdict", Tone: tone, Region: p.observer, Text: "endpoint " + p.endpoint + " " + w.says(), Detail: detail}
}

// wordView is what an observer says of an endpoint.
type wordView struct {
	Observer string    `json:"observer"`
	Endpoint string    `json:"endpoint"`
	Says     string    `json:"says"`
	Reason   string    `json:"reason,omitempty"`
	Cause    string    `json:"cause,omitempty"`
	Since    time.Time `json:"since,omitzero"`
}

// say returns the observer's word as of now.
func (o *observers) say(p pair, now time.Time) wordView {
	limit := o.patience(p.observer)
	o.mu.Lock()
	defer o.mu.Unlock()
	view := wordView{Observer: p.observer, Endpoint: p.endpoint, Says: saysNothing, Since: o.heard[p.observer]}
	w, known := o.words[p]
	if !known || now.Sub(o.heard[p.observer]) > limit || o.config.Account.Region(p.observer).Down() {
		return view
	}
	view.Says, view.Reason, view.Cause, view.Since = w.says(), w.reason, w.cause, w.since
	return view
}

// patience is how long an observer may say nothing: it logs at the beginning and the end of every run.
func (o *observers) patience(region string) time.Duration {
	schedule := defaultSchedule
	if f, err := o.config.Account.Region(region).Lambda.Function(o.config.Monitors[region]); err == nil && f.Environment != nil {
		if configured, err := time.ParseDuration(f.Environment.Variables[contract.EnvSchedule]); err == nil {
			schedule = configured
		}
	}
	return schedule * 3 / 2
}

// recent returns the changes, oldest first.
func (o *observers) recent() []entry {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.changes)
}
