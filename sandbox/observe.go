package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/sns"
)

// Observe has every observer make one probe of every endpoint, at the same time, by calling the functions through the
// sandbox's Lambda API. Functions are names by region, the program's output monitorFunctionNames. The reports are by
// region.
func (s *Sandbox) Observe(ctx context.Context, functions map[string]string) (map[string]contract.HealthReport, error) {
	var (
		mu       sync.Mutex
		all      sync.WaitGroup
		problems []error
		reports  = map[string]contract.HealthReport{}
	)
	for region, function := range functions {
		all.Go(func() {
			report, err := s.check(ctx, region, function)
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

func (s *Sandbox) check(ctx context.Context, region, function string) (report contract.HealthReport, err error) {
	payload, err := json.Marshal(contract.CheckEvent{Probes: 1})
	if err != nil {
		return report, err
	}
	client := lambda.New(lambda.Options{Region: region, BaseEndpoint: &s.Endpoint, Credentials: sdk.CredentialsProviderFunc(s.admin)})
	out, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: payload})
	if err != nil {
		return report, err
	}
	if out.FunctionError != nil {
		return report, fmt.Errorf("function %s failed: %s", function, out.Payload)
	}
	return report, json.Unmarshal(out.Payload, &report)
}

// admin is the account's administrator for an AWS SDK.
func (s *Sandbox) admin(context.Context) (sdk.Credentials, error) {
	return signer(s.Account.IAM.Admin()), nil
}

// Pages reports whether a message calls a person: a function's alert, or an alarm that is not a notice of its return to
// OK. CloudWatch sends the latter on every change to OK, the first one from INSUFFICIENT_DATA included.
func Pages(m sns.Message) bool {
	return m.Kind == sns.KindAlert || m.Kind == sns.KindAlarm && !strings.HasPrefix(m.Subject, "OK:")
}
