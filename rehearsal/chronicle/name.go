package chronicle

import (
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/routing"
)

// Answer is where the name leads who asks in a region, from a time on.
type Answer struct {
	Time  time.Time
	Asker string
	// Regions serve at the answer's addresses; none if the name has no address.
	Regions []string
	// First says that it is the asker's first since the chronicle's begin.
	First bool
	// Forced says that no region was fit, so that Route 53 answered as if all were.
	Forced bool
}

// answers are an asker's first one and its last.
type answers struct{ first, last []string }

// lookUp takes in what the name answers to askers in every region.
func (c *Chronicle) lookUp() {
	if c.opts.Domain == "" {
		return
	}
	name := routing.Name{Account: c.opts.Account, Domain: c.opts.Domain}
	for _, r := range c.opts.Account.Regions() {
		regions := name.Answer(r.Name)
		heard, asked := c.answers[r.Name]
		if asked && slices.Equal(heard.last, regions) {
			continue
		}
		if !asked {
			heard.first = regions
		}
		heard.last = regions
		c.answers[r.Name] = heard
		c.answered(Answer{
			Time:    c.opts.Account.Clock.Now(),
			Asker:   r.Name,
			Regions: regions,
			First:   !asked,
			Forced:  !name.AnyFit(),
		}, slices.Equal(regions, heard.first))
	}
}

// answered adds an answer. It is good if it leads where the first one led, and the first one is no news.
func (c *Chronicle) answered(a Answer, good bool) {
	c.mu.Lock()
	c.record.Answers = bounded(append(c.record.Answers, a), c.opts.Keep)
	c.mu.Unlock()
	if a.First {
		return
	}
	tone, text := Bad, "leads nowhere"
	if good {
		tone = Good
	}
	if len(a.Regions) > 0 {
		text = "leads to " + strings.Join(a.Regions, ", ")
	}
	if a.Forced {
		text += ", no region being fit"
	}
	c.Add(Entry{
		Time:   a.Time,
		Source: Naming,
		Tone:   tone,
		Region: a.Asker,
		Lane:   "name in " + a.Asker,
		Text:   text,
		Title:  c.opts.Domain + " " + text + " for " + a.Asker,
	})
}

// Withdrawal is the one of a region that is in force; false if there is none. Its times are sandbox time.
func (c *Chronicle) Withdrawal(region string) (contract.Withdrawal, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	clock := c.opts.Account.Clock
	w, known := c.withdrawn[region]
	w.Since, w.Until = clock.FromWall(w.Since), clock.FromWall(w.Until)
	return w, known && clock.Now().Before(w.Until)
}
