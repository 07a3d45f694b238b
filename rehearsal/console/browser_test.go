//go:build browser

package console_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal"
	"aurora-dsql-dr/rehearsal/console"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/internal/browser"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/sandbox/logs"
)

const (
	// patience bounds each thing that has to come to pass on the page.
	patience = 3 * time.Minute
	// width and height of the screenshot in the README.
	width, height = 1600, 1000
	// hastened is how many times faster a recovery point is made here.
	hastened = 60
)

// The outage of the primary region, lived through on the page with the keyboard alone: the deployed stack, its
// functions and alarms, in headless Chromium.
func TestAnOutageIsSeenToldAndEndedOnThePage(t *testing.T) {
	url := deploy(t)
	page := browser.Open(t, url, browser.Window{Width: width, Height: height, Dark: true})
	beside := browser.Open(t, url, browser.Windows[0])

	page.Waits(`#status .tile[data-tone=good] .word`, "Up")
	page.Waits(`.widget[data-type=text]`, "region lost")
	page.Waits(`.widget[data-type=metric] canvas`, "")
	page.Waits(`#alarms li[data-state=OK]`, "")
	page.Waits(`#name td[data-asker=us-east-1][data-leads=us-east-1]`, "us-east-1")
	page.Waits(`#name td[data-asker=us-east-2][data-leads=us-east-2]`, "us-east-2")
	page.Waits(`#backups td[data-twin=us-east-1]`, "in us-east-2")
	page.Waits(`#backups td[data-test=us-east-2]`, "none yet")
	beside.FitsAll("before")

	page.TabTo("Take down us-east-1, the primary")
	page.Press(kb.Enter)
	page.Waits(`#map td[data-endpoint=us-east-1][data-observer=us-east-2][data-says=lost]`, "lost")
	page.Waits(`#map td[data-endpoint=us-east-1][data-observer=us-west-2][data-says=lost]`, "lost")
	page.Waits(`#map td[data-endpoint=us-east-1][data-observer=us-east-1][data-says=silent]`, "silent")
	page.Waits(`#map td[data-endpoint=us-east-2][data-observer=us-west-2][data-says=up]`, "up")
	page.Waits(`#inbox li[data-kind=alert][data-tone=bad]`, "DSQL LOST in us-east-1")
	page.Waits(`#timeline li[data-kind=message]`, "DSQL LOST in us-east-1")
	page.Waits(`#announce`, "DSQL LOST in us-east-1")
	page.Waits(`#name td[data-asker=us-east-1][data-leads=us-east-2]`, "us-east-2")
	page.Waits(`#name td[data-fit=us-east-1][data-tone=bad]`, "unfit")
	page.Waits(`#timeline li[data-kind=name]`, "pay.example.com leads to us-east-2 for us-east-1")
	page.Waits(`#map td[data-cluster=us-east-1]`, "unknown")
	page.Waits(`#status .tile[data-kind=alarms]:not([data-tone=good])`, "not evaluated")
	page.Waits(`.widget .note`, "not published by the sandbox")
	page.Waits(`#backups td[data-newest=us-east-1]`, "unknown")
	page.Waits(`#backups td[data-vault=us-east-2]`, "1 of its own, 1 copy")
	page.Waits(`#backups td[data-twin=us-east-2]`, "unknown")
	page.Screenshot(filepath.Join("docs", "console.png"))
	beside.FitsAll("outage")

	assert.Equal(
		t,
		"Bring back us-east-1, the primary",
		browser.Evaluate[string](page, `document.activeElement.getAttribute('aria-label')`),
		"the focus stays where it was",
	)
	page.Press(kb.Enter)
	page.Waits(`#inbox li[data-kind=alert][data-tone=good]`, "DSQL RESOLVED in us-east-1")
	page.Waits(`#map td[data-endpoint=us-east-1][data-observer=us-east-2][data-says=up]`, "up")
	page.Waits(`#faults .empty`, "Nothing is broken")
	beside.FitsAll("after")
	beside.Stays()

	assert.True(t, browser.Evaluate[bool](page, `(() => {
		const words = document.querySelector('#timeline .detail summary');
		const cut = () => words.scrollHeight > words.clientHeight + 1;
		const before = cut();
		words.click();
		return before && !cut();
	})()`), "what an observer says is told in full once it is opened")
	assert.Equal(t, 403, browser.Evaluate[int](
		page,
		`fetch('/faults', {
				method: 'POST',
				headers: {'Content-Type': 'application/json'},
				body: '{"name":"witness-lost"}',
			}).then((r) => r.status)`,
	),
		"the token is missing")
	page.Types(`#fault`, "endpoint-slow")
	page.Types(`#parameter-latency`, "soon"+kb.Enter)
	page.Waits(`#toasts .toast`, `parameter "latency" is "soon": want a duration`)
	page.Stays()
}

// deploy deploys the stack with the shortest usual probe interval into a sandbox and opens its console.
func deploy(t *testing.T) string {
	t.Helper()
	t.Chdir(filepath.Join("..", "..")) // the program finds the functions from the project's directory
	s, err := stack.Start(t.Context(), sandbox.Options{Backup: backup.Measured.Faster(hastened)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	config, err := rehearsal.StackConfig(s, &script.Rehearsal{
		ProbeInterval: 5 * time.Second,
		Workload:      script.WorkloadName,
		Backups:       true,
	})
	require.NoError(t, err)
	e, err := stack.Prepare(t.Context(), s, config)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close()) })
	result, err := e.Up(t.Context(), engine.Run{})
	require.NoError(t, err)
	outputs, err := stack.OutputsOf(result)
	require.NoError(t, err)
	for _, region := range []string{"us-east-1", "us-east-2"} {
		_, err = stack.BackUp(t.Context(), s, outputs, region)
		require.NoError(t, err)
	}
	monitors := outputs.MonitorFunctionNames
	for region, name := range monitors {
		awaitSchedule(t, s, region, name)
	}
	places := stack.Places()
	c, err := console.Start(console.Config{
		Account:  s.Account,
		Monitors: monitors,
		Clusters: outputs.ClusterARNs,
		Domain:   outputs.TrafficDomain,
		Backups: console.Backups{
			Vaults:   outputs.BackupVaultNames,
			Machines: outputs.RestoreTestMachineARNs,
		},
		Faults:  fault.NewInjector(s, places),
		Regions: [3]string{places["primary"], places["secondary"], places["witness"]},
	}, "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	return c.URL
}

// awaitSchedule returns when the observer's schedule has begun: its second run, after the first check of the
// deployment.
func awaitSchedule(t *testing.T, s *sandbox.Sandbox, region, name string) {
	t.Helper()
	f, err := s.Account.Region(region).Lambda.Function(name)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	runs := 0
	require.NoError(t, s.Account.Region(region).Logs.Tail(ctx, f.Logging.LogGroup, func(e logs.Event) {
		if strings.Contains(e.Message, "platform.start") {
			runs++
		}
		if runs > 1 {
			cancel()
		}
	}))
	require.Greater(t, runs, 1, "the schedule in %s has not begun", region)
}
