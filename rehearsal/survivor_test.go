package rehearsal

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/sandbox/engine"
)

func TestAnARNWithoutItsAccountIsFoundWhereverItIsInTheState(t *testing.T) {
	const lost = "arn:aws:execute-api:us-east-2::abc/*/*"
	for name, test := range map[string]struct {
		resource engine.Resource
		wrong    int
	}{
		"as an output": {engine.Resource{Outputs: map[string]any{"executionArn": lost}}, 1},
		"as an input":  {engine.Resource{Inputs: map[string]any{"sourceArn": lost}}, 1},
		"within a list and a document": {engine.Resource{
			Inputs: map[string]any{"a": []any{lost, `{"Resource":"` + lost + `"}`}},
		}, 2},
		"with the account": {engine.Resource{
			Outputs: map[string]any{"arn": "arn:aws:sns:us-east-2:123456789012:alerts"},
		}, 0},
		"of a global service": {engine.Resource{
			Outputs: map[string]any{"arn": "arn:aws:iam::123456789012:role/x"},
		}, 0},
		"of API Gateway itself": {engine.Resource{
			Outputs: map[string]any{"arn": "arn:aws:apigateway:us-east-2::/apis/abc"},
		}, 0},
	} {
		assert.Len(t, withoutAccount([]engine.Resource{test.resource}), test.wrong, name)
	}
}

func TestOnlyResourcesOfAWSAreChanges(t *testing.T) {
	step := func(resource, op string, state engine.State) engine.Step {
		return engine.Step{Type: resource, Op: op, State: state}
	}
	result := engine.Result{Steps: []engine.Step{
		step("aws:sns/topicSubscription:TopicSubscription", "create", engine.Started),
		step("aws:sns/topicSubscription:TopicSubscription", "create", engine.Finished),
		step("aws:sns/topic:Topic", "same", engine.Finished),
		step("pulumi:providers:aws", "update", engine.Finished),
	}}
	assert.Equal(t, map[string]int{"create": 1}, changed(result))
}
