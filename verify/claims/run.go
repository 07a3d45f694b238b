package claims

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Longest is how long a run may last, cleaning up included. What another run has made is left alone for as long.
const Longest = 2 * time.Hour

// Options are what a run needs. All but SQL are required.
type Options struct {
	// Config has the credentials; the run sets the region.
	Config  aws.Config
	Account string
	// Regions are of one region set: two for data, and the witness.
	Regions [3]string
	// SQL is where the SQL endpoints of a region listen, as ip:port; nil, or "", is as DNS says.
	SQL func(region string) string
	// Docs has the pages of docs.
	Docs fs.FS
	// Say shows progress.
	Say func(format string, values ...any)
	// Interval is the time between two looks at something that changes.
	Interval time.Duration
}

// Run asks claims in one account. Create it with New and end it with Clean.
type Run struct {
	Options
	// ID names what the run makes: prefix, the minute in UTC, four letters drawn by lot.
	ID string

	made []*made
	lone once[*aCluster]
	pair once[[2]*aCluster]
}

// made is a thing that the run has made, or was about to make, and in which region.
type made struct {
	thing
	kind   *Kind
	region string
	// there is whether its service has said that it was made.
	there bool
}

// prefix begins the name of everything that runs make.
const prefix = "verify-aws-"

const minute = "200601021504"

var runID = regexp.MustCompile(`^` + prefix + `(\d{12})-[a-z0-9]{4}`)

// New begins a run.
func New(o Options, now time.Time) *Run {
	lot := strings.ToLower(rand.Text()[:4])
	return &Run{Options: o, ID: prefix + now.UTC().Format(minute) + "-" + lot}
}

// beginning is when the run began that has made something of this name, and which it was; false for what no run has
// made.
func beginning(name string) (id string, at time.Time, ok bool) {
	found := runID.FindStringSubmatch(name)
	if found == nil {
		return "", time.Time{}, false
	}
	at, err := time.Parse(minute, found[1])
	return found[0], at, err == nil
}

// Ask asks a claim. What it makes stays until Clean.
func (r *Run) Ask(ctx context.Context, claim Claim) Finding {
	began, before := time.Now(), len(r.made)
	c := &Case{Context: ctx, run: r}
	if err := ctx.Err(); err != nil {
		c.failed("the run", context.Cause(ctx))
	} else if err := claim.ask(c); err != nil {
		c.failed("", err)
	}
	for _, end := range c.ends {
		end()
	}
	var made []*Kind
	for _, m := range r.made[before:] {
		if m.there {
			made = append(made, m.kind)
		}
	}
	return Finding{
		Claim:   claim,
		Verdict: c.verdict(),
		Seen:    c.seen,
		Differs: c.differs,
		Unasked: c.unasked,
		Made:    made,
		Took:    time.Since(began),
	}
}

// config is the SDK's configuration for a region.
func (r *Run) config(region string) aws.Config {
	config := r.Config.Copy()
	config.Region = region
	return config
}

// make makes a thing under the run's name with an ending. How it is removed is noted before, so that no interruption
// leaves it. Create returns what its service calls it.
func (r *Run) make(kind *Kind, region, ending string, create func(name string) (id string, err error)) (string, error) {
	m := &made{thing: thing{name: r.ID + "-" + ending}, kind: kind, region: region}
	r.made = append(r.made, m)
	id, err := create(m.name)
	switch {
	case err == nil:
		m.id, m.there = id, true
	case saysThere(err):
		err = unaskable{err}
	case isRefusal(err):
		r.made = r.made[:len(r.made)-1]
	}
	return id, err
}

// await looks at something until it is as it should be, for limit at most, and shows what it sees.
func (r *Run) await(
	ctx context.Context, what string, limit time.Duration, look func() (state string, done bool, err error),
) error {
	began, said, shown := time.Now(), "", time.Time{}
	for {
		state, done, err := look()
		if err != nil || done {
			return err
		}
		if state != said || time.Since(shown) > time.Minute {
			r.Say("  %s: %s, after %s of at most %s", what, state, time.Since(began).Round(time.Second), limit)
			said, shown = state, time.Now()
		}
		if time.Since(began) > limit {
			return unaskable{fmt.Errorf("%s: %s after %s", what, state, limit)}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(r.Interval):
		}
	}
}

// unaskable is an error after which a claim cannot be asked, whatever is in it.
type unaskable struct{ error }

func (u unaskable) Unwrap() error { return u.error }
