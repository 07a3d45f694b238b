package dashboard

import (
	"aurora-dsql-dr/components/internal/dsqlmetric"
	"aurora-dsql-dr/lambda/contract"
)

// verdicts of one endpoint are read in the other data region: the copy that is left when the endpoint's region is not.
func (f Facts) verdicts(d Database) widget {
	lines := each(f.Monitors, func(m Monitor) line {
		return observed(contract.MetricEndpointUnreachable, d, m, "from "+m.Region)
	})
	return f.metrics("Unreachable: "+d.Region+" (1 = yes)", f.otherThan(d.Region), "Maximum", "", lines)
}

func (f Facts) health(d Database) widget {
	dimensions := contract.ClusterDimensions(d.ClusterID, d.Region)
	return f.metrics("Health: "+d.Region+" (1 = healthy)", d.Region, "Minimum", "", []line{
		metric(contract.MetricNamespace, contract.MetricClusterHealth, dimensions, "cluster health"),
	})
}

// latency and markerAge are what one observer measured at both endpoints; they stay in the observer's region.
func (f Facts) latency(m Monitor) widget {
	steps := []string{contract.MetricConnectLatency, contract.MetricQueryLatency, contract.MetricCommitLatency}
	var lines []line
	for _, d := range f.Databases {
		for _, step := range steps {
			lines = append(lines, observed(step, d, m, d.Region+" "+step))
		}
	}
	return f.metrics("Latency seen from "+m.Region, m.Region, "Average", "ms", lines)
}

func (f Facts) markerAge(m Monitor) widget {
	lines := each(f.Databases, func(d Database) line {
		return observed(contract.MetricMarkerAge, d, m, "read in "+d.Region)
	})
	return f.metrics("Marker age (write in A, read in B) seen from "+m.Region, m.Region, "Maximum", "s", lines)
}

func observed(name string, d Database, m Monitor, label string) line {
	return metric(contract.MetricNamespace, name, contract.ObserverDimensions(d.ClusterID, d.Region, m.Region), label)
}

func (f Facts) transactions(d Database) widget {
	return f.native("Transactions in "+d.Region, d, "Sum", "",
		"TotalTransactions", "ReadOnlyTransactions", "OccConflicts", "QueryTimeouts")
}

func (f Facts) nativeLatency(d Database) widget {
	return f.native("Commit latency in "+d.Region+" (P50)", d, "Average", "ms", "CommitLatency")
}

func (f Facts) usage(d Database) widget {
	return f.native("Usage in "+d.Region, d, "Sum", "DPU", "ReadDPU", "WriteDPU", "ComputeDPU", "MultiRegionWriteDPU")
}

// native is a widget of what Aurora DSQL publishes itself.
func (f Facts) native(title string, d Database, stat, label string, names ...string) widget {
	return f.metrics(title, d.Region, stat, label, each(names, func(name string) line {
		return metric(dsqlmetric.Namespace, name, map[string]string{dsqlmetric.Cluster: d.ClusterID}, name)
	}))
}
