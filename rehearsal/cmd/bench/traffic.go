package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/miekg/dns"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/cmd/bench/internal/function"
	"aurora-dsql-dr/rehearsal/cmd/bench/internal/load"
	"aurora-dsql-dr/rehearsal/cmd/bench/internal/results"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
)

// month is what prices are for.
const month = 30 * 24 * time.Hour

// reportTraffic reports what the one name costs: an answer of it, and the health checkers' route. It has a stack of its
// own, since routing wants the monitors to check every minute.
func reportTraffic(ctx context.Context) (err error) {
	done := begin("Deploying the stack with traffic into a sandbox")
	s, err := stack.Start(ctx, sandbox.Options{})
	if err != nil {
		done()
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	config, err := stack.WithTraffic(s, stack.WithApplication(stack.Config()))
	if err != nil {
		done()
		return err
	}
	d, err := deploy(ctx, s, config)
	done()
	if err != nil {
		return err
	}
	defer d.database.Close()
	names, err := d.measureNames(ctx)
	if err != nil {
		return err
	}
	livez, err := d.measureLivez(ctx)
	if err != nil {
		return err
	}
	return writeTraffic(names, livez)
}

// measureNames looks the application's name up, again and again, at the server of the region.
func (d *deployed) measureNames(ctx context.Context) (load.Latencies, error) {
	defer begin(fmt.Sprintf("Looking the name up for %v", lasting))()
	var client dns.Client
	return load.Run(ctx, 1, lasting, func(ctx context.Context) error {
		question := new(dns.Msg).SetQuestion(dns.Fqdn(d.outputs.TrafficDomain), dns.TypeA)
		answer, _, err := client.ExchangeContext(ctx, question, d.DNS[d.region])
		if err == nil && len(answer.Answer) == 0 {
			err = fmt.Errorf("%s has no address: %s", d.outputs.TrafficDomain, dns.RcodeToString[answer.Rcode])
		}
		return err
	})
}

// measureLivez calls the function as the API does when a health checker asks.
func (d *deployed) measureLivez(ctx context.Context) (function.Cost, error) {
	subject, err := d.subject("livez")
	if err != nil {
		return function.Cost{}, err
	}
	subject.Event = asked
	defer begin(fmt.Sprintf("Starting livez %d times, calling it %d times", function.Starts, function.Calls))()
	return function.Measure(ctx, subject)
}

// asked is a health checker's request.
func asked(context.Context) ([]byte, error) {
	method, path, _ := strings.Cut(contract.RouteLivez, " ")
	return json.Marshal(events.APIGatewayV2HTTPRequest{
		Version:  "2.0",
		RouteKey: contract.RouteLivez,
		RawPath:  path,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: method, Path: path},
		},
	})
}

func writeTraffic(names load.Latencies, livez function.Cost) error {
	requests := float64(contract.HealthCheckers) * month.Seconds() / contract.FastCheck.Seconds()
	looks := month.Seconds() / contract.LivezDurations()[contract.EnvLivezInterval].Seconds()
	busy := time.Duration(requests * float64(livez.Warm)).Round(time.Minute)
	return results.Table{
		Title: "Traffic: an answer of the one name, and what health checkers cost in each region",
		Rows: [][]string{
			{"what", ""},
			{"the name is answered, median", results.Millis(names.Quantile(0.5))},
			{"99th percentile", results.Millis(names.Quantile(0.99))},
			{"/livez, a cold start that looks at the database", results.Millis(livez.Cold)},
			{"a later call", results.Millis(livez.Warm)},
			{"requests of health checkers a month", fmt.Sprintf("%.0f", requests)},
			{"what those keep the function busy", busy.String()},
			{"queries of one environment a month, at most", fmt.Sprintf("%.0f", looks)},
		},
		Note: fmt.Sprintf("%d checkers, one request each in %v. make cost has the prices.", contract.HealthCheckers,
			contract.FastCheck),
	}.Write(os.Stdout)
}
