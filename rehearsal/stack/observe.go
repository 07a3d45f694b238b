package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

func check(
	ctx context.Context, s *sandbox.Sandbox, region, function string,
) (report contract.HealthReport, err error) {
	payload, err := json.Marshal(contract.CheckEvent{Probes: 1})
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
