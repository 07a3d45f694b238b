package main

import (
	"strings"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/lambda/contract"
)

// healthChecks is the line that there is with traffic.
const healthChecks = "Health checks"

// routing is what answers clients by health: the checks, and what health checkers ask of the application. Certificates
// and answers with aliases of AWS resources are free; the zone is not the stack's.
func routing(g *graph.Graph, p prices) []line {
	var checks, options float64
	for _, c := range g.Of("aws:route53/healthCheck:HealthCheck") {
		checks++
		if c.Input("type") == "HTTPS" {
			options++
			if c.Inputs["requestInterval"].NumberValue() < 30 {
				options++
			}
		}
	}
	return append(priced([]line{
		{healthChecks, checks, "checks", p.Prices.HealthCheckMonth},
		{"HTTPS, fast interval", options, "options", p.Prices.HealthCheckOptionMonth},
	}), asked(g, p)...)
}

// asked is what the health checkers' requests to the open route cost: a month has the more, the oftener they ask.
func asked(g *graph.Graph, p prices) []line {
	var requests, armSeconds, x86Seconds, metrics, kept float64
	for _, check := range g.Of("aws:route53/healthCheck:HealthCheck") {
		function, ok := livezOf(g, check)
		if !ok {
			continue
		}
		interval := check.Inputs["requestInterval"].NumberValue()
		n := p.Assumptions.CheckersPerEndpoint * p.Assumptions.MonthHours * 3600 / interval
		seconds := n * p.Assumptions.LivezSeconds * function.Inputs["memorySize"].NumberValue() / 1024
		requests += n
		metrics += p.Assumptions.RouteMetrics
		if logs, ok := g.Named("aws:cloudwatch/logGroup:LogGroup", function.Name+"-logs"); ok {
			kept += n * p.Assumptions.LivezLogBytes * logs.Inputs["retentionInDays"].NumberValue() / 30
		}
		if function.Inputs["architectures"].ArrayValue()[0].StringValue() == components.ArchitectureARM {
			armSeconds += seconds
		} else {
			x86Seconds += seconds
		}
	}
	route := strings.TrimPrefix(contract.RouteLivez, "GET ")
	return priced([]line{
		{route + ", API requests", requests / 1e6, "million", p.Prices.HTTPAPIRequestMillion},
		{route + ", runs", requests / 1e6, "million", p.Prices.LambdaRequestMillion},
		{route + ", arm64", armSeconds, "GB-seconds", p.Prices.LambdaSecondGBArm},
		{route + ", x86_64", x86Seconds, "GB-seconds", p.Prices.LambdaSecondGBX86},
		{route + ", logs written", requests * p.Assumptions.LivezLogBytes / 1e9, "GB", p.Prices.LogsIngestedGB},
		{route + ", logs kept", kept / 1e9, "GB-months", p.Prices.LogsStoredGBMonth},
		{route + ", metrics", metrics, "metrics", p.Prices.CustomMetricMonth},
	})
}

// livezOf is the function that answers a health check, which is the one of its region; none if somebody else's endpoint
// does.
func livezOf(g *graph.Graph, check graph.Resource) (graph.Resource, bool) {
	if check.Input("type") != "HTTPS" {
		return graph.Resource{}, false
	}
	for _, f := range g.Of("aws:lambda/function:Function") {
		if f.Region == check.Region && strings.HasSuffix(f.Name, "-livez") {
			return f, true
		}
	}
	return graph.Resource{}, false
}
