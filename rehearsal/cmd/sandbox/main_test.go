package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
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

// The test's own program is the sandbox for those who ask it for a token.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "token" {
		main()
	}
	os.Exit(m.Run())
}

func TestACommandLineThatSaysNothingIsAnsweredWithTheUsage(t *testing.T) {
	for _, args := range [][]string{
		nil,
		{"deploy"},
		{"demo", "now"},
		{"demo", "-address", "127.0.0.1:0"},
		{"serve", "-port", "1"},
		{"detect", "now"},
		{"token"},
		{"token", "-in"},
		{"token", "host", "user"},
	} {
		assert.ErrorIs(t, run(t.Context(), &output{}, args), errUsage, "%q", args)
	}
}

func TestTheExitStatusSaysHowItEnded(t *testing.T) {
	failed := errors.New("deployment failed")
	for _, c := range []struct {
		interrupted bool
		err         error
		status      int
		says        string
	}{
		{false, nil, 0, ""},
		{false, failed, 1, "failed: deployment failed"},
		{false, errUsage, 2, "usage: sandbox demo"},
		{true, nil, 0, "interrupted; nothing is left behind"},
		{true, failed, 130, "interrupted; nothing is left behind"},
	} {
		out := &output{}
		assert.Equal(t, c.status, end(out, c.interrupted, c.err))
		assert.Contains(t, out.String(), c.says)
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
			err := inSandbox(ctx, newPrinter(out), sandbox.Options{
				Template: postgrestest.Template(t),
			}, func(context.Context, *printer, *sandbox.Sandbox) error { return way(interrupt) })
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
		{
			Region:  "us-east-1",
			Kind:    sns.KindAlarm,
			Subject: `OK: "errors" in US East`,
			Body:    `{"AlarmName":"errors","OldStateValue":"INSUFFICIENT_DATA","NewStateValue":"OK"}`,
		},
		{Region: "us-east-1", Kind: sns.KindEvent, Body: `"UpdateCluster on Aurora DSQL in us-east-1 by arn at 10:00"`},
	}
	require.NoError(t, showInbox(newPrinter(out), quiet))
	assert.Contains(t, out.String(), "UpdateCluster on Aurora DSQL in us-east-1")
	assert.Contains(t, out.String(), "nobody was paged")
	for _, page := range []sns.Message{
		{Kind: sns.KindAlarm, Subject: `ALARM: "errors"`, Body: `{"NewStateValue":"ALARM"}`},
		{Kind: sns.KindAlarm, Subject: "in no known form"},
		{Kind: sns.KindAlert, Subject: "us-east-1 down"},
	} {
		assert.ErrorContains(t, showInbox(newPrinter(out), append(quiet, page)), page.Subject)
	}
}

func TestTheTableOfVerdicts(t *testing.T) {
	up := contract.TargetHealth{
		Region:           "us-east-2",
		Verdict:          "up",
		ConnectMillis:    12.34,
		QueryMillis:      1,
		CommitMillis:     2,
		MarkerAgeSeconds: 0.52,
	}
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
	d.step(engine.Step{
		Name:  "database",
		Type:  "aws:dsql/cluster:Cluster",
		Op:    "create",
		State: engine.Finished,
	})
	assert.Equal(t, "2 resources done, waiting for the engine", d.progress())
	assert.Contains(t, out.String(), "created  database")
	assert.Equal(t, "2 created, 1 unchanged", counts(engine.Result{Counts: map[string]int{"create": 2, "same": 1}}))
}

// Ctrl-C is how the sandbox ends, and make has no error to tell of, whether the sandbox is up or still on its way.
func TestCtrlCOfMakeSandboxIsNoError(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join("..", "..", "..", "Makefile"))
	require.NoError(t, err)
	_, recipe, found := strings.Cut(string(makefile), "\n\t@build/bin/sandbox serve")
	require.True(t, found)
	recipe, _, _ = strings.Cut(recipe, "\n")
	for status, fails := range map[string]bool{"0": false, "130": false, "1": true} {
		file := filepath.Join(t.TempDir(), "Makefile")
		require.NoError(t, os.WriteFile(file, []byte("sandbox:\n\t@(exit "+status+")"+recipe+"\n"), 0o600))
		cmd := exec.CommandContext(t.Context(), "make", "-f", file)
		cmd.Env = append(os.Environ(), "MAKEFLAGS=", "MAKELEVEL=") // make test has some of its own
		said, err := cmd.CombinedOutput()
		assert.Equal(t, fails, err != nil, "%s: %s", status, said)
		assert.Equal(t, fails, len(said) > 0, "%s: %s", status, said)
	}
}
