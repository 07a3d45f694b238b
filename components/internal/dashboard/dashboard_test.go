package dashboard

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/golden"
)

func facts(full bool) Facts {
	return Facts{
		Title:     "aurora-dsql-dr-test",
		Runbooks:  "https://wiki.example.com/runbooks",
		Period:    60,
		Full:      full,
		Databases: []Database{{"us-east-1", "aaa"}, {"us-east-2", "bbb"}},
		Monitors: []Monitor{
			{"us-east-1", "f1", "r1", "q1"},
			{"us-east-2", "f2", "r2", "q2"},
			{"us-west-2", "f3", "r3", "q3"},
		},
		Losses: []Loss{
			{"us-east-1", "us-east-2", []string{"arn:lost-1", "arn:alone-1"}},
			{"us-east-2", "us-east-1", []string{"arn:lost-2", "arn:alone-2"}},
		},
		Alarms:     []Alarms{{"us-east-1", []string{"arn:1"}}, {"us-east-2", []string{"arn:2"}}},
		Percentile: "p99",
	}
}

func withApplication(f Facts) Facts {
	f.Applications = []Application{
		{"us-east-1", "t1", "o1", "e1", "b1", "w1", "u1"},
		{"us-east-2", "t2", "o2", "e2", "b2", "w2", "u2"},
	}
	return f
}

func withTraffic(f Facts) Facts {
	f.Traffic = []Traffic{{"us-east-1", "observed-1", "leaf-1"}, {"us-east-2", "observed-2", "leaf-2"}}
	return f
}

func withBackups(f Facts) Facts {
	f.Backups = []Backup{{"us-east-1", "v1", "v2", true}, {"us-east-2", "v2", "v1", true}}
	return f
}

// everything is a page with all that there may be.
func everything() Facts { return withBackups(withTraffic(withApplication(facts(true)))) }

func TestTheBodyOfADashboard(t *testing.T) {
	for name, f := range map[string]Facts{
		"dashboard-full.json":        facts(true),
		"dashboard-lean.json":        facts(false),
		"dashboard-application.json": withApplication(facts(true)),
		"dashboard-traffic.json":     withTraffic(withApplication(facts(true))),
		"dashboard-backups.json":     withBackups(facts(false)),
	} {
		body, err := Render(f)
		require.NoError(t, err)
		golden.JSON(t, name, body)
	}
}

// shown is a widget as CloudWatch reads it.
type shown struct {
	Type        string
	X, Y, Width int
	Properties  struct {
		Title, Region string
		Alarms        []string
		YAxis         struct{ Left struct{ Label string } }
		Metrics       [][]any
	}
}

func rendered(t *testing.T, f Facts) []shown {
	t.Helper()
	body, err := Render(f)
	require.NoError(t, err)
	var d struct{ Widgets []shown }
	require.NoError(t, json.Unmarshal([]byte(body), &d))
	return d.Widgets
}

// Whoever opens the page in an outage reads first whether a region is lost.
func TestTheLossOfARegionStandsAboveEverythingElse(t *testing.T) {
	widgets := rendered(t, everything())
	for i, loss := range facts(true).Losses {
		assert.Equal(t, loss.ARNs, widgets[i].Properties.Alarms)
		assert.Equal(t, 0, widgets[i].Y)
	}
	for _, w := range widgets[2:] {
		assert.Positive(t, w.Y, w.Properties.Title)
	}
}

func TestNoTwoWidgetsShareATitle(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range rendered(t, everything()) {
		if w.Type != "text" {
			assert.False(t, seen[w.Properties.Title], w.Properties.Title)
			seen[w.Properties.Title] = true
		}
	}
}

// units are those of metrics that are no counts.
var units = map[string]string{
	"ConnectLatency":      "ms",
	"QueryLatency":        "ms",
	"CommitLatency":       "ms",
	"TransactionLatency":  "ms",
	"ReplicationDelay":    "ms",
	"BackupAge":           "hours",
	"RestoreTestAge":      "hours",
	"MarkerAge":           "s",
	"OutboxAge":           "s",
	"ReadDPU":             "DPU",
	"WriteDPU":            "DPU",
	"ComputeDPU":          "DPU",
	"MultiRegionWriteDPU": "DPU",
}

// Seconds beside milliseconds are a line at the bottom that nobody reads.
func TestTheLinesOfAWidgetShareTheUnitOfItsAxis(t *testing.T) {
	for _, w := range rendered(t, everything()) {
		for _, line := range w.Properties.Metrics {
			assert.Equal(t, units[line[1].(string)], w.Properties.YAxis.Left.Label, "%s: %v", w.Properties.Title, line)
		}
	}
}

// Every line of a widget is of the region the widget reads: what AWS publishes about a thing is in the thing's region,
// verdicts are in both data regions, latencies in the observer's.
func TestEachWidgetReadsTheRegionThatOwnsItsMetrics(t *testing.T) {
	lines := 0
	for _, w := range rendered(t, withTraffic(facts(true))) {
		assert.LessOrEqual(t, w.X+w.Width, 24, "the grid is 24 columns wide")
		for _, line := range w.Properties.Metrics {
			lines++
			name, dimensions := line[1].(string), pairs(line)
			assert.Contains(t, owners(name, dimensions), w.Properties.Region, "%v", line)
			if name == "EndpointUnreachable" || name == "EndpointUnfit" {
				assert.NotEqual(t, dimensions["Region"], w.Properties.Region, "verdicts are read on the side that lives")
			}
		}
	}
	assert.Greater(t, lines, 50)
}

// pairs are the dimensions of a line.
func pairs(line []any) map[string]string {
	dimensions := map[string]string{}
	for i := 2; i+1 < len(line); i += 2 {
		dimensions[line[i].(string)] = line[i+1].(string)
	}
	return dimensions
}

// owners are the regions that have a metric.
func owners(name string, dimensions map[string]string) []string {
	switch name {
	case "EndpointUnreachable":
		return []string{"us-east-1", "us-east-2"}
	case "EndpointUnfit":
		return []string{map[string]string{"us-east-1": "us-east-2", "us-east-2": "us-east-1"}[dimensions["Region"]]}
	case "HealthCheckStatus":
		return []string{"us-east-1"}
	case "ClusterHealth":
		return []string{dimensions["Region"]}
	}
	if observer := dimensions["Observer"]; observer != "" {
		return []string{observer}
	}
	home := map[string]string{}
	for _, d := range facts(true).Databases {
		home[d.ClusterID] = d.Region
	}
	for _, m := range facts(true).Monitors {
		home[m.Function] = m.Region
		home[m.Rule] = m.Region
		home[m.DeadLetters] = m.Region
	}
	thing := dimensions["ClusterId"] + dimensions["FunctionName"] + dimensions["RuleName"] + dimensions["QueueName"]
	return []string{home[thing]}
}
