package claims

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Case is one asking of a claim: it makes the calls, and collects what they were answered. Its context is the run's.
type Case struct {
	context.Context
	run *Run

	seen, differs, unasked []string
	ends                   []func()
}

// atEnd has something done when the claim has been asked.
func (c *Case) atEnd(f func()) { c.ends = append(c.ends, f) }

// verdict is what follows from all answers. One that differs settles the claim, and one that is not known leaves it
// open.
func (c *Case) verdict() Verdict {
	switch {
	case len(c.differs) > 0:
		return Differs
	case len(c.unasked) > 0 || len(c.seen) == 0:
		return NotAsked
	default:
		return AsClaimed
	}
}

// primary and secondary are the SDK's configurations for the data regions.
func (c *Case) primary() aws.Config   { return c.run.config(c.run.Regions[0]) }
func (c *Case) secondary() aws.Config { return c.run.config(c.run.Regions[1]) }

// make makes a thing in a region.
func (c *Case) make(
	kind *Kind, config aws.Config, ending string, create func(name string) (id string, err error),
) (string, error) {
	return c.run.make(kind, config.Region, ending, create)
}

// failed notes a call that failed, of which nothing is claimed: a refusal is an answer that differs.
func (c *Case) failed(call string, err error) {
	said := strings.TrimPrefix(call+": "+sentence(err), ": ")
	if isAnswer(err) {
		c.differs = append(c.differs, said)
		return
	}
	c.unasked = append(c.unasked, said)
}

// refused wants a call to be refused with a code, and with all of these words in the message.
func (c *Case) refused(call string, err error, code string, words ...string) {
	if err == nil {
		c.differs = append(c.differs, fmt.Sprintf("%s: accepted; claimed is %s", call, code))
		return
	}
	got, message := codeOf(err)
	if got == code && containsAll(message, words) {
		c.seen = append(c.seen, call+": "+sentence(err))
		return
	}
	if !isAnswer(err) {
		c.failed(call, err)
		return
	}
	claimed := strings.Join(append([]string{code}, words...), ", ")
	c.differs = append(c.differs, fmt.Sprintf("%s: %s; claimed is %s", call, sentence(err), claimed))
}

// keyLimit is how long services may go on with a key that was disabled (KMS Developer Guide, "AWS KMS eventual
// consistency"; SNS keeps data keys for five minutes).
const keyLimit = 10 * time.Minute

// refusedSoon wants a call to be refused once a key's new state is in force, and waits for that.
func (c *Case) refusedSoon(call string, try func() error, code string) error {
	var refusal error
	err := c.await(call, keyLimit, func() (string, bool, error) {
		refusal = try()
		return "accepted", refusal != nil, nil
	})
	if refusal == nil && c.Err() != nil {
		return err
	}
	c.refused(call, refusal, code)
	return nil
}

func containsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// accepted wants a call to be answered. It reports whether it was.
func (c *Case) accepted(call string, err error) bool {
	if err != nil {
		c.failed(call, err)
		return false
	}
	c.seen = append(c.seen, call+": accepted")
	return true
}

// is wants an answer to be this one.
func (c *Case) is(what string, got, claimed any) {
	c.holds(what, got, fmt.Sprint(got) == fmt.Sprint(claimed), claimed)
}

// holds wants something of an answer, which it says in words.
func (c *Case) holds(what string, got any, ok bool, claimed any) {
	if ok {
		c.seen = append(c.seen, fmt.Sprintf("%s: %v", what, got))
		return
	}
	c.differs = append(c.differs, fmt.Sprintf("%s: %v; claimed is %v", what, got, claimed))
}

// short is how long a claim waits for what AWS does in seconds.
const short = 2 * time.Minute

// await looks at something until it is as it should be.
func (c *Case) await(what string, limit time.Duration, look func() (state string, done bool, err error)) error {
	return c.run.await(c, what, limit, look)
}

// arn names a resource of the account.
func (c *Case) arn(service, region, resource string) string {
	return "arn:aws:" + service + ":" + region + ":" + c.run.Account + ":" + resource
}

// noRole is the ARN of a role that is not there.
func (c *Case) noRole() string { return c.arn("iam", "", "role/"+c.run.ID) }
