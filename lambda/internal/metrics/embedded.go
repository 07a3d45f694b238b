package metrics

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"aurora-dsql-dr/lambda/contract"
)

// directive is the _aws member of an embedded metric (CloudWatch User Guide, "Specification: Embedded metric format").
type directive struct {
	Timestamp         int64 // milliseconds since 1970
	CloudWatchMetrics []metricSet
}

type metricSet struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []metric
}

type metric struct {
	Name, Unit string
}

// Embedded writes latencies and marker ages to w, one JSON line per endpoint, from which CloudWatch Logs extracts metrics
// in the function's own region. Each metric is a list with one value per probe (the format allows 100); a step that no
// probe reached is left out.
func Embedded(w io.Writer, observer string, run []Series, at time.Time) error {
	encoder := json.NewEncoder(w)
	for _, s := range run {
		line := embed(observer, s, at)
		if line == nil {
			continue
		}
		if err := encoder.Encode(line); err != nil {
			return fmt.Errorf("embedded metrics: %w", err)
		}
	}
	return nil
}

func embed(observer string, s Series, at time.Time) map[string]any {
	values := map[string][]float64{}
	for _, p := range s.Probes {
		for name, d := range map[string]time.Duration{
			contract.MetricConnectLatency: p.Connect, contract.MetricQueryLatency: p.Query, contract.MetricCommitLatency: p.Commit,
		} {
			if d > 0 {
				values[name] = append(values[name], Millis(d))
			}
		}
		if p.MarkerAge != nil {
			values[contract.MetricMarkerAge] = append(values[contract.MetricMarkerAge], p.MarkerAge.Seconds())
		}
	}
	if len(values) == 0 {
		return nil
	}
	dimensions := contract.ObserverDimensions(s.Target.ClusterID, s.Target.Region, observer)
	set := metricSet{Namespace: contract.MetricNamespace, Dimensions: [][]string{slices.Sorted(maps.Keys(dimensions))}}
	line := map[string]any{}
	for name, value := range dimensions {
		line[name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		unit := "Milliseconds"
		if name == contract.MetricMarkerAge {
			unit = "Seconds"
		}
		set.Metrics = append(set.Metrics, metric{Name: name, Unit: unit})
		line[name] = values[name]
	}
	line["_aws"] = directive{Timestamp: at.UnixMilli(), CloudWatchMetrics: []metricSet{set}}
	return line
}

// Millis is d in milliseconds.
func Millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
