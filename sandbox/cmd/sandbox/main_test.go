package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
	"aurora-dsql-dr/sandbox/sns"
)

// output is a writer that several goroutines write to.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func TestACommandLineThatSaysNothingIsAnsweredWithTheUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"deploy"}, {"demo", "now"}, {"demo", "-address", "127.0.0.1:0"}, {"serve", "-port", "1"}} {
		assert.ErrorIs(t, run(t.Context(), &output{}, args), errUsage, "%q", args)
	}
}

func TestTheSandboxEndsOnEveryWayOut(t *testing.T) {
	t.Setenv("TMPDIR", postgrestest.ReachableDir(t))
	failed := errors.New("deployment failed")
	ways := map[string]func(context.CancelFunc) error{
		"success":     func(context.CancelFunc) error { return nil },
		"failure":     func(context.CancelFunc) error { return failed },
		"interrupted": func(interrupt context.CancelFunc) error { interrupt(); return context.Canceled },
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			out := &output{}
			err := inSandbox(ctx, newPrinter(out), sandbox.Options{Template: postgrestest.Template(t)}, func(context.Context, *printer, *sandbox.Sandbox) error { return way(interrupt) })
			assert.Equal(t, name == "success", err == nil, err)
			assert.Contains(t, out.String(), "AWS API at http://127.0.0.1:")
			left, err := filepath.Glob(filepath.Join(os.TempDir(), "aurora-dsql-dr-sandbox-*"))
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

func TestAPageIsAFailureOfTheDemonstration(t *testing.T) {
	out := &output{}
	quiet := []sns.Message{
		{Region: "us-east-1", Kind: sns.KindConfirmation},
		{Region: "us-east-1", Kind: sns.KindAlarm, Subject: `OK: "errors" in US East`},
		{Region: "us-east-1", Kind: sns.KindEvent, Body: `"UpdateCluster on Aurora DSQL in us-east-1 by arn at 10:00"`},
	}
	require.NoError(t, showInbox(newPrinter(out), quiet))
	assert.Contains(t, out.String(), "UpdateCluster on Aurora DSQL in us-east-1")
	assert.Contains(t, out.String(), "nobody was paged")
	for _, page := range []sns.Message{{Kind: sns.KindAlarm, Subject: `ALARM: "errors"`}, {Kind: sns.KindAlert, Subject: "us-east-1 down"}} {
		assert.ErrorContains(t, showInbox(newPrinter(out), append(quiet, page)), page.Subject)
	}
}

func TestTheTableOfVerdicts(t *testing.T) {
	up := contract.TargetHealth{Region: "us-east-2", Verdict: "up", ConnectMillis: 12.34, QueryMillis: 1, CommitMillis: 2, MarkerAgeSeconds: 0.52}
	assert.Equal(t, []string{"us-east-1", "us-east-2", "up", "12.3 ms", "1.0 ms", "2.0 ms", "0.5 s"}, row("us-east-1", up))
	assert.Equal(t, "down (connect)", row("us-east-1", contract.TargetHealth{Verdict: "down", Reason: "connect"})[2])
}

func TestProgressSaysHowFarItIsAndAtWhat(t *testing.T) {
	out := &output{}
	d := &deployment{p: newPrinter(out)}
	d.step(engine.Step{Name: "alerts", Op: "create", State: engine.Started})
	d.step(engine.Step{Name: "database", Op: "create", State: engine.Started})
	assert.Equal(t, "0 resources done, at alerts, database", d.progress())
	d.step(engine.Step{Name: "alerts", Op: "create", State: engine.Finished})
	assert.Empty(t, out.String(), "an ordinary resource gets no line")
	d.step(engine.Step{Name: "database", Type: "aws:dsql/cluster:Cluster", Op: "create", State: engine.Finished})
	assert.Equal(t, "2 resources done, saving the state", d.progress())
	assert.Contains(t, out.String(), "created  database")
	assert.Equal(t, "2 created, 1 unchanged", counts(engine.Result{Counts: map[string]int{"create": 2, "same": 1}}))
}
