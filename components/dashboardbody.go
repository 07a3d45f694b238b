package components

import (
	"encoding/json"
	"fmt"
	"strings"

	"aurora-dsql-dr/lambda/contract"
)

// The body of a CloudWatch dashboard ("Dashboard body structure and syntax"). The grid is 24 columns wide.
type dashboardBody struct {
	Widgets []widget `json:"widgets"`
}

type widget struct {
	Type       string `json:"type"`
	X          int    `json:"x"`
	Y          int    `json:"y"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Properties any    `json:"properties"`
}

type textProperties struct {
	Markdown string `json:"markdown"`
}

type alarmProperties struct {
	Title  string   `json:"title"`
	Alarms []string `json:"alarms"`
}

type metricProperties struct {
	Title string `json:"title"`
	// Region is the one that owns the metrics: a widget reads a single region.
	Region  string  `json:"region"`
	View    string  `json:"view"`
	Stat    string  `json:"stat"`
	Period  int     `json:"period"`
	YAxis   yAxis   `json:"yAxis"`
	Metrics [][]any `json:"metrics"`
}

type yAxis struct {
	Left axis `json:"left"`
}

type axis struct {
	Min   float64 `json:"min"`
	Label string  `json:"label,omitempty"`
}

// dashboardFacts is what the dashboard shows, once everything is known.
type dashboardFacts struct {
	Title     string
	Runbooks  contract.Runbooks
	Period    int // seconds
	Full      bool
	Databases []databaseFacts // the two data regions
	Monitors  []monitorFacts  // the three observers
	Alarms    []alarmFacts    // a region each
	// Applications are the regions' parts of the application; none without it.
	Applications []applicationFacts
}

type databaseFacts struct{ Region, ClusterID string }

type monitorFacts struct{ Region, Function, Rule, DeadLetters string }

type applicationFacts struct{ Region, Service, Publisher, Processor, Bus, Forward, Undelivered string }

type alarmFacts struct {
	Region string
	ARNs   []string
}

// renderDashboard lays the widgets out in rows, from "is it up" at the top to "why" at the bottom.
func renderDashboard(f dashboardFacts) (string, error) {
	g := &grid{}
	g.row(3, widget{Type: "text", Properties: textProperties{Markdown: f.header()}})
	g.row(4, each(f.Alarms, func(a alarmFacts) widget {
		return widget{Type: "alarm", Properties: alarmProperties{Title: "Alarms in " + a.Region, Alarms: a.ARNs}}
	})...)
	g.row(6, append(each(f.Databases, f.verdicts), each(f.Databases, f.health)...)...)
	if f.Full {
		g.row(6, each(f.Monitors, f.latency)...)
		g.row(6, each(f.Monitors, f.markerAge)...)
	}
	g.row(6, append(each(f.Databases, f.transactions), each(f.Databases, f.nativeLatency)...)...)
	g.row(6, each(f.Databases, f.usage)...)
	if len(f.Applications) > 0 {
		g.row(6, append(each(f.Applications, f.requests), each(f.Applications, f.requestLatency)...)...)
		g.row(6, append(each(f.Applications, f.events), each(f.Applications, f.eventDelay)...)...)
	}
	g.row(6, each(f.Monitors, f.function)...)
	g.row(5, each(f.Monitors, f.delivery)...)
	body, err := json.Marshal(dashboardBody{Widgets: g.widgets})
	return string(body), err
}

func (f dashboardFacts) header() string {
	runbooks := []contract.Runbook{contract.RunbookRegionLost, contract.RunbookMonitorBroken, contract.RunbookMonitorSilent, contract.RunbookSlowDatabase}
	if len(f.Applications) > 0 {
		runbooks = append(runbooks, contract.RunbookApplication)
	}
	links := each(runbooks, func(r contract.Runbook) string {
		return fmt.Sprintf("[%s](%s)", strings.ReplaceAll(string(r), "-", " "), f.Runbooks.To(r))
	})
	return fmt.Sprintf("# %s\nEndpoints in **%s** and **%s**, observed from %s, %s and %s. Runbooks: %s",
		f.Title, f.Databases[0].Region, f.Databases[1].Region, f.Monitors[0].Region, f.Monitors[1].Region, f.Monitors[2].Region, strings.Join(links, " · "))
}

// verdicts of one endpoint are read in the other data region: the copy that is left when the endpoint's region is not.
func (f dashboardFacts) verdicts(d databaseFacts) widget {
	return f.metrics("Unreachable: "+d.Region+" (1 = yes)", f.otherThan(d.Region), "Maximum", "", each(f.Monitors, func(m monitorFacts) []any {
		return metric(contract.MetricNamespace, contract.MetricEndpointUnreachable, contract.ObserverDimensions(d.ClusterID, d.Region, m.Region), "from "+m.Region)
	}))
}

func (f dashboardFacts) health(d databaseFacts) widget {
	return f.metrics("Health: "+d.Region+" (1 = healthy)", d.Region, "Minimum", "", [][]any{
		metric(contract.MetricNamespace, contract.MetricClusterHealth, contract.ClusterDimensions(d.ClusterID, d.Region), "cluster health"),
	})
}

// latency and markerAge are what one observer measured at both endpoints; they stay in the observer's region.
func (f dashboardFacts) latency(m monitorFacts) widget {
	var lines [][]any
	for _, d := range f.Databases {
		for _, name := range []string{contract.MetricConnectLatency, contract.MetricQueryLatency, contract.MetricCommitLatency} {
			lines = append(lines, metric(contract.MetricNamespace, name, contract.ObserverDimensions(d.ClusterID, d.Region, m.Region), d.Region+" "+name))
		}
	}
	return f.metrics("Latency seen from "+m.Region, m.Region, "Average", "ms", lines)
}

func (f dashboardFacts) markerAge(m monitorFacts) widget {
	return f.metrics("Marker age (write in A, read in B) seen from "+m.Region, m.Region, "Maximum", "s", each(f.Databases, func(d databaseFacts) []any {
		return metric(contract.MetricNamespace, contract.MetricMarkerAge, contract.ObserverDimensions(d.ClusterID, d.Region, m.Region), "read in "+d.Region)
	}))
}

func (f dashboardFacts) transactions(d databaseFacts) widget {
	return f.native("Transactions in "+d.Region, d, "Sum", "", "TotalTransactions", "ReadOnlyTransactions", "OccConflicts", "QueryTimeouts")
}

func (f dashboardFacts) nativeLatency(d databaseFacts) widget {
	return f.native("Commit latency in "+d.Region+" (P50)", d, "Average", "ms", "CommitLatency")
}

func (f dashboardFacts) usage(d databaseFacts) widget {
	return f.native("Usage in "+d.Region, d, "Sum", "DPU", "ReadDPU", "WriteDPU", "ComputeDPU", "MultiRegionWriteDPU")
}

func (f dashboardFacts) native(title string, d databaseFacts, stat, label string, names ...string) widget {
	return f.metrics(title, d.Region, stat, label, each(names, func(name string) []any {
		return metric(dsqlNamespace, name, map[string]string{dsqlClusterDimension: d.ClusterID}, name)
	}))
}

func (f dashboardFacts) function(m monitorFacts) widget {
	return f.metrics("Health check in "+m.Region, m.Region, "Sum", "", each([]string{"Invocations", "Errors", "Throttles"}, func(name string) []any {
		return metric("AWS/Lambda", name, map[string]string{"FunctionName": m.Function}, name)
	}))
}

func (f dashboardFacts) delivery(m monitorFacts) widget {
	return f.metrics("Schedule and dead letters in "+m.Region, m.Region, "Sum", "", [][]any{
		metric("AWS/Events", "TriggeredRules", map[string]string{"RuleName": m.Rule}, "started"),
		metric("AWS/Events", "FailedInvocations", map[string]string{"RuleName": m.Rule}, "could not start"),
		metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", map[string]string{"QueueName": m.DeadLetters}, "dead letters"),
	})
}

// requests and the rest are the application's rows.
func (f dashboardFacts) requests(a applicationFacts) widget {
	lines := each([]string{a.Service, a.Publisher, a.Processor}, func(function string) []any {
		return metric("AWS/Lambda", "Errors", map[string]string{"FunctionName": function}, function+" errors")
	})
	lines = append(lines,
		metric("AWS/Lambda", "Invocations", map[string]string{"FunctionName": a.Service}, "requests"),
		f.own(contract.MetricConflictRetries, a, "conflicts repeated"), f.own(contract.MetricBreakerOpen, a, "breaker open"))
	return f.metrics("Transactions in "+a.Region, a.Region, "Sum", "", lines)
}

func (f dashboardFacts) requestLatency(a applicationFacts) widget {
	return f.metrics("Request latency in "+a.Region+" (p99)", a.Region, transactionPercentile, "ms", [][]any{f.own(contract.MetricTransactionLatency, a, "p99")})
}

func (f dashboardFacts) events(a applicationFacts) widget {
	forward := map[string]string{"EventBusName": a.Bus, "RuleName": a.Forward}
	return f.metrics("Events in "+a.Region, a.Region, "Sum", "", [][]any{
		metric("AWS/Events", "Invocations", forward, "forwarded"),
		metric("AWS/Events", "FailedInvocations", forward, "not forwarded"),
		metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", map[string]string{"QueueName": a.Undelivered}, "undelivered"),
	})
}

func (f dashboardFacts) eventDelay(a applicationFacts) widget {
	return f.metrics("Age of events in "+a.Region, a.Region, "Maximum", "", [][]any{
		f.own(contract.MetricOutboxAge, a, "oldest in the outbox, s"), f.own(contract.MetricReplicationDelay, a, "from the other region, ms"),
	})
}

func (f dashboardFacts) own(name string, a applicationFacts, label string) []any {
	return metric(contract.ApplicationNamespace, name, map[string]string{contract.DimensionRegion: a.Region}, label)
}

func (f dashboardFacts) metrics(title, region, stat, label string, lines [][]any) widget {
	return widget{Type: "metric", Properties: metricProperties{
		Title: title, Region: region, View: "timeSeries", Stat: stat, Period: f.Period, YAxis: yAxis{Left: axis{Label: label}}, Metrics: lines,
	}}
}

func (f dashboardFacts) otherThan(region string) string {
	if f.Databases[0].Region == region {
		return f.Databases[1].Region
	}
	return f.Databases[0].Region
}

// metric is one line of a metric widget: namespace, name, dimension pairs in a stable order, options last.
func metric(namespace, name string, dimensions map[string]string, label string) []any {
	line := []any{namespace, name}
	for _, key := range sortedKeys(dimensions) {
		line = append(line, key, dimensions[key])
	}
	return append(line, map[string]string{"label": label})
}

// grid places rows of equally wide widgets below each other.
type grid struct {
	widgets []widget
	y       int
}

func (g *grid) row(height int, widgets ...widget) {
	for i, w := range widgets {
		w.Width, w.Height = 24/len(widgets), height
		w.X, w.Y = i*w.Width, g.y
		g.widgets = append(g.widgets, w)
	}
	g.y += height
}

func each[T, U any](list []T, f func(T) U) []U {
	out := make([]U, len(list))
	for i, item := range list {
		out[i] = f(item)
	}
	return out
}
