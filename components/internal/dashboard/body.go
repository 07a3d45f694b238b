package dashboard

import (
	"maps"
	"slices"
)

// The body of a CloudWatch dashboard ("Dashboard body structure and syntax"). The grid is 24 columns wide.
type body struct {
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
	Region  string `json:"region"`
	View    string `json:"view"`
	Stat    string `json:"stat"`
	Period  int    `json:"period"`
	YAxis   yAxis  `json:"yAxis"`
	Metrics []line `json:"metrics"`
}

type yAxis struct {
	Left axis `json:"left"`
}

type axis struct {
	Min   float64 `json:"min"`
	Label string  `json:"label,omitempty"`
}

// line is one line of a metric widget: namespace, name, dimension pairs in a stable order, options last.
type line []any

func metric(namespace, name string, dimensions map[string]string, label string) line {
	out := line{namespace, name}
	for _, key := range slices.Sorted(maps.Keys(dimensions)) {
		out = append(out, key, dimensions[key])
	}
	return append(out, map[string]string{"label": label})
}

// grid places rows of equally wide widgets below each other.
type grid struct {
	widgets []widget
	y       int
}

func (g *grid) row(height int, widgets ...widget) {
	for i, w := range widgets {
		w.Width = 24 / len(widgets)
		w.Height = height
		w.X = i * w.Width
		w.Y = g.y
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
