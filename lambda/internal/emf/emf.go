// Package emf writes CloudWatch's embedded metric format: JSON lines on a function's output, from which CloudWatch Logs
// extracts metrics in the function's own region.
package emf

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// Metric is a metric of a Line. The format allows 100 values at a time.
type Metric struct {
	// Unit is a CloudWatch unit.
	Unit   string
	Values []float64
}

// Units of a Metric.
const (
	None         = "None"
	Count        = "Count"
	Seconds      = "Seconds"
	Milliseconds = "Milliseconds"
)

// Line is metrics that share a namespace and one set of dimensions.
type Line struct {
	Namespace  string
	Dimensions map[string]string
	// Metrics by name.
	Metrics map[string]Metric
}

// directive is the _aws member (CloudWatch User Guide, "Specification: Embedded metric format").
type directive struct {
	Timestamp         int64 // milliseconds since 1970
	CloudWatchMetrics []metricSet
}

type metricSet struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []definition
}

type definition struct {
	Name, Unit string
}

// Write writes the line to w, as of a time.
func (l Line) Write(w io.Writer, at time.Time) error {
	set := metricSet{Namespace: l.Namespace, Dimensions: [][]string{slices.Sorted(maps.Keys(l.Dimensions))}}
	members := map[string]any{}
	for name, value := range l.Dimensions {
		members[name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(l.Metrics)) {
		set.Metrics = append(set.Metrics, definition{Name: name, Unit: l.Metrics[name].Unit})
		members[name] = l.Metrics[name].Values
	}
	members["_aws"] = directive{Timestamp: at.UnixMilli(), CloudWatchMetrics: []metricSet{set}}
	if err := json.NewEncoder(w).Encode(members); err != nil {
		return fmt.Errorf("embedded metrics: %w", err)
	}
	return nil
}

// Millis is d in milliseconds.
func Millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
