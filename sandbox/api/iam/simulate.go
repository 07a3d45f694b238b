package iam

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/iam"
)

// Items of a page of results (API Reference, SimulatePrincipalPolicy).
const (
	perPage     = 100
	mostPerPage = 1000
)

// actionName is an action of one service, without wildcards.
var actionName = regexp.MustCompile(`^[A-Za-z0-9-]+:[A-Za-z0-9]+$`)

func simulate(c *call.Call, in *sdk.SimulatePrincipalPolicyInput) (*sdk.SimulatePrincipalPolicyOutput, error) {
	source := aws.ToString(in.PolicySourceArn)
	if err := c.Authorize("iam:SimulatePrincipalPolicy", source, nil); err != nil {
		return nil, err
	}
	conditions, err := read(in)
	if err != nil {
		return nil, err
	}
	caller, err := c.Account.IAM.Entity(source)
	if err != nil {
		return nil, err
	}
	size, err := wire.Limit(in.MaxItems, perPage, mostPerPage, "maxItems", "ValidationError")
	if err != nil {
		return nil, err
	}
	actions, next, ok := wire.Page(in.ActionNames, in.Marker, size)
	if !ok {
		return nil, invalid("Invalid Marker: %s", *in.Marker)
	}
	asked := simulation{c.Account.IAM, caller, in.ResourceArns, conditions}
	out := &sdk.SimulatePrincipalPolicyOutput{
		EvaluationResults: []types.EvaluationResult{},
		IsTruncated:       next != nil,
		Marker:            next,
	}
	for _, action := range actions {
		out.EvaluationResults = append(out.EvaluationResults, asked.of(action))
	}
	return out, nil
}

// read refuses what cannot be simulated, and returns the condition keys of the request.
func read(in *sdk.SimulatePrincipalPolicyInput) (iam.Context, error) {
	switch {
	case in.CallerArn != nil, in.ResourcePolicy != nil, in.ResourceOwner != nil, in.ResourceHandlingOption != nil,
		len(in.PolicyInputList) > 0, len(in.PermissionsBoundaryPolicyInputList) > 0, len(in.PolicyExclusionList) > 0:
		return nil, wire.NotImplemented("iam: of SimulatePrincipalPolicy the sandbox models PolicySourceArn, ActionNames, " +
			"ResourceArns, ContextEntries, MaxItems and Marker")
	case len(in.ActionNames) == 0:
		return nil, invalid("ActionNames is empty: want at least one action")
	}
	for _, name := range in.ActionNames {
		if !actionName.MatchString(name) {
			return nil, invalid("Invalid Action: %s; want service:Action, without wildcards", name)
		}
	}
	for _, arn := range in.ResourceArns {
		if arn != "*" && !strings.HasPrefix(arn, "arn:") {
			return nil, invalid("Invalid Resource: %s; want an ARN or *", arn)
		}
	}
	return contextOf(in.ContextEntries)
}

// contextOf reads condition keys of one value each.
func contextOf(entries []types.ContextEntry) (iam.Context, error) {
	conditions := iam.Context{}
	for _, e := range entries {
		switch {
		case aws.ToString(e.ContextKeyName) == "" || e.ContextKeyType == "":
			return nil, invalid("A context entry needs ContextKeyName and ContextKeyType.")
		case len(e.ContextKeyValues) != 1:
			return nil, wire.NotImplemented("iam: context key %s has %d values; the sandbox models one", *e.ContextKeyName,
				len(e.ContextKeyValues))
		}
		conditions[*e.ContextKeyName] = e.ContextKeyValues[0]
	}
	return conditions, nil
}

// simulation is what is asked about each action.
type simulation struct {
	policies   *iam.Service
	caller     iam.Principal
	resources  []string
	conditions iam.Context
}

// of is the result of an action: the strictest over all resources, and where resources are given one of each. (API
// Reference, EvaluationResult. Its EvalResourceName is a template of ARNs, which the sandbox does not have.)
func (s simulation) of(action string) types.EvaluationResult {
	result := types.EvaluationResult{EvalActionName: &action, EvalResourceName: aws.String("*")}
	resources := s.resources
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	strictest := iam.Allowed
	for _, resource := range resources {
		found := s.policies.Simulate(s.caller, action, resource, s.conditions)
		strictest = max(strictest, found.Decision)
		result.MissingContextValues = found.Missing
		if resource != "*" {
			result.ResourceSpecificResults = append(result.ResourceSpecificResults, types.ResourceSpecificResult{
				EvalResourceName:     &resource,
				EvalResourceDecision: types.PolicyEvaluationDecisionType(found.Decision.String()),
				MissingContextValues: found.Missing,
			})
		}
	}
	result.EvalDecision = types.PolicyEvaluationDecisionType(strictest.String())
	return result
}
