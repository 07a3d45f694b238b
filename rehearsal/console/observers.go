package console

import (
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/chronicle"
)

// says is what the page tells of an observer and an endpoint: an observer's word, or that it is silent.
type says = chronicle.Says

const (
	// saysNothing is an observer that has not been heard of for longer than it may.
	saysNothing says = "silent"
	// saysSuspected is an endpoint that some observers find down, and not enough of them hold for lost.
	saysSuspected says = "suspected"
)

// defaultSchedule is assumed of an observer whose schedule cannot be read.
const defaultSchedule = time.Minute

// wordView is what an observer says of an endpoint.
type wordView struct {
	Observer string    `json:"observer"`
	Endpoint string    `json:"endpoint"`
	Says     says      `json:"says"`
	Reason   string    `json:"reason,omitempty"`
	Cause    string    `json:"cause,omitempty"`
	Since    time.Time `json:"since,omitzero"`
}

// say returns an observer's word of an endpoint as of now.
func (c *Console) say(observer, endpoint string, now time.Time) wordView {
	word, known := c.chronicle.Word(observer, endpoint)
	view := wordView{
		Observer: observer,
		Endpoint: endpoint,
		Says:     saysNothing,
		Since:    word.Heard,
	}
	silent := now.Sub(word.Heard) > c.patience(observer)
	if !known || silent || c.config.Account.Region(observer).Down() {
		return view
	}
	view.Says = word.Says
	view.Reason = word.Reason
	view.Cause = word.Cause
	view.Since = word.Since
	return view
}

// patience is how long an observer may say nothing: it logs at the beginning and the end of every run.
func (c *Console) patience(region string) time.Duration {
	schedule := defaultSchedule
	f, err := c.config.Account.Region(region).Lambda.Function(c.config.Monitors[region])
	if err == nil && f.Environment != nil {
		if configured, err := time.ParseDuration(f.Environment.Variables[contract.EnvSchedule]); err == nil {
			schedule = configured
		}
	}
	return schedule * 3 / 2
}
