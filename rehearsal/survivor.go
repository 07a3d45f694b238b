package rehearsal

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox/engine"
)

// addedRecipient is who is added in the middle of an outage, and changedThrottle what the survivor's API is changed to.
const addedRecipient = "second@example.com"

var changedThrottle = map[string]any{"throttle": map[string]any{"rate": 90, "burst": 180}}

// survivorDeployment changes the stack where it lives, as the runbook "Change the survivor" does.
func (r *run) survivorDeployment(ctx context.Context, before []string) string {
	survivor := stack.Places()["secondary"]
	recipients, _ := r.Config[keyAlerts].([]any)
	recipients = append(slices.Clone(recipients), map[string]any{"protocol": "email", "endpoint": addedRecipient})
	changes := map[string]any{keyCredentialsRegion: survivor, keyAlerts: recipients}
	targets, updates := []string{"**::secondary-alerts-subscription-*"}, 0
	if r.plan.Workload == script.WorkloadApplication {
		changes[keyApplicationSettings] = changedThrottle
		targets, updates = append(targets, "**::secondary-transactions-stage"), 1
	}
	for _, key := range slices.Sorted(maps.Keys(changes)) {
		if err := r.Engine.SetConfig(ctx, key, changes[key]); err != nil {
			return err.Error()
		}
	}
	result, err := r.Engine.Up(ctx, engine.Run{SkipRefresh: true, Targets: targets})
	if err != nil {
		return err.Error()
	}
	resources, err := r.Engine.Resources(ctx)
	if err != nil {
		return err.Error()
	}
	did := changed(result)
	asked := did["create"] == 1 && did["update"] == updates && len(did) <= 2
	if !asked || len(resources) != len(before)+1 {
		return fmt.Sprintf("it did %v", did)
	}
	if wrong := withoutAccount(resources); len(wrong) > 0 {
		return strings.Join(wrong, "; ")
	}
	return r.apiAnswers(ctx, survivor)
}

// changed counts what was done to resources of AWS, by operation. That a provider asks elsewhere who it is, is no
// change.
func changed(result engine.Result) map[string]int {
	did := map[string]int{}
	for _, step := range result.Steps {
		if step.State == engine.Finished && step.Op != "same" && strings.HasPrefix(step.Type, "aws:") {
			did[step.Op]++
		}
	}
	return did
}

// emptyAccount is an ARN of a regional service that lacks the account: what a provider makes up that was told not to
// ask for it. Those of API Gateway itself have none (Service Authorization Reference, "Amazon API Gateway Management
// V2").
var emptyAccount = regexp.MustCompile(`arn:aws:([a-z0-9-]+):[a-z0-9-]+::[^\s"]*`)

// withoutAccount are the ARNs in the state that have no account, each with its resource.
func withoutAccount(resources []engine.Resource) (wrong []string) {
	for _, resource := range resources {
		for _, match := range emptyAccount.FindAllStringSubmatch(fmt.Sprint(resource.Inputs, resource.Outputs), -1) {
			if match[1] != "apigateway" {
				wrong = append(wrong, fmt.Sprintf("the state of %s has %s, without the account", resource.URN, match[0]))
			}
		}
	}
	return wrong
}

// apiAnswers asks the region's API, if there is one, for the totals.
func (r *run) apiAnswers(ctx context.Context, region string) string {
	url, deployed := r.Outputs.TransactionAPIURLs[region]
	if !deployed {
		return ""
	}
	caller, err := stack.Caller(r.Sandbox, r.Outputs, region)
	if err != nil {
		return err.Error()
	}
	status, answer, err := caller.Call(ctx, http.MethodGet, url+"/totals", nil)
	if err != nil {
		return fmt.Sprintf("the API in %s does not answer: %v", region, err)
	}
	if status != http.StatusOK {
		return fmt.Sprintf("the API in %s answers %d: %s", region, status, answer)
	}
	return ""
}
