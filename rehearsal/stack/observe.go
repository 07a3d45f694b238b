package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox"
)

// Observe has every observer make one probe of every endpoint, at the same time, by calling the functions through the
// sandbox's Lambda API. Functions are names by region, the program's output monitorFunctionNames. The reports are by
// region.
func Observe(
	ctx context.Context, s *sandbox.Sandbox, functions map[string]string,
) (map[string]contract.HealthReport, error) {
	var (
		mu       sync.Mutex
		all      sync.WaitGroup
		problems []error
		reports  = map[string]contract.HealthReport{}
	)
	for region, function := range functions {
		all.Go(func() {
			report, err := check(ctx, s, region, function)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				problems = append(problems, fmt.Errorf("observer %s: %w", region, err))
				return
			}
			reports[region] = report
		})
	}
	all.Wait()
	return reports, errors.Join(problems...)
}

func check(ctx context.Context, s *sandbox.Sandbox, region, function string) (contract.HealthReport, error) {
	return ask(ctx, s, region, function, contract.CheckEvent{Probes: 1})
}

// Act has one observer after the other asked for an operator's act until one has done it, and says why the last has
// not.
func Act(ctx context.Context, s *sandbox.Sandbox, functions map[string]string, act contract.CheckEvent) (err error) {
	for _, region := range slices.Sorted(maps.Keys(functions)) {
		var report contract.HealthReport
		switch report, err = ask(ctx, s, region, functions[region], act); {
		case err == nil && report.Refused != "":
			return contract.Refusal{Reason: report.Refused}
		case err == nil:
			return nil
		}
	}
	return err
}

// ask invokes an observer.
func ask(
	ctx context.Context, s *sandbox.Sandbox, region, function string, event contract.CheckEvent,
) (report contract.HealthReport, err error) {
	payload, err := json.Marshal(event)
	if err != nil {
		return report, err
	}
	client := lambda.New(lambda.Options{Region: region, BaseEndpoint: &s.Endpoint, Credentials: s.Admin()})
	out, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: payload})
	if err != nil {
		return report, err
	}
	if out.FunctionError != nil {
		return report, fmt.Errorf("function %s failed: %s", function, out.Payload)
	}
	return report, json.Unmarshal(out.Payload, &report)
}
