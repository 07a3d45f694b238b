//go:build browser

package console_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal"
	"aurora-dsql-dr/rehearsal/console"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/sandbox/logs"
)

const (
	// patience bounds each thing that has to come to pass on the page.
	patience = 3 * time.Minute
	// width and height of the screenshot in the README.
	width, height = 1600, 1000
)

// The outage of the primary region, lived through on the page with the keyboard alone: the deployed stack, its
// functions and alarms, in headless Chromium.
func TestAnOutageIsSeenToldAndEndedOnThePage(t *testing.T) {
	page := open(t, deploy(t))

	page.waits(`#status .tile[data-tone=good] .word`, "Up")
	page.waits(`.widget[data-type=text]`, "region lost")
	page.waits(`.widget[data-type=metric] canvas`, "")
	page.waits(`#alarms li[data-state=OK]`, "")

	page.tabTo("Take down us-east-1, the primary")
	page.press(kb.Enter)
	page.waits(`#map td[data-endpoint=us-east-1][data-observer=us-east-2][data-says=lost]`, "lost")
	page.waits(`#map td[data-endpoint=us-east-1][data-observer=us-west-2][data-says=lost]`, "lost")
	page.waits(`#map td[data-endpoint=us-east-1][data-observer=us-east-1][data-says=silent]`, "silent")
	page.waits(`#map td[data-endpoint=us-east-2][data-observer=us-west-2][data-says=up]`, "up")
	page.waits(`#inbox li[data-kind=alert][data-tone=bad]`, "DSQL LOST in us-east-1")
	page.waits(`#timeline li[data-kind=message]`, "DSQL LOST in us-east-1")
	page.waits(`#announce`, "DSQL LOST in us-east-1")
	page.screenshot(filepath.Join("docs", "console.png"))

	assert.Equal(
		t,
		"Bring back us-east-1, the primary",
		evaluate[string](page, `document.activeElement.getAttribute('aria-label')`),
		"the focus stays where it was",
	)
	page.press(kb.Enter)
	page.waits(`#inbox li[data-kind=alert][data-tone=good]`, "DSQL RESOLVED in us-east-1")
	page.waits(`#map td[data-endpoint=us-east-1][data-observer=us-east-2][data-says=up]`, "up")
	page.waits(`#faults .empty`, "Nothing is broken")

	assert.Equal(t, 403, evaluate[int](
		page,
		`fetch('/faults', {
				method: 'POST',
				headers: {'Content-Type': 'application/json'},
				body: '{"name":"witness-lost"}',
			}).then((r) => r.status)`,
	),
		"the token is missing")
	page.types(`#fault`, "endpoint-slow")
	page.types(`#parameter-latency`, "soon"+kb.Enter)
	page.waits(`#toasts .toast`, `parameter "latency" is "soon": want a duration`)
	page.stays()
}

// deploy deploys the stack with the shortest usual probe interval into a sandbox and opens its console.
func deploy(t *testing.T) string {
	t.Helper()
	t.Chdir(filepath.Join("..", "..")) // the program finds the functions from the project's directory
	s, err := stack.Start(t.Context(), sandbox.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	config := rehearsal.StackConfig(&script.Rehearsal{
		ProbeInterval: 5 * time.Second,
		Workload:      script.WorkloadApplication,
	})
	e, err := stack.Prepare(t.Context(), s, config)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close()) })
	result, err := e.Up(t.Context(), engine.Run{})
	require.NoError(t, err)
	outputs, err := stack.OutputsOf(result)
	require.NoError(t, err)
	monitors := outputs.MonitorFunctionNames
	for region, name := range monitors {
		awaitSchedule(t, s, region, name)
	}
	places := stack.Places()
	c, err := console.Start(console.Config{
		Account:  s.Account,
		Monitors: monitors,
		Faults:   fault.NewInjector(s, places),
		Regions:  [3]string{places["primary"], places["secondary"], places["witness"]},
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

// browser is a page in headless Chromium, with everything it asked for and everything that went wrong in it.
type browser struct {
	t   *testing.T
	ctx context.Context
	url string

	mu       sync.Mutex
	requests []string
	problems []string
}

func open(t *testing.T, url string) *browser {
	t.Helper()
	flags := append(
		slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.WindowSize(width, height),
		chromedp.Flag("disable-dev-shm-usage", true),
	)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), flags...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, url: url}
	require.NoError(t, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, enabled := cdp.Call(ctx, target, network.Enable, network.EnableParams{})
		_, emulated := cdp.Call(ctx, target, emulation.SetEmulatedMedia,
			emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
		return errors.Join(enabled, emulated)
	}), chromedp.EmulateViewport(width, height)))
	go note(
		b,
		chromedp.Events(ctx, network.RequestWillBeSent),
		&b.requests,
		func(e network.EventRequestWillBeSent) string { return e.Request.URL },
	)
	go note(
		b,
		chromedp.Events(ctx, runtime.ExceptionThrown),
		&b.problems,
		func(e runtime.EventExceptionThrown) string { return e.ExceptionDetails.Text },
	)
	b.do(chromedp.Navigate(url))
	return b
}

// note keeps what is worth it of each event.
func note[E any](b *browser, events iter.Seq2[E, error], list *[]string, text func(E) string) {
	for event, err := range events {
		if err != nil {
			return // the browser has ended
		}
		b.mu.Lock()
		*list = append(*list, text(event))
		b.mu.Unlock()
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, steps...))
}

func evaluate[T any](b *browser, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)
	return value
}

// waits returns when an element that matches the selector holds the text, in whatever case.
func (b *browser) waits(selector, text string) {
	b.t.Helper()
	expression := fmt.Sprintf(
		`[...document.querySelectorAll(%q)].some((e) => e.textContent.toLowerCase().includes(%q))`,
		selector,
		strings.ToLower(text),
	)
	for deadline := time.Now().Add(patience); !evaluate[bool](b, expression); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.screenshot(filepath.Join(b.t.ArtifactDir(), "failed.png"))
			require.Fail(
				b.t,
				"the page does not show it",
				"no %s with %q; the screenshot is in %s",
				selector,
				text,
				b.t.ArtifactDir(),
			)
		}
	}
}

func (b *browser) press(key string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(key))
}

// types enters a text into a field.
func (b *browser) types(selector, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// tabTo presses Tab until the control of that name has the focus; wherever the focus is, it can be seen.
func (b *browser) tabTo(name string) {
	b.t.Helper()
	const enough = 40
	for range enough {
		b.press(kb.Tab)
		focus := evaluate[[]string](
			b,
			`[document.activeElement.getAttribute('aria-label') ?? '', getComputedStyle(document.activeElement).outlineStyle]`,
		)
		assert.Equal(b.t, "solid", focus[1], "the focus can be seen")
		if focus[0] == name {
			return
		}
	}
	require.Fail(b.t, "Tab does not reach "+name)
}

func (b *browser) screenshot(file string) {
	b.t.Helper()
	image, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(file, image, 0o644))
}

// stays asserts that nothing went wrong on the page and that it asked nothing of any other host.
func (b *browser) stays() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	assert.Empty(b.t, b.problems)
	assert.NotEmpty(b.t, b.requests)
	for _, url := range b.requests {
		assert.True(b.t, strings.HasPrefix(url, b.url), "the page asked for %s", url)
	}
}
