package dashboard

import "aurora-dsql-dr/lambda/contract"

// healthChecksRegion has Route 53's own metrics, of every account ("Monitoring health checks using CloudWatch",
// Route 53 Developer Guide). While it is lost, the words of the observers are shown all the same.
const healthChecksRegion = "us-east-1"

// unfit is what each observer says of an endpoint to Route 53, which reads it where it is sent to: to the other data
// region. A withdrawal is such a word of all three.
func (f Facts) unfit(t Traffic) widget {
	var lines []line
	for _, d := range f.Databases {
		if d.Region != t.Region {
			continue
		}
		for _, m := range f.Monitors {
			lines = append(lines, observed(contract.MetricEndpointUnfit, d, m, "from "+m.Region))
		}
	}
	return f.metrics("Unfit for traffic: "+t.Region+" (1 = yes)", f.otherThan(t.Region), "Maximum", "", lines)
}

// healthChecks are what Route 53 makes of it, and of what it asks itself: a region is named while both are healthy.
func (f Facts) healthChecks() widget {
	var lines []line
	for _, t := range f.Traffic {
		lines = append(lines, healthCheck(t.ObservedCheck, t.Region+" by its observers"),
			healthCheck(t.LeafCheck, t.Region+" by its endpoint"))
	}
	return f.metrics("Health checks of Route 53 (1 = healthy)", healthChecksRegion, "Minimum", "", lines)
}

func healthCheck(id, label string) line {
	return metric("AWS/Route53", "HealthCheckStatus", map[string]string{"HealthCheckId": id}, label)
}
