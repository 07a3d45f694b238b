package claims

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Kind is a kind of things that claims make, each named after its run.
type Kind struct {
	Name string
	// USD is what AWS bills at most for one of them in a run, and Basis how that is made up.
	USD   float64
	Basis string
	// Shared is made once in a run, for all claims that need it.
	Shared bool

	// global is whether it is in no region.
	global bool
	// byID is whether its service names it, so that one whose creation was not answered has to be looked for.
	byID bool
	// list finds those that runs have made, by their names.
	list func(context.Context, aws.Config) ([]thing, error)
	// remove removes one, or has its service do so.
	remove func(context.Context, aws.Config, thing) error
	// left says what is left of one that was removed, "" for nothing; nil where removing is all.
	left func(context.Context, aws.Config, thing) (string, error)
}

// kinds are all.
var kinds = []*Kind{
	cluster, plan, vault, healthCheck, compositeAlarm, alarm, dashboard, metric, machine, function, schedule,
	scheduleGroup, rule, topic, queue, hostedZone, certificate, key,
}

// thing is one that was made, or is about to be. Its id is what its service calls it, "" if that is its name.
type thing struct{ name, id string }

// mark is the tag that has the name of what services name themselves.
const mark = "verify-aws"

// key is what its service calls it.
func (t thing) key() *string { return new(cmp.Or(t.id, t.name)) }

// PricesOf is the day of the prices in this package, and PricesBy where they are from.
const (
	PricesOf = "2026-11-29"
	PricesBy = "the public price list of each service, us-east-1, on demand, free tier left out"
)
