package console

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/logs"
)

// patience bounds how long a test waits for an event that has to come.
const patience = 20 * time.Second

// watcher reads server-sent events.
type watcher struct {
	t      *testing.T
	status int
	events chan [2]string
	latest map[string]string // events that went by unawaited
	cancel context.CancelFunc
}

func (s *scene) watch(t *testing.T, query string) *watcher {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"events"+query, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request) //nolint:bodyclose // closed by the goroutine that reads it
	require.NoError(t, err)
	w := &watcher{
		t:      t,
		status: response.StatusCode,
		events: make(chan [2]string, 100),
		latest: map[string]string{},
		cancel: cancel,
	}
	go func() {
		defer close(w.events)
		defer response.Body.Close()
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 4<<20)
		var name string
		for lines.Scan() {
			if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = event
			} else if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				select {
				case w.events <- [2]string{name, data}:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	t.Cleanup(cancel)
	return w
}

// await decodes the latest event of a name, or the next, that is as wanted.
func await[T any](w *watcher, name string, wanted func(T) bool) T {
	w.t.Helper()
	deadline := time.After(patience)
	for {
		if data, seen := w.latest[name]; seen {
			delete(w.latest, name)
			var value T
			require.NoError(w.t, json.Unmarshal([]byte(data), &value))
			if wanted(value) {
				return value
			}
		}
		select {
		case event, open := <-w.events:
			require.True(w.t, open, "the stream has ended before %s", name)
			w.latest[event[0]] = event[1]
		case <-deadline:
			require.FailNow(w.t, "no such event", name)
		}
	}
}

func anything[T any](T) bool { return true }

func TestAStreamBeginsWithEverySectionAndGoesOnWithChanges(t *testing.T) {
	s := newScene(t)
	w := s.watch(t, "")
	seen := map[string]int{}
	for len(seen) < 12 || seen["clock"] < 3 {
		event, open := <-w.events
		require.True(t, open)
		seen[event[0]]++
	}
	quiet := []string{"page", "backups", "alarms", "inbox", "faults", "rehearsals", "functions", "dashboards"}
	for _, name := range quiet {
		assert.Equal(t, 1, seen[name], "%s has not changed", name)
	}
	status, _ := s.post(t, "faults", `{"name":"witness-lost"}`, nil)
	require.Equal(t, http.StatusNoContent, status)
	line := await(w, "timeline", func(entries []entryView) bool { return len(entries) == 1 })[0]
	assert.Equal(t, "injected: witness-lost", line.Text)
	faults := await(w, "faults", func(f struct{ Active []struct{ Name string } }) bool { return len(f.Active) == 1 })
	assert.Equal(t, "witness-lost", faults.Active[0].Name)
}

func TestTheLogOfAFunctionIsFollowed(t *testing.T) {
	s := newScene(t)
	s.log(t, ohio, map[string]any{"msg": "before"})
	w := s.watch(t, "?function="+url.QueryEscape(ohio+"/another"))
	assert.Contains(t, await(w, "log", anything[logBatch]).Lines[0].Message, "before")
	s.log(t, ohio, map[string]any{"msg": "</script><script>alert(1)</script>"})
	second := await(w, "log", anything[logBatch])
	require.Len(t, second.Lines, 1, "lines come once")
	assert.JSONEq(t, `{"msg":"</script><script>alert(1)</script>"}`, second.Lines[0].Message)
}

func TestAFunctionThatIsGoneSaysSo(t *testing.T) {
	w := newScene(t).watch(t, "?function=us-east-1/gone")
	assert.Equal(t, "there is no function us-east-1/gone any more", await(w, "log", anything[logBatch]).Lines[0].Message)
}

func TestStreamsAreBounded(t *testing.T) {
	s := newScene(t)
	var open []*watcher
	for range maxStreams {
		w := s.watch(t, "")
		require.Equal(t, http.StatusOK, w.status)
		open = append(open, w)
	}
	assert.Equal(t, http.StatusServiceUnavailable, s.watch(t, "").status)
	open[0].cancel()
	require.Eventually(t, func() bool { return len(s.streams) < maxStreams }, patience, 10*time.Millisecond)
	assert.Equal(t, http.StatusOK, s.watch(t, "").status, "a page that is closed makes room")
}

func TestAPageThatFallsBehindSkipsLines(t *testing.T) {
	lines := newTail()
	for i := range maxLines + 7 {
		lines.add(logs.Event{Message: fmt.Sprint(i, "\n")})
	}
	lines.add(logs.Event{Message: strings.Repeat("é", maxLineLength)})
	batch, ok := lines.take()
	require.True(t, ok)
	assert.Len(t, batch.Lines, maxLines)
	assert.Equal(t, 8, batch.Skipped)
	assert.Equal(t, "8", batch.Lines[0].Message)
	last := batch.Lines[maxLines-1].Message
	assert.LessOrEqual(t, len(last), maxLineLength+len(" …"))
	assert.True(t, strings.HasSuffix(last, "é …"))
	_, ok = lines.take()
	assert.False(t, ok)
}

func TestAFeedKeepsTheLatestOfEachSectionOnly(t *testing.T) {
	f := newFeed()
	_, start, changed := f.since(0)
	for i := range 100 {
		f.put("a", i)
	}
	f.put("b", "x")
	<-changed
	news, next, changed := f.since(start)
	require.Len(t, news, 2)
	assert.Equal(
		t,
		[]string{"a 99", `b "x"`},
		[]string{news[0].name + " " + string(news[0].data), news[1].name + " " + string(news[1].data)},
	)
	f.put("b", "x")
	news, _, _ = f.since(next)
	assert.Empty(t, news, "what is as it was is no news")
	select {
	case <-changed:
		assert.Fail(t, "what is as it was wakes nobody")
	default:
	}
}

// A number that is none is refused and the page goes on; if a refresh fails all the same, the next one is due.
func TestNoMetricEndsThePage(t *testing.T) {
	s := newScene(t)
	metrics := s.account.Region(east).CloudWatch
	_, err := metrics.PutDashboard(cloudwatch.Dashboard{
		DashboardName: "d",
		DashboardBody: `{"widgets":[{"type":"metric","width":6,"height":6,"properties":
		{"region":"us-east-1","view":"timeSeries","stat":"Sum","period":60,"metrics":[["N","m"]]}}]}`,
	})
	require.NoError(t, err)
	page := s.watch(t, "")
	for _, value := range []float64{math.NaN(), math.Inf(1)} {
		require.Error(t, metrics.PutMetricData("N", cloudwatch.Sample("m", nil, value, "", s.account.Clock.Now())))
	}
	require.NoError(t, metrics.PutMetricData("N", cloudwatch.Sample("m", nil, 7, "", s.account.Clock.Now())))
	s.refreshNow()
	await(page, "charts", func(charts map[string]chartData) bool {
		values := charts["d/0"].Values
		return len(values) == 1 && len(values[0]) == 1 && *values[0][0] == 7
	})
}

func TestARefreshThatFailsIsSaidAloud(t *testing.T) {
	var said strings.Builder
	defer edge.Output(&said)()
	assert.False(t, (&Console{}).bringUpToDate(true), "a console of nothing cannot be refreshed")
	assert.Contains(t, said.String(), "refresh of the console: a mistake of the sandbox's own")
}
