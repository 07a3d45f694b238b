//go:build browser

// Package browser shows pages in headless Chromium, for tests.
package browser

import (
	"context"
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
)

// patience bounds each thing that has to come to pass on a page.
const patience = 3 * time.Minute

// Page is a page in headless Chromium, with everything it asked for and everything that went wrong in it.
type Page struct {
	t   *testing.T
	ctx context.Context
	url string

	mu       sync.Mutex
	requests []string
	problems []string
}

// Window is what a page is opened in.
type Window struct {
	Width, Height int64
	// Dark is the preferred colour scheme, else light.
	Dark bool
	// Print shows the page as it is printed.
	Print bool
}

// scheme is the preferred one.
func (w Window) scheme() string {
	if w.Dark {
		return "dark"
	}
	return "light"
}

func (w Window) media() emulation.SetEmulatedMediaParams {
	media := "screen"
	if w.Print {
		media = "print"
	}
	return emulation.SetEmulatedMediaParams{
		Media:    media,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: w.scheme()}},
	}
}

// Open opens a page; it is closed when the test ends.
func Open(t *testing.T, url string, w Window) *Page {
	t.Helper()
	flags := append(
		slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.WindowSize(int(w.Width), int(w.Height)),
		chromedp.Flag("disable-dev-shm-usage", true),
	)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), flags...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &Page{t: t, ctx: ctx, url: url}
	require.NoError(t, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.Enable, network.EnableParams{})
		return err
	})))
	b.Resize(w)
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
func note[E any](b *Page, events iter.Seq2[E, error], list *[]string, text func(E) string) {
	for event, err := range events {
		if err != nil {
			return // the browser has ended
		}
		b.mu.Lock()
		*list = append(*list, text(event))
		b.mu.Unlock()
	}
}

// Resize shows the page in another window.
func (b *Page) Resize(w Window) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, w.media())
		return err
	}), chromedp.EmulateViewport(w.Width, w.Height))
}

func (b *Page) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, steps...))
}

// Evaluate is what an expression is on the page.
func Evaluate[T any](b *Page, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)
	return value
}

// Waits returns when an element that matches the selector holds the text, in whatever case.
func (b *Page) Waits(selector, text string) {
	b.t.Helper()
	expression := fmt.Sprintf(
		`[...document.querySelectorAll(%q)].some((e) => e.textContent.toLowerCase().includes(%q))`,
		selector,
		strings.ToLower(text),
	)
	for deadline := time.Now().Add(patience); !Evaluate[bool](b, expression); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Screenshot(filepath.Join(b.t.ArtifactDir(), "failed.png"))
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

// Press presses a key.
func (b *Page) Press(key string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(key))
}

// Types enters a text into a field.
func (b *Page) Types(selector, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// TabTo presses Tab until the control of that name has the focus; wherever the focus is, it can be seen.
func (b *Page) TabTo(name string) {
	b.t.Helper()
	const enough = 40
	for range enough {
		b.Press(kb.Tab)
		focus := Evaluate[[]string](
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

// Screenshot writes what is shown into a file.
func (b *Page) Screenshot(file string) {
	b.t.Helper()
	image, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(file, image, 0o600))
}

// Stays asserts that nothing went wrong on the page and that it asked nothing of any other host.
func (b *Page) Stays() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	assert.Empty(b.t, b.problems)
	assert.NotEmpty(b.t, b.requests)
	for _, url := range b.requests {
		assert.True(b.t, strings.HasPrefix(url, b.url), "the page asked for %s", url)
	}
}
