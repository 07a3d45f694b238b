package main

import (
	"context"
	"fmt"
	"time"

	"aurora-dsql-dr/lambda/contract"
)

var incidents = check{
	id:    "incidents",
	asked: "Is no incident open?",
	why: "An endpoint that the observers hold for lost serves nobody, and a deployment fails until it is back. It is no " +
		"fault of the stack's: it warns, and fails nothing.",
	do: "docs/runbooks.md#region-lost. The observers close it when the endpoint serves again, and tell people.",
	look: func(ctx context.Context, s *stack) []answer {
		m, err := s.recall(ctx)
		if err != nil {
			return []answer{unasked("", err)}
		}
		return s.perRegion(m, func(region string) (warnings []answer) {
			for _, i := range m.incidents {
				if i.Region == region {
					warnings = append(warnings, warn(region, "%s", opened(i, time.Now())))
				}
			}
			return warnings
		})
	},
}

var withdrawals = check{
	id:    "withdrawals",
	asked: "Is no region withdrawn from traffic?",
	why: "The name leads nobody to a withdrawn region until its withdrawal ends, however well the region is. Somebody " +
		"has wanted it so: it warns, and fails nothing.",
	do:       "make return STACK=<stack> REGION=<region> ends it before its time; docs/runbooks.md#move-clients-by-hand.",
	concerns: hasTraffic,
	look: func(ctx context.Context, s *stack) []answer {
		m, err := s.recall(ctx)
		switch {
		case err != nil:
		case m.at.IsZero():
			err = fmt.Errorf("no observer could read the shared memory for %v: see incidents", s.spell())
		case m.withdrawals == nil:
			err = fmt.Errorf("the observer in %s read incidents at %s, but could not read withdrawals: the migration has not "+
				"run, or a grant is gone", m.observer, stamp(m.at))
		}
		if err != nil {
			return []answer{unasked("", err)}
		}
		return s.perRegion(m, func(region string) (warnings []answer) {
			for _, w := range m.withdrawals {
				if w.Region == region && w.Until.After(time.Now()) {
					warnings = append(warnings, warn(region, "withdrawn since %s until %s, by %s: %s", stamp(w.Since),
						stamp(w.Until), w.By, w.Reason))
				}
			}
			return warnings
		})
	},
}

// stale is how many schedules after a reading the next one is overdue: what a run has read is logged when it ends.
const stale = 2

// perRegion answers for each data region with what goes on there, or that nothing does, as who has read when.
func (s *stack) perRegion(m memory, warnings func(region string) []answer) (answers []answer) {
	for _, region := range s.data() {
		found := warnings(region)
		switch {
		case len(found) > 0:
			answers = append(answers, found...)
		case m.at.IsZero():
			answers = append(answers, unasked(region, fmt.Errorf("no observer could read the shared memory for %v", s.spell())))
		case time.Since(m.at) > stale*s.config.Monitor.Schedule:
			answers = append(answers, unasked(region, fmt.Errorf("none was when the observer in %s read at %s, and none has "+
				"read since: see observers", m.observer, stamp(m.at))))
		default:
			answers = append(answers, good(region, "none, as the observer in %s read at %s", m.observer, stamp(m.at)))
		}
	}
	return answers
}

// opened is an open incident in words: since when, why, and who told it.
func opened(i contract.OpenIncident, now time.Time) string {
	what := fmt.Sprintf("incident %d", i.Number)
	who := fmt.Sprintf("told by the observer in %s", i.OpenedBy)
	switch {
	case !i.Told:
		who = fmt.Sprintf("opened by the observer in %s, and NOBODY COULD BE TOLD YET", i.OpenedBy)
	case i.ConfirmedBy != "":
		who += ", confirmed by that in " + i.ConfirmedBy
	default:
		who += ", unconfirmed"
	}
	if i.Number == 0 {
		what = "an incident that no database has recorded"
	}
	return fmt.Sprintf("%s is open since %s, for %v: %s; %s", what, stamp(i.Since),
		now.Sub(i.Since).Round(time.Second), i.Reason, who)
}

// stamp is a time as people compare it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
