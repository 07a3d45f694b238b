package apigateway

import (
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

// measure publishes what API Gateway says of each request, by API, by API and stage, and by route where detailed
// metrics are enabled ("Monitor CloudWatch metrics for HTTP APIs in API Gateway", API Gateway Developer Guide). A
// request of no stage is not counted.
func (s *Service) measure(q *request, a answer) {
	if q.stage.Name == "" {
		return
	}
	now := s.env.Now()
	var data []cloudwatch.Datum
	sets := []map[string]string{{"ApiId": q.api.ID}, {"ApiId": q.api.ID, "Stage": q.stage.Name}}
	for _, r := range q.stage.Routes {
		if method, path, _ := strings.Cut(r.RouteKey, " "); r.DetailedMetrics && r.RouteKey == q.route.RouteKey {
			sets = append(sets, map[string]string{
				"ApiId": q.api.ID, "Stage": q.stage.Name, "Method": method, "Resource": path,
			})
		}
	}
	for _, dimensions := range sets {
		add := func(name string, value float64, unit string) {
			data = append(data, cloudwatch.Sample(name, dimensions, value, unit, now))
		}
		add("Count", 1, "Count")
		add("4xx", one(a.status/100 == 4), "Count")
		add("5xx", one(a.status/100 == 5), "Count")
		add("Latency", milliseconds(now.Sub(q.begun)), "Milliseconds")
		if q.integrated > 0 {
			add("IntegrationLatency", milliseconds(q.integrated), "Milliseconds")
		}
	}
	_ = s.deps.CloudWatch.Publish("AWS/ApiGateway", data...) // CloudWatch down: the samples are lost, as on AWS
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
