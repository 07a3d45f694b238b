package chronicle

import (
	"time"

	"aurora-dsql-dr/lambda/contract"
)

// Says is what an observer says of an endpoint.
type Says string

// What observers say: the verdicts of a single probe but "down", and what they make of several.
const (
	SaysUp       Says = contract.Up
	SaysDegraded Says = contract.Degraded
	SaysUnknown  Says = contract.Unknown
	// SaysFailing is a latest probe that found the endpoint down, not yet often enough.
	SaysFailing Says = "failing"
	// SaysLost is an endpoint that the observer holds for lost; SaysRecovering one whose latest probe was served.
	SaysLost       Says = "lost"
	SaysRecovering Says = "recovering"
)

// Word is an observer's about an endpoint.
type Word struct {
	Says          Says
	Reason, Cause string
	// Since is when it began to say so, and Heard when it last said anything at all.
	Since, Heard time.Time
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

func (w *word) say(verdict, reason, cause string) {
	w.verdict = verdict
	w.reason = reason
	w.cause = cause
}

func (w word) says() Says {
	down := w.verdict == contract.Down
	switch {
	case w.open && down:
		return SaysLost
	case w.open:
		return SaysRecovering
	case down:
		return SaysFailing
	default:
		return Says(w.verdict)
	}
}

// words are those of all observers.
type words struct {
	heard map[string]time.Time // by observer
	words map[pair]*word
}

func newWords() words {
	return words{
		heard: map[string]time.Time{},
		words: map[pair]*word{},
	}
}

// read takes in a line, and returns what changes. Lines of the platform and of others say that the observer lives.
func (w words) read(observer string, at time.Time, line contract.ProbeLine) (news []Entry) {
	if at.After(w.heard[observer]) {
		w.heard[observer] = at
	}
	change := func(endpoint string, apply func(*word)) {
		if e, changed := w.change(pair{observer, endpoint}, at, apply); changed {
			news = append(news, e)
		}
	}
	switch line.Message {
	case contract.LogNotUp:
		change(line.Region, func(w *word) { w.say(line.Verdict, line.Reason, line.Cause) })
	case contract.LogLost:
		change(line.Region, func(w *word) { w.open, w.verdict = true, contract.Down })
	case contract.LogServes:
		change(line.Region, func(w *word) { *w = word{verdict: contract.Up, since: w.since} })
	case contract.LogFinished:
		for _, t := range line.Report.Targets {
			change(t.Region, func(w *word) { w.say(t.Verdict, t.Reason, t.Detail) })
		}
	}
	return news
}

// change applies what was said and tells whether that is news.
func (w words) change(p pair, at time.Time, apply func(*word)) (Entry, bool) {
	own, known := w.words[p]
	if !known {
		own = &word{verdict: contract.Unknown, since: at}
		w.words[p] = own
	}
	before := own.says()
	apply(own)
	if own.says() == before {
		return Entry{}, false
	}
	own.since = at
	return own.entry(p), known
}

var toneOfWord = map[Says]Tone{
	SaysUp:         Good,
	SaysDegraded:   Warning,
	SaysUnknown:    Warning,
	SaysFailing:    Warning,
	SaysLost:       Bad,
	SaysRecovering: Note,
}

func (w word) entry(p pair) Entry {
	detail := w.reason
	if w.cause != "" {
		detail += ": " + w.cause
	}
	says := string(w.says())
	return Entry{
		Time:   w.since,
		Source: Verdict,
		Tone:   toneOfWord[w.says()],
		Region: p.observer,
		Lane:   p.observer + " sees " + p.endpoint,
		Text:   says,
		Title:  "endpoint " + p.endpoint + " " + says,
		Detail: detail,
	}
}

// Word is what an observer said last of an endpoint, each named by its region; false if it has never said anything of
// it.
func (c *Chronicle) Word(observer, endpoint string) (Word, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	said := Word{Heard: c.words.heard[observer]}
	w, known := c.words.words[pair{observer, endpoint}]
	if !known {
		return said, false
	}
	said.Says = w.says()
	said.Reason = w.reason
	said.Cause = w.cause
	said.Since = w.since
	return said, true
}
