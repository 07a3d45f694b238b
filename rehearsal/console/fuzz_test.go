package console

import (
	"encoding/json"
	"testing"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

// What a dashboard's body holds reaches the page as JSON, whatever it is.
func FuzzDashboards(f *testing.F) {
	for _, seed := range []string{
		`{"widgets":[{"type":"metric","width":6,"properties":{"region":"us-east-1","view":"timeSeries","stat":"Sum",
			"period":60,"metrics":[["N","m","d","v",{"label":"l"}]]}}]}`,
		`{"widgets":[{"type":"text","properties":{"markdown":"# a\n[b](c) **d** ` + "`e`" + `"}}]}`,
		`{"widgets":[{"type":"alarm","properties":{"title":"t","alarms":["a"]}},
			{"type":"metric","properties":{"view":"timeSeries","metrics":[[],[{}],["."],[1]]}}]}`,
		`{"widgets":[{"x":1e400}]}`, `{"widgets":[null]}`, `[]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if _, err := json.Marshal(viewDashboard(cloudwatch.Dashboard{DashboardName: "d", DashboardBody: body})); err != nil {
			t.Fatal(err)
		}
	})
}
