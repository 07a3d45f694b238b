package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/sns"
)

var update = flag.Bool("update", false, "write the golden files")

// post is an inbox to which messages come, each at a time since the start.
type post []struct {
	at      time.Duration
	message sns.Message
}

// from is the post as it comes from a moment on.
func (all post) from(start time.Time) inbox {
	return func(ctx context.Context, seen int) (messages []sns.Message, next int, err error) {
		if seen == len(all) {
			<-ctx.Done()
			return nil, seen, ctx.Err()
		}
		select {
		case <-time.After(time.Until(start.Add(all[seen].at))):
		case <-ctx.Done():
			return nil, seen, ctx.Err()
		}
		next = seen
		for next < len(all) && time.Since(start) >= all[next].at {
			messages = append(messages, all[next].message)
			next++
		}
		return messages, next, nil
	}
}

func notice(region, name, from, to string) sns.Message {
	return sns.Message{
		Region: region,
		Kind:   sns.KindAlarm,
		Body:   fmt.Sprintf(`{"AlarmName":%q,"OldStateValue":%q,"NewStateValue":%q}`, name, from, to),
	}
}

func alert(region, kind, subject string) sns.Message {
	return sns.Message{
		Region:     region,
		Kind:       sns.KindAlert,
		Subject:    subject,
		Attributes: map[string]string{contract.AttributeKind: kind, contract.AttributeRegion: "us-east-1"},
	}
}

// What serve says of how it is used stands there once, and what is no news in few lines below it.
func TestTheTerminalOfServe(t *testing.T) {
	const (
		lost   = "aurora-dsql-dr-sandbox-co4ybwqg-us-east-1-lost"
		silent = "primary-monitor-alarms-silent-f06b6de"
	)
	ways := access{
		Console: "http://127.0.0.1:4511/",
		SQL: map[string]string{
			"us-east-1": "PGHOST=a.dsql.us-east-1.on.aws PGPASSWORD=$(sandbox token a.dsql.us-east-1.on.aws) psql",
			"us-east-2": "PGHOST=b.dsql.us-east-2.on.aws PGPASSWORD=$(sandbox token b.dsql.us-east-2.on.aws) psql",
		},
		Name: map[string][]string{
			"us-east-1": {"dig @127.0.0.1 -p 4053 pay.example.com", "curl https://pay.example.com/totals"},
		},
		Environment: []string{"AWS_ENDPOINT_URL=http://127.0.0.1:4510", "AWS_REGION=us-east-1"},
		Examples:    []string{"aws dsql list-clusters"},

		EnvironmentFile: "/tmp/sandbox/environment",
	}
	begins := func(region, name string) sns.Message { return notice(region, name, "INSUFFICIENT_DATA", "OK") }
	messages := post{
		{0, sns.Message{Region: "us-east-1", Kind: sns.KindConfirmation}},
		{0, sns.Message{Region: "us-east-2", Kind: sns.KindConfirmation}},
		{10 * time.Second, begins("us-east-1", silent)},
		{10 * time.Second, begins("us-east-2", lost)},
		{70 * time.Second, begins("us-east-1", "c")},
		{70 * time.Second, begins("us-east-1", "d")},
		{5 * time.Minute, alert("us-west-2", contract.AlertOpened, "DSQL LOST in us-east-1: timeout (incident 1)")},
		{6 * time.Minute, notice("us-east-2", lost, "OK", "ALARM")},
		{6*time.Minute + 500*time.Millisecond, notice("us-east-2", silent, "OK", "ALARM")},
		{8 * time.Minute, notice("us-east-2", lost, "ALARM", "OK")},
		{9 * time.Minute, alert("us-west-2", contract.AlertResolved, "DSQL RESOLVED in us-east-1 after 4m (incident 1)")},
		{20 * time.Minute, begins("us-east-1", "a-new-alarm")},
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
		defer cancel()
		out := &output{}
		p := newPrinter(out)
		ways.show(p)
		followInbox(ctx, p, messages.from(time.Now()))
		golden(t, "serve.txt", out.String())
	})
}

// An outage before all has settled is told at once, and what is no news waits for its end.
func TestBadNewsIsNotHeldBack(t *testing.T) {
	messages := post{
		{0, sns.Message{Region: "us-east-1", Kind: sns.KindConfirmation}},
		{30 * time.Second, alert("us-west-2", contract.AlertOpened, "DSQL LOST in us-east-1")},
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		out := &output{}
		p := newPrinter(out)
		followInbox(ctx, p, messages.from(time.Now()))
		assert.Equal(t, ""+
			"  31.0s      ✘ us-west-2  DSQL LOST in us-east-1\n"+
			" 101.0s      · us-east-1  confirm your subscription\n", out.String())
	})
}

// golden holds a text against testdata/<name>; `go test ./rehearsal/cmd/sandbox -update` writes it.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run with -update to make it")
	assert.Equal(t, string(want), text)
}
