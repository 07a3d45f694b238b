package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/internal/input"
	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/stacks"
)

const (
	actWithdraw = "withdraw"
	actReturn   = "return"
)

// request is what the command line asks for.
type request struct {
	act, stack, region, by string
	lasts, reason          string // of a withdrawal
}

// check tells all that is wrong with the request itself, whatever the stack is.
func (r request) check() error {
	var problems []error
	refuse := func(what, value, accepted string) { problems = append(problems, input.Refusal(what, value, accepted)) }
	if strings.TrimSpace(r.by) == "" {
		refuse("BY", r.by, "who does it: people are told")
	}
	if r.act == actWithdraw {
		lasts, err := time.ParseDuration(r.lasts)
		if err != nil || lasts <= 0 || lasts > contract.MaxWithdrawal {
			refuse("FOR", r.lasts, fmt.Sprintf("how long, such as 90m or 2h, up to %v: every withdrawal ends",
				contract.MaxWithdrawal))
		}
		if strings.TrimSpace(r.reason) == "" {
			refuse("REASON", r.reason, "why: people are told")
		}
	}
	return errors.Join(problems...)
}

// event is the request as the health check takes it. The error has everything that is wrong with it; what depends on
// the database is left to the function.
func (r request) event(outputs stacks.Outputs, now time.Time) (contract.CheckEvent, error) {
	if len(outputs.TrafficRegionalDomains) == 0 {
		return contract.CheckEvent{}, fmt.Errorf(
			"stack %s routes no traffic: there is nothing to withdraw a region from (docs/traffic.md says how to set it up)",
			r.stack)
	}
	problems := r.check()
	if _, routed := outputs.TrafficRegionalDomains[r.region]; !routed {
		regions := slices.Sorted(maps.Keys(outputs.TrafficRegionalDomains))
		problems = errors.Join(input.Refusal("REGION", r.region, strings.Join(regions, " or ")), problems)
	}
	if r.act == actReturn {
		return contract.CheckEvent{Return: &contract.Return{Region: r.region, By: r.by}}, problems
	}
	lasts, _ := time.ParseDuration(r.lasts) // checked
	return contract.CheckEvent{Withdraw: &contract.Withdraw{
		Region: r.region,
		Until:  now.Add(lasts).UTC(),
		Reason: r.reason,
		By:     r.by,
	}}, problems
}

// tell says what was done, and what to expect.
func (r request) tell(out io.Writer, w contract.Withdrawal) error {
	said := fmt.Sprintf("%s is returned to traffic. Its name answers with it again when the hold of %v is over.\n",
		w.Region, contract.TrafficHold)
	if r.act == actWithdraw {
		said = fmt.Sprintf(
			"%s is withdrawn until %s. Clients that know the name leave it within three minutes.\n"+
				"Before that time: make return STACK=%s REGION=%s\n",
			w.Region, w.Until.UTC().Format("2006-01-02 15:04:05 UTC"), r.stack, w.Region)
	}
	if w.Untold != "" {
		said += "NOBODY COULD BE TOLD: " + w.Untold + "\n"
	}
	_, err := io.WriteString(out, said)
	return err
}
