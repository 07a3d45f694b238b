package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/outbox"
)

// crash is the step after which a publisher's process dies.
type crash int

const (
	never crash = iota
	beforeClaim
	afterClaim
	afterPut
	afterMark
)

var crashes = []crash{never, beforeClaim, afterClaim, afterPut, afterMark}

func (c crash) String() string {
	return [...]string{"no crash", "crash before claim", "crash after claim", "crash after put", "crash after mark"}[c]
}

var errCrash = errors.New("the process died")

// process is a publisher's: dead, it does nothing any more.
type process struct {
	outbox.Rows
	at   crash
	mu   sync.Mutex // catching up calls PutEvents several times at once
	dead bool
}

func (p *process) step(done crash) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = p.dead || p.at == done
	if p.dead {
		return errCrash
	}
	return nil
}

// alive is a step after which nobody dies.
func (p *process) alive() error { return p.step(-1) }

func (p *process) claim(claim func() ([]outbox.Event, error)) ([]outbox.Event, error) {
	if err := p.step(beforeClaim); err != nil {
		return nil, err
	}
	events, err := claim()
	return events, errors.Join(err, p.step(afterClaim))
}

func (p *process) ClaimIDs(ctx context.Context, ids []string) ([]outbox.Event, error) {
	return p.claim(func() ([]outbox.Event, error) { return p.Rows.ClaimIDs(ctx, ids) })
}

func (p *process) ClaimDue(ctx context.Context, limit int) ([]outbox.Event, error) {
	return p.claim(func() ([]outbox.Event, error) { return p.Rows.ClaimDue(ctx, limit) })
}

func (p *process) Mark(ctx context.Context, ids []string) error {
	if err := p.alive(); err != nil {
		return err
	}
	return errors.Join(p.Rows.Mark(ctx, ids), p.step(afterMark))
}

func (p *process) client(alive client) client {
	return func(entries []types.PutEventsRequestEntry) ([]types.PutEventsResultEntry, error) {
		if err := p.alive(); err != nil {
			return nil, err
		}
		results, err := alive(entries)
		return results, errors.Join(err, p.step(afterPut))
	}
}

// Every committed transaction is told of, and counted once, wherever the processes die: the one that was invoked after
// the commit, a scheduled one of either region after it, and whichever region is left to finish.
func TestNoCrashLosesOrDoublesAnEvent(t *testing.T) {
	w := newWorld(t)
	regions := []string{apptest.East, apptest.Ohio}
	eventsOf := map[string]string{}
	for _, first := range crashes {
		for _, second := range crashes {
			for _, scheduled := range regions {
				for _, survivor := range regions {
					name := fmt.Sprintf("written in %s, %v; %s: %v; %s finishes", regions[0], first, scheduled, second, survivor)
					id := w.write(regions[0])
					eventsOf[id] = name
					err := w.publisher(regions[0], first).Run(t.Context(), contract.PublishEvent{IDs: []string{id}})
					require.Equal(t, first != never, errors.Is(err, errCrash), "%s: %v", name, err)
					w.pass(takeover)
					err = w.publisher(scheduled, second).Run(t.Context(), contract.PublishEvent{})
					if second == never {
						require.NoError(t, err, name)
					}
					w.pass(lease)
					require.NoError(t, w.publisher(survivor, never).Run(t.Context(), contract.PublishEvent{}), name)
				}
			}
		}
	}
	for id, name := range eventsOf {
		assert.GreaterOrEqual(t, w.delivered[id], 1, "lost: %s", name)
		assert.LessOrEqual(t, w.delivered[id], 3, "more than a crash explains: %s", name)
	}
	assert.Len(t, w.delivered, w.written, "an event of nothing")
	assert.Equal(t, []string{"0"}, w.Column(t, "SELECT count(*)::text FROM app.outbox WHERE sent_at IS NULL"))
	assert.Equal(t,
		w.Column(t, "SELECT region || ' ' || count(*) || ' ' || sum(amount) FROM app.transaction GROUP BY region"),
		w.Column(t, "SELECT region || ' ' || count(*) || ' ' || sum(amount) FROM app.projection GROUP BY region"),
		"the projection is exact")
	count, err := w.ledgers[apptest.East].Count(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, w.written, count)
}
