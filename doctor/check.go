package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// check is a question with its meaning.
type check struct {
	id    string
	asked string
	why   string
	do    string
	// local asks nothing of AWS.
	local bool
	// concerns tells whether the stack has what is asked about; nil is always.
	concerns func(s *stack) bool
	look     func(ctx context.Context, s *stack) []answer
}

// patience is how long one check may take, the slowest included; all are asked at the same time.
const patience = 50 * time.Second

// examine asks all checks that concern the stack at the same time, and returns what they found in the order of the
// checks. Progress is told how many have answered.
func examine(ctx context.Context, s *stack, checks []check, progress func(done, of int)) []Finding {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answers := make([][]answer, len(checks))
	var asking sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for i, c := range checks {
		asking.Go(func() {
			answers[i] = c.ask(ctx, s)
			mu.Lock()
			defer mu.Unlock()
			done++
			progress(done, len(checks))
		})
	}
	asking.Wait()
	var findings []Finding
	for i, c := range checks {
		findings = append(findings, c.findings(answers[i])...)
	}
	return findings
}

// errNobody is why AWS is asked nothing when nobody is known to ask.
var errNobody = errors.New("AWS knows nobody who asks: see credentials")

// ask looks, unless the stack has nothing of the kind. A mistake of the check's own is a finding like any other.
func (c check) ask(ctx context.Context, s *stack) (found []answer) {
	defer func() {
		if mistake := recover(); mistake != nil {
			found = []answer{unasked("", fmt.Errorf("the check itself failed: %v", mistake))}
		}
	}()
	switch {
	case c.concerns != nil && !c.concerns(s):
		return nil
	case s.stranger != nil && !c.local:
		return []answer{unasked("", errNobody)}
	default:
		return c.look(ctx, s)
	}
}

func (c check) findings(answers []answer) []Finding {
	var findings []Finding
	for _, a := range answers {
		findings = append(findings, Finding{
			ID:      c.id,
			Region:  a.region,
			Status:  a.status,
			Asked:   c.asked,
			Found:   a.found,
			Why:     c.why,
			Do:      c.do,
			Runbook: "docs/doctor.md#" + c.id,
		})
	}
	return findings
}

// inRegions asks the same of several regions at the same time; what fails in one is said of that one.
func inRegions(regions []string, look func(region string) ([]answer, error)) []answer {
	answers := make([][]answer, len(regions))
	var asking sync.WaitGroup
	for i, region := range regions {
		asking.Go(func() {
			found, err := look(region)
			if err != nil {
				found = []answer{unasked(region, err)}
			}
			answers[i] = found
		})
	}
	asking.Wait()
	var all []answer
	for _, found := range answers {
		all = append(all, found...)
	}
	return all
}

// one is a single answer, as look of inRegions gives several.
func one(a answer, err error) ([]answer, error) { return []answer{a}, err }
