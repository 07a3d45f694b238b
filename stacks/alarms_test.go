package stacks

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
)

// A dead-man alarm whose period shrinks looks at minutes in which nobody had to publish: the deployment checks once
// more.
func TestAChangedScheduleIsCheckedAtOnce(t *testing.T) {
	triggers := func(minutes string) map[string]resource.PropertyMap {
		all := map[string]resource.PropertyMap{}
		g := deployed(t, "dev", map[string]string{"monitor": `{"scheduleMinutes":` + minutes + `}`})
		for _, place := range places {
			check, ok := g.Named("aws:lambda/invocation:Invocation", place+"-schedule-first-check")
			require.True(t, ok)
			all[place] = check.Inputs["triggers"].ObjectValue()
		}
		return all
	}
	hourly, again, minutely := triggers("60"), triggers("60"), triggers("1")
	assert.Equal(t, hourly, again, "nothing changed, nothing is checked")
	for _, place := range places {
		assert.NotEqual(t, hourly[place], minutely[place], place)
	}
}

// Every alarm, with the application, full metrics, backups and traffic routed: where it is, when it goes into ALARM,
// whom it tells of that, whether it tells the end, and what keeps it quiet. An outage is told from the other side, an
// observer is watched from two.
func TestEveryAlarm(t *testing.T) {
	changes := routed()
	changes["monitor"], changes["eventRoutes"] = `{"metrics":"full"}`, `[{"name":"all","target":"queue"}]`
	changes["backups"] = `{"dailyAt":"03:00"}`
	g := deployed(t, "dev", changes)
	var lines []string
	for _, typ := range alarmTypes {
		for _, alarm := range g.Of(typ) {
			lines = append(lines, describe(g, alarm))
		}
	}
	slices.Sort(lines)
	want, err := os.ReadFile(filepath.Join(root, "stacks", "testdata", "alarms.txt"))
	require.NoError(t, err)
	assert.Equal(t, string(want), strings.Join(lines, "\n")+"\n")
}

// describe is an alarm in one line of text.
func describe(g *graph.Graph, alarm graph.Resource) string {
	in := alarm.Inputs
	var what string
	switch {
	case in.HasValue("alarmRule"):
		what = alarm.Input("alarmName") + ": " + alarm.Input("alarmRule")
	case in.HasValue("metricQueries"):
		var queries []string
		for _, q := range in["metricQueries"].ArrayValue() {
			q := q.ObjectValue()
			queries = append(queries, q["id"].StringValue()+" = "+series(q))
		}
		what = strings.Join(queries, "; ")
	default:
		what = series(in) + fmt.Sprintf(" by %vs", in["period"].NumberValue())
	}
	if in.HasValue("threshold") {
		periods := in["evaluationPeriods"].NumberValue()
		breaching := periods // unless it is said
		if in.HasValue("datapointsToAlarm") {
			breaching = in["datapointsToAlarm"].NumberValue()
		}
		what += fmt.Sprintf(" %s %v, %v of %v, missing %s", signs[alarm.Input("comparisonOperator")],
			in["threshold"].NumberValue(), breaching, periods, alarm.Input("treatMissingData"))
	}
	if in.HasValue("actionsSuppressor") {
		s := in["actionsSuppressor"].ObjectValue()
		what += fmt.Sprintf(", quiet while %s (wait %v, extension %v)", s["alarm"].StringValue(),
			s["waitPeriod"].NumberValue(), s["extensionPeriod"].NumberValue())
	}
	return strings.Join([]string{alarm.Name, alarm.Region, what, told(g, alarm)}, " | ")
}

var signs = map[string]string{
	"GreaterThanOrEqualToThreshold": ">=",
	"GreaterThanThreshold":          ">",
	"LessThanThreshold":             "<",
}

// series is a statistic of a metric, or an expression.
func series(in resource.PropertyMap) string {
	if in.HasValue("expression") {
		return in["expression"].StringValue()
	}
	period := ""
	if in.HasValue("metric") {
		in = in["metric"].ObjectValue()
		period = fmt.Sprintf(" by %vs", in["period"].NumberValue())
	}
	statistic := ""
	for _, key := range []resource.PropertyKey{"stat", "statistic", "extendedStatistic"} {
		if in.HasValue(key) {
			statistic = in[key].StringValue()
		}
	}
	var dimensions []string
	for key, value := range in["dimensions"].ObjectValue() {
		dimensions = append(dimensions, string(key)+"="+value.StringValue())
	}
	slices.Sort(dimensions)
	return fmt.Sprintf("%s of %s %s{%s}%s", statistic, in["namespace"].StringValue(), in["metricName"].StringValue(),
		strings.Join(dimensions, ","), period)
}

// told says which topics an alarm notifies.
func told(g *graph.Graph, alarm graph.Resource) string {
	topics := map[string]string{}
	for _, topic := range g.Of("aws:sns/topic:Topic") {
		topics[topic.ARN()] = topic.Name
	}
	what := "tells nobody"
	for _, key := range []resource.PropertyKey{"alarmActions", "okActions", "insufficientDataActions"} {
		if !alarm.Inputs.HasValue(key) {
			continue
		}
		for _, action := range alarm.Inputs[key].ArrayValue() {
			switch key {
			case "alarmActions":
				what = "tells " + topics[action.StringValue()]
			case "okActions":
				what += ", and the end"
			default:
				what += ", and " + string(key)
			}
		}
	}
	return what
}
