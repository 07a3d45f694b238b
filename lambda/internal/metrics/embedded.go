package metrics

import (
	"io"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/emf"
)

// Embedded writes latencies and marker ages to w, one line per endpoint with one value per probe. A step that no probe
// reached is left out.
func Embedded(w io.Writer, observer string, run []Series, at time.Time) error {
	for _, s := range run {
		metrics := embedded(s)
		if len(metrics) == 0 {
			continue
		}
		line := emf.Line{
			Namespace:  contract.MetricNamespace,
			Dimensions: contract.ObserverDimensions(s.Target.ClusterID, s.Target.Region, observer),
			Metrics:    metrics,
		}
		if err := line.Write(w, at); err != nil {
			return err
		}
	}
	return nil
}

func embedded(s Series) map[string]emf.Metric {
	metrics := map[string]emf.Metric{}
	add := func(name, unit string, value float64) {
		metrics[name] = emf.Metric{Unit: unit, Values: append(metrics[name].Values, value)}
	}
	for _, p := range s.Probes {
		for name, d := range map[string]time.Duration{
			contract.MetricConnectLatency: p.Connect,
			contract.MetricQueryLatency:   p.Query,
			contract.MetricCommitLatency:  p.Commit,
		} {
			if d > 0 {
				add(name, emf.Milliseconds, emf.Millis(d))
			}
		}
		if p.MarkerAge != nil {
			add(contract.MetricMarkerAge, emf.Seconds, p.MarkerAge.Seconds())
		}
	}
	return metrics
}
