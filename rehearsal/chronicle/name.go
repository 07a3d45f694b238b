package chronicle

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/aws"
)

// Answer is where the name leads who asks in a region, from a time on.
type Answer struct {
	Time  time.Time
	Asker string
	// Regions serve at the answer's addresses; none if the name has no address.
	Regions []string
	// First says that it is the asker's first since the chronicle's begin.
	First bool
}

// WhoAnswers are the regions that a name leads to for somebody in a region, in the answer's order. An address at which
// no region serves stands for itself.
func WhoAnswers(account *aws.Account, domain, asker string) (regions []string) {
	found, _ := account.Route53.Resolve(domain, "A", asker)
	for _, record := range found.Records {
		if addr, err := netip.ParseAddr(record.Value); err == nil { // else it is a CNAME on the way
			regions = append(regions, regionAt(account, addr))
		}
	}
	return regions
}

func regionAt(account *aws.Account, addr netip.Addr) string {
	for _, r := range account.Regions() {
		if front, ok := r.APIGateway.Front(); ok && front.Addr() == addr {
			return r.Name
		}
	}
	return addr.String()
}

// lookUp takes in what the name answers to askers in every region. Their first answers are no news.
func (c *Chronicle) lookUp() {
	if c.opts.Domain == "" {
		return
	}
	for _, r := range c.opts.Account.Regions() {
		regions := WhoAnswers(c.opts.Account, c.opts.Domain, r.Name)
		last, asked := c.answers[r.Name]
		if asked && slices.Equal(last.now, regions) {
			continue
		}
		if !asked {
			last.first = regions
		}
		last.now = regions
		c.answers[r.Name] = last
		c.answered(Answer{
			Time:    c.opts.Account.Clock.Now(),
			Asker:   r.Name,
			Regions: regions,
			First:   !asked,
		}, slices.Equal(regions, last.first))
	}
}

// answers are an asker's first one and its last.
type answers struct{ first, now []string }

// answered adds an answer. It is good if it leads where the first one led.
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
