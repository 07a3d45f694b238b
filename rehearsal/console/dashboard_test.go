package console

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

var update = flag.Bool("update", false, "write the golden files")

// The stack's own dashboards are shown in full: every widget, no problem.
func TestTheDeployedDashboardIsShownInFull(t *testing.T) {
	for _, name := range []string{"dashboard-application", "dashboard-full", "dashboard-lean"} {
		t.Run(name, func(t *testing.T) {
			stored, err := os.ReadFile(filepath.Join(
				"..",
				"..",
				"components",
				"internal",
				"dashboard",
				"testdata",
				name+".json",
			))
			require.NoError(t, err)
			var widgets struct{ Widgets []any }
			require.NoError(t, json.Unmarshal(stored, &widgets))
			view := viewDashboard(cloudwatch.Dashboard{DashboardName: name, DashboardBody: string(stored)})
			assert.Len(t, view.Widgets, len(widgets.Widgets))
			for _, w := range view.Widgets {
				assert.Empty(t, w.Problem, w.Title)
			}
			golden(t, name, view)
		})
	}
}

func golden(t *testing.T, name string, value any) {
	t.Helper()
	got, err := json.MarshalIndent(value, "", " ")
	require.NoError(t, err)
	file := filepath.Join("testdata", name+".json")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.JSONEq(t, string(want), string(got))
}

// A chart without a line that could ever come looks broken unless it says why.
func TestWhatTheSandboxNeverPublishesIsMarked(t *testing.T) {
	body := `{"widgets":[{"type":"metric","properties":{"view":"timeSeries","metrics":[
		["AWS/AuroraDSQL","TotalTransactions"],["AWS/AuroraDSQL","ReadDPU"],["AWS/S3","AllRequests"],["own","ReadDPU"]]}}]}`
	var marked []bool
	for _, l := range viewDashboard(cloudwatch.Dashboard{DashboardBody: body}).Widgets[0].Chart.Lines {
		marked = append(marked, l.Unpublished)
	}
	assert.Equal(t, []bool{false, true, true, false}, marked)
}

func TestWhatIsNotShownIsSaid(t *testing.T) {
	for name, tt := range map[string]struct{ widget, says string }{
		"another type": {
			`{"type":"log","properties":{"query":"fields @message"}}`,
			`type "log": it knows text, alarm and metric`,
		},
		"another view": {
			`{"type":"metric","properties":{"view":"pie","metrics":[]}}`,
			`view "pie": it knows timeSeries`,
		},
		"an unknown option": {
			`{"type":"metric","properties":{"view":"timeSeries","stacked":true,"metrics":[]}}`,
			`unknown field "stacked"`,
		},
		"the short form": {
			`{"type":"metric","properties":{"view":"timeSeries","metrics":[["N","M"],[".","."]]}}`,
			`metrics[1]: ".": it does not know the short form`,
		},
		"an expression": {
			`{"type":"metric","properties":{"view":"timeSeries","metrics":[[{"expression":"m1+m2"}]]}}`,
			`metrics[0]: json: unknown field "expression"`,
		},
		"half a dimension": {
			`{"type":"metric","properties":{"view":"timeSeries","metrics":[["N","M","D"]]}}`,
			"metrics[0]: want namespace, name, and pairs",
		},
		"an unknown setting": {
			`{"type":"alarm","properties":{"title":"t","alarms":[],"sortBy":"x"}}`,
			`unknown field "sortBy"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			view := viewDashboard(cloudwatch.Dashboard{DashboardName: "d", DashboardBody: `{"widgets":[` + tt.widget + `]}`})
			require.Len(t, view.Widgets, 1)
			assert.Contains(t, view.Widgets[0].Problem, tt.says)
		})
	}
	assert.Contains(t, viewDashboard(cloudwatch.Dashboard{DashboardBody: `[]`}).Problem, "cannot be read")
}

func TestMarkdown(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []block
	}{
		"headings and paragraphs": {"# One\nfirst\nsecond\n\n### Three\nthird", []block{
			{Heading: 1, Spans: []span{{Text: "One"}}}, {Spans: []span{{Text: "first second"}}},
			{Heading: 3, Spans: []span{{Text: "Three"}}}, {Spans: []span{{Text: "third"}}}}},
		"bold, code and links": {"a **b** `c` [d](https://e.example/f#g)", []block{{Spans: []span{
			{
				Text: "a ",
			}, {
				Text: "b",
				Bold: true,
			}, {Text: " "}, {Text: "c", Code: true}, {Text: " "}, {Text: "d", Link: "https://e.example/f#g"}}}}},
		"a link in bold": {"**see [d](http://e)**", []block{{
			Spans: []span{{Text: "see ", Bold: true}, {Text: "d", Bold: true, Link: "http://e"}},
		}}},
		"code is as it is": {"`**a** [b](http://c)`", []block{{
			Spans: []span{{Text: "**a** [b](http://c)", Code: true}},
		}}},
		"fenced code": {"a\n```\nb **c**\n\n# d\n```\ne", []block{{
			Spans: []span{{Text: "a"}},
		}, {Code: true, Spans: []span{{Text: "b **c**\n\n# d"}}}, {Spans: []span{{Text: "e"}}}}},
		"a fence left open":    {"```\na", []block{{Code: true, Spans: []span{{Text: "a"}}}}},
		"markup means nothing": {"<script>alert(1)</script>", []block{{Spans: []span{{Text: "<script>alert(1)</script>"}}}}},
		"only web addresses are links": {
			"[a](javascript:alert(1)) [b](docs/runbooks.md#c) [d](data:text/html,e)", []block{{Spans: []span{
				{
					Text: "a (javascript:alert(1)",
				}, {Text: ") "}, {Text: "b (docs/runbooks.md#c)"}, {Text: " "}, {Text: "d (data:text/html,e)"}}}}},
		"nothing": {"", nil},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, parseMarkdown(tt.text)) })
	}
}
