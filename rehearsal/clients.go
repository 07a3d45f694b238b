package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/rehearsal/workload"
)

// clients are the workload while a rehearsal is held. They are stopped once; asked again they say the same.
type clients struct {
	load    *workload.Workload
	stopped bool
	writes  workload.Result
	unread  error
}

// system is what the clients write to.
func (r *run) system(ctx context.Context) (workload.System, error) {
	if r.plan.Workload == script.WorkloadSQL {
		return workload.PrepareDatabase(ctx, r.Sandbox)
	}
	token, err := stack.TokenFor(r.Sandbox, r.Outputs)
	if err != nil {
		return nil, err
	}
	application, err := workload.PrepareApplication(r.Sandbox, r.Outputs.TransactionAPIURLs, token)
	if err != nil || r.plan.Workload == script.WorkloadApplication {
		return application, err
	}
	return workload.PrepareNamed(r.Sandbox, application, r.Outputs.TrafficDomain)
}

func (r *run) startClients(system workload.System) *clients {
	places := stack.Places()
	opts := workload.Options{
		Clock:   r.Sandbox.Clock,
		Dial:    system.Dial,
		Regions: [2]string{places["primary"], places["secondary"]},
		Report:  func(n workload.Notice) { r.seen.Add(noticed(n)) },
	}
	if r.plan.Workload == script.WorkloadName {
		opts.Name, opts.Keeping = r.Outputs.TrafficDomain, 1
	}
	return &clients{load: workload.Start(opts)}
}

// stop ends the clients and looks for what they were promised; the error is why that could not be read.
func (c *clients) stop(ctx context.Context) (workload.Result, error) {
	if !c.stopped {
		c.stopped = true
		c.unread = within(ctx, stopping, func(ctx context.Context) (err error) {
			c.writes, err = c.load.Stop(ctx)
			return err
		})
	}
	return c.writes, c.unread
}

// noticed is what a client noticed.
func noticed(n workload.Notice) chronicle.Entry {
	tone, text := chronicle.Note, "served by "+n.Endpoint
	switch {
	case n.Err != nil:
		tone = chronicle.Bad
		text = fmt.Sprintf("refused by %s: %s", n.Endpoint, reason(n.Err))
	case n.Recovered:
		tone = chronicle.Good
		text += " after " + script.Short(n.Time.Sub(n.Since))
	}
	return chronicle.Entry{
		Time:   n.Time,
		Source: chronicle.Client,
		Tone:   tone,
		Lane:   "client " + n.Client,
		Text:   text,
		Title:  text,
	}
}

// reason is why a client was refused, in one line.
func reason(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	default:
		return strings.Join(strings.Fields(err.Error()), " ")
	}
}
