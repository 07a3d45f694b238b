package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/workload"
)

// Traffic is what became of the application's name.
type Traffic struct {
	// Answers are each when it changed, the first ones before the first fault.
	Answers []Answer `json:"answers"`
	// Keeping are the times of the clients that keep their connections for ever, which budgets do not count.
	Keeping struct {
		Recovery Time `json:"recovery"`
		Name     Time `json:"name"`
	} `json:"keeping"`
}

// Answer is where the name leads askers in a region, from a time on.
type Answer struct {
	At      Offset   `json:"at"`
	Asker   string   `json:"asker"`
	Regions []string `json:"regions"`
	// Forced is an answer while no region was fit.
	Forced bool `json:"forced,omitempty"`
}

// Where is where the answer leads, in words.
func (a Answer) Where() string {
	where := "nowhere"
	if len(a.Regions) > 0 {
		where = strings.Join(a.Regions, ", ")
	}
	if a.Forced {
		where += " (no region being fit)"
	}
	return where
}

// Ways are where the name led each asker over time, in words.
func (t *Traffic) Ways() (lines []string) {
	ways := map[string]string{} // by asker
	for _, a := range t.Answers {
		way, known := ways[a.Asker]
		if known {
			way += ", from " + a.At.String() + " on " + a.Where()
		} else {
			way = "in " + a.Asker + ": " + a.Where()
		}
		ways[a.Asker] = way
	}
	return slices.Sorted(maps.Values(ways))
}

// Beside are the times of the clients that keep their connections, in words.
func (t *Traffic) Beside() string {
	return fmt.Sprintf("clients that keep their connections for ever: the longest without an acknowledged write %s, "+
		"moved with the name after %s", unlessNever(t.Keeping.Recovery, "still waits"), t.Keeping.Name)
}

func unlessNever(t Time, never string) string {
	if !t.Happened {
		return never
	}
	return t.String()
}

// trafficOf is nil if the clients know no name.
func trafficOf(r *script.Rehearsal, lived Lived) *Traffic {
	if r.Workload != script.WorkloadName {
		return nil
	}
	t := &Traffic{}
	start := lived.Outage.Start
	for _, a := range lived.Seen.Answers {
		t.Answers = append(t.Answers, Answer{
			At:      Offset(a.Time.Sub(start)),
			Asker:   a.Asker,
			Regions: a.Regions,
			Forced:  a.Forced,
		})
	}
	t.Keeping.Recovery = recovery(start, lived.Writes.Gaps, true)
	t.Keeping.Name = servedElsewhere(lived, true)
	return t
}

// left is that an asker is no longer led to a region.
type left struct {
	at            time.Time
	asker, region string
}

// departures are the answers that stop naming a region, in order.
func departures(answers []chronicle.Answer) (all []left) {
	named := map[string][]string{} // by asker
	for _, a := range answers {
		for _, region := range named[a.Asker] {
			if !slices.Contains(a.Regions, region) {
				all = append(all, left{a.Time, a.Asker, region})
			}
		}
		named[a.Asker] = a.Regions
	}
	return all
}

// moved is the first departure after the first fault.
func moved(lived Lived) Time {
	var times []time.Time
	for _, d := range departures(lived.Seen.Answers) {
		times = append(times, d.at)
	}
	return first(times, lived.Outage.Start)
}

// servedElsewhere is when the last client that was served by a region that its answers left is served by another. It is
// never if there was none, and if one still is not.
func servedElsewhere(lived Lived, keeping bool) Time {
	start, last := lived.Outage.Start, Time{}
	gone := departures(lived.Seen.Answers)
	for _, at := range servedAtFirst(lived.Writes.Served, start) {
		leaving := func(d left) bool { return d.asker == at.Region && d.region == at.By && !d.at.Before(start) }
		if at.Keeps != keeping || !slices.ContainsFunc(gone, leaving) {
			continue
		}
		next := slices.IndexFunc(lived.Writes.Served, func(s workload.Served) bool {
			return s.Client == at.Client && s.By != at.By && !s.At.Before(start)
		})
		if next < 0 {
			return Time{}
		}
		last.Happened = true
		last.After = max(last.After, lived.Writes.Served[next].At.Sub(start))
	}
	return last
}

// servedAtFirst is by whom each client was served when it began.
func servedAtFirst(served []workload.Served, start time.Time) map[string]workload.Served {
	first := map[string]workload.Served{}
	for _, s := range served {
		if s.At.Before(start) {
			first[s.Client] = s
		}
	}
	return first
}

// back is when, after the last fault, everybody is led again where the name led at first; never if it has not moved.
func back(lived Lived) Time {
	led, since := map[string]chronicle.Answer{}, map[string]chronicle.Answer{} // by asker
	for _, a := range lived.Seen.Answers {
		if a.First {
			led[a.Asker] = a
		}
		since[a.Asker] = a
	}
	latest := Time{}
	for asker, now := range since {
		switch {
		case now.First:
		case !slices.Equal(now.Regions, led[asker].Regions):
			return Time{}
		default:
			latest.Happened = true
			latest.After = max(latest.After, now.Time.Sub(lived.Outage.End))
		}
	}
	return latest
}

// leastApart is the promise of the routing: at most one move in so long a time, and the way back counts as one.
const leastApart = 5 * time.Minute

// nameChecks are what holds in every rehearsal whose clients know a name.
func nameChecks(answers []chronicle.Answer) []Check {
	var none, hasty []string
	fit := map[string]chronicle.Answer{} // the last one of an asker while a region was fit
	moves := map[string]time.Time{}      // the last one of an asker
	for _, a := range answers {
		if len(a.Regions) == 0 {
			none = append(none, "in "+a.Asker)
		}
		if a.Forced { // nothing that routing has chosen
			continue
		}
		before, known := fit[a.Asker]
		fit[a.Asker] = a
		if !known || slices.Equal(before.Regions, a.Regions) {
			continue
		}
		if last, ok := moves[a.Asker]; ok && a.Time.Sub(last) < leastApart {
			hasty = append(hasty, fmt.Sprintf("in %s after %s", a.Asker, script.Short(a.Time.Sub(last))))
		}
		moves[a.Asker] = a.Time
	}
	return []Check{
		NewCheck("the name has an answer", "always", unless("always", "none ", none), len(none) == 0),
		NewCheck("moves are apart", "at least "+script.Short(leastApart), unless("yes", "again ", hasty), len(hasty) == 0),
	}
}

// unless is a word for nothing, or a list with another before it.
func unless(nothing, before string, texts []string) string {
	if len(texts) == 0 {
		return nothing
	}
	return before + strings.Join(texts, "; ")
}
