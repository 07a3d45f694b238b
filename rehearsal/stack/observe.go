package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/sns"
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

// Pages reports whether a message calls a person: a function's alert, or an alarm that is not a notice of its return to
// OK. CloudWatch sends the latter on every change to OK, the first one from INSUFFICIENT_DATA included.
func Pages(m sns.Message) bool {
	return m.Kind == sns.KindAlert || m.Kind == sns.KindAlarm && !strings.HasPrefix(m.Subject, "OK:")
}
