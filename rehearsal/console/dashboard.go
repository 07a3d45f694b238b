package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/cloudwatch"
)

// dashboardView is a deployed dashboard as the page lays it out.
type dashboardView struct {
	Name    string   `json:"name"`
	Widgets []widget `json:"widgets"`
	// Problem says why the body cannot be shown at all.
	Problem string `json:"problem,omitempty"`
}

// widget is a rectangle of a dashboard; columns and rows are those of CloudWatch's grid, 24 columns wide.
type widget struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	X      int    `json:"x"`
	Y      int    `json:"y"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Title  string `json:"title,omitempty"`
	// Text is a text widget's.
	Text []block `json:"text,omitempty"`
	// Alarms are an alarm widget's, by ARN.
	Alarms []string `json:"alarms,omitempty"`
	// Chart is a metric widget's.
	Chart *chart `json:"chart,omitempty"`
	// Problem says which part of the widget the console does not show.
	Problem string `json:"problem,omitempty"`
}

// chart is a metric widget: what to ask, and of which region.
type chart struct {
	Region string   `json:"region"`
	Label  string   `json:"label,omitempty"` // of the left axis
	Min    *float64 `json:"min,omitempty"`
	Max    *float64 `json:"max,omitempty"`
	Lines  []line   `json:"lines"`
}

// line is one time series of a chart.
type line struct {
	Label  string                `json:"label"`
	Metric cloudwatch.MetricStat `json:"metric"`
	// Unpublished tells that AWS publishes the metric and the sandbox never does.
	Unpublished bool `json:"unpublished,omitempty"`
}

// The body of a dashboard, as far as the console shows it (CloudWatch API Reference, "Dashboard body structure and
// syntax").
type (
	bodySyntax struct {
		Widgets []widgetSyntax `json:"widgets"`
	}
	widgetSyntax struct {
		Type       string          `json:"type"`
		X          int             `json:"x"`
		Y          int             `json:"y"`
		Width      int             `json:"width"`
		Height     int             `json:"height"`
		Properties json.RawMessage `json:"properties"`
	}
	textSyntax struct {
		Markdown string `json:"markdown"`
	}
	alarmSyntax struct {
		Title  string   `json:"title"`
		Alarms []string `json:"alarms"`
	}
	metricSyntax struct {
		Title   string              `json:"title"`
		Region  string              `json:"region"`
		View    string              `json:"view"`
		Stat    string              `json:"stat"`
		Period  int                 `json:"period"`
		YAxis   axesSyntax          `json:"yAxis"`
		Metrics [][]json.RawMessage `json:"metrics"`
	}
	axesSyntax struct {
		Left struct {
			Min   *float64 `json:"min"`
			Max   *float64 `json:"max"`
			Label string   `json:"label"`
		} `json:"left"`
	}
	lineSyntax struct {
		Label  string `json:"label"`
		Stat   string `json:"stat"`
		Period int    `json:"period"`
	}
)

// viewDashboard reads a dashboard's body. What it does not know it says in the widget's place, rather than show a part
// as if it were the whole.
func viewDashboard(d cloudwatch.Dashboard) dashboardView {
	view := dashboardView{Name: d.DashboardName}
	var body bodySyntax
	if err := json.Unmarshal([]byte(d.DashboardBody), &body); err != nil {
		view.Problem = "The body of this dashboard cannot be read: " + err.Error()
		return view
	}
	for i, syntax := range body.Widgets {
		w := widget{
			ID:     fmt.Sprintf("%s/%d", d.DashboardName, i),
			Type:   syntax.Type,
			X:      syntax.X,
			Y:      syntax.Y,
			Width:  syntax.Width,
			Height: syntax.Height,
		}
		if err := w.read(syntax); err != nil {
			w.Problem = "The console does not show this widget in full: " + err.Error()
		}
		view.Widgets = append(view.Widgets, w)
	}
	return view
}

func (w *widget) read(syntax widgetSyntax) error {
	switch syntax.Type {
	case "text":
		var p textSyntax
		err := decodeStrictly(syntax.Properties, &p)
		w.Text = parseMarkdown(p.Markdown)
		return err
	case "alarm":
		var p alarmSyntax
		err := decodeStrictly(syntax.Properties, &p)
		w.Title, w.Alarms = p.Title, p.Alarms
		return err
	case "metric":
		var p metricSyntax
		err := decodeStrictly(syntax.Properties, &p)
		w.Title = p.Title
		if err == nil && p.View != "timeSeries" {
			err = fmt.Errorf("view %q: it knows timeSeries", p.View)
		}
		if err == nil {
			w.Chart, err = p.chart()
		}
		return err
	default:
		return fmt.Errorf("type %q: it knows text, alarm and metric", syntax.Type)
	}
}

func (p metricSyntax) chart() (*chart, error) {
	c := &chart{
		Region: p.Region,
		Label:  p.YAxis.Left.Label,
		Min:    p.YAxis.Left.Min,
		Max:    p.YAxis.Left.Max,
		Lines:  []line{},
	}
	var problems []error
	for i, array := range p.Metrics {
		l, err := p.line(array)
		if err != nil {
			problems = append(problems, fmt.Errorf("metrics[%d]: %w", i, err))
			continue
		}
		c.Lines = append(c.Lines, l)
	}
	return c, errors.Join(problems...)
}

// line reads a metric in full: namespace, name, pairs of dimensions, and options at the end.
func (p metricSyntax) line(array []json.RawMessage) (l line, err error) {
	options := lineSyntax{Stat: p.Stat, Period: p.Period}
	if last := len(array) - 1; last >= 0 && bytes.HasPrefix(array[last], []byte("{")) {
		if err := decodeStrictly(array[last], &options); err != nil {
			return l, err
		}
		array = array[:last]
	}
	words := make([]string, len(array))
	for i, raw := range array {
		if err := json.Unmarshal(raw, &words[i]); err != nil {
			return l, err
		}
		if strings.Trim(words[i], ".") == "" {
			return l, fmt.Errorf("%q: it does not know the short form, write the field in full", words[i])
		}
	}
	if len(words) < 2 || len(words)%2 != 0 {
		return l, errors.New("want namespace, name, and pairs of dimension and value")
	}
	l = line{
		Label: options.Label,
		Metric: cloudwatch.MetricStat{
			Namespace:  words[0],
			MetricName: words[1],
			Dimensions: map[string]string{},
			Stat:       options.Stat,
			Period:     options.Period,
		},
	}
	for i := 2; i < len(words); i += 2 {
		l.Metric.Dimensions[words[i]] = words[i+1]
	}
	l.Unpublished = !aws.Publishes(l.Metric.Namespace, l.Metric.MetricName)
	if l.Label == "" {
		l.Label = l.Metric.MetricName
	}
	return l, nil
}

func decodeStrictly(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}
