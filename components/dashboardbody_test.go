package components

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func indent(t *testing.T, document string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, json.Indent(&out, []byte(document), "", "  "))
	return out.String()
}

func facts(full bool) dashboardFacts {
	return dashboardFacts{
		Title: "aurora-dsql-dr-test", Runbooks: "https://wiki.example.com/runbooks", Period: 60, Full: full,
		Databases: []databaseFacts{{"us-east-1", "aaa"}, {"us-east-2", "bbb"}},
		Monitors:  []monitorFacts{{"us-east-1", "f1", "r1", "q1"}, {"us-east-2", "f2", "r2", "q2"}, {"us-west-2", "f3", "r3", "q3"}},
		Alarms:    []alarmFacts{{"us-east-1", []string{"arn:1"}}, {"us-east-2", []string{"arn:2"}}},
	}
}

func TestDashboardBody(t *testing.T) {
	application := facts(true)
	application.Applications = []applicationFacts{{"us-east-1", "t1", "o1", "e1", "b1", "w1", "u1"}, {"us-east-2", "t2", "o2", "e2", "b2", "w2", "u2"}}
	for name, f := range map[string]dashboardFacts{"dashboard-full.json": facts(true), "dashboard-lean.json": facts(false), "dashboard-application.json": application} {
		body, err := renderDashboard(f)
		require.NoError(t, err)
		golden(t, name, indent(t, body))
	}
}

// Every line of a widget is of the region the widget reads: what AWS publishes about a thing is in the thing's region,
// verdicts are in both data regions, latencies in the observer's.
func TestEachWidgetReadsTheRegionThatOwnsItsMetrics(t *testing.T) {
	body, err := renderDashboard(facts(true))
	require.NoError(t, err)
	var d struct {
		Widgets []struct {
			Type       string
			X, Width   int
			Properties struct {
				Region  string
				Metrics [][]any
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &d))
	home := map[string]string{"aaa": "us-east-1", "bbb": "us-east-2"}
	for i, suffix := range []string{"1", "2", "3"} {
		region := facts(true).Monitors[i].Region
		home["f"+suffix], home["r"+suffix], home["q"+suffix] = region, region, region
	}
	lines := 0
	for _, w := range d.Widgets {
		assert.LessOrEqual(t, w.X+w.Width, 24, "the grid is 24 columns wide")
		for _, line := range w.Properties.Metrics {
			lines++
			dimensions := map[string]string{}
			for i := 2; i+1 < len(line); i += 2 {
				dimensions[line[i].(string)] = line[i+1].(string)
			}
			want := []string{home[dimensions["ClusterId"]+dimensions["FunctionName"]+dimensions["RuleName"]+dimensions["QueueName"]]}
			switch line[1] {
			case "EndpointUnreachable":
				want = []string{"us-east-1", "us-east-2"}
				assert.NotEqual(t, dimensions["Region"], w.Properties.Region, "verdicts are read on the side that lives")
			case "ConnectLatency", "QueryLatency", "CommitLatency", "MarkerAge":
				if dimensions["Observer"] != "" {
					want = []string{dimensions["Observer"]}
				}
			case "ClusterHealth":
				want = []string{dimensions["Region"]}
			}
			assert.Contains(t, want, w.Properties.Region, "%v", line)
		}
	}
	assert.Greater(t, lines, 50)
}
