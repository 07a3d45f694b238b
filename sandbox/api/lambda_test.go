package api_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/lambda"
)

func TestTheAccountsSettingsOfLambda(t *testing.T) {
	w := newWorld(t, nil)
	region := w.account.Region("us-east-1")
	for name, reserved := range map[string]*int{"reserving": aws.Int(10), "sharing": nil} {
		_, err := region.Lambda.CreateFunction(lambda.Function{Name: name, Role: w.role.Arn, Runtime: "provided.al2023",
			Handler: "bootstrap", ReservedConcurrentExecutions: reserved,
			Stub: func(context.Context, []byte) ([]byte, error) { return nil, nil }})
		require.NoError(t, err)
	}
	client := awslambda.NewFromConfig(w.function(t, "us-east-1"))
	_, err := client.GetAccountSettings(t.Context(), nil)
	requireCode(t, err, "AccessDeniedException", "lambda:GetAccountSettings on resource: *")
	w.allow(t, "lambda:GetAccountSettings", "*", "")
	out, err := client.GetAccountSettings(t.Context(), nil)
	require.NoError(t, err)
	assert.EqualValues(t, 1000, out.AccountLimit.ConcurrentExecutions)
	assert.EqualValues(t, 990, *out.AccountLimit.UnreservedConcurrentExecutions)
	assert.EqualValues(t, 80_530_636_800, out.AccountLimit.TotalCodeSize)
	assert.EqualValues(t, 2, out.AccountUsage.FunctionCount)

	reserved := func(name string) (*awslambda.GetFunctionConcurrencyOutput, error) {
		return client.GetFunctionConcurrency(t.Context(), &awslambda.GetFunctionConcurrencyInput{FunctionName: &name})
	}
	_, err = reserved("reserving")
	requireCode(t, err, "AccessDeniedException", "lambda:GetFunctionConcurrency")
	w.allow(t, "lambda:GetFunctionConcurrency", "*", "")
	kept, err := reserved("reserving")
	require.NoError(t, err)
	assert.EqualValues(t, 10, *kept.ReservedConcurrentExecutions)
	kept, err = reserved(region.ARN("lambda", "function:sharing"))
	require.NoError(t, err)
	assert.Nil(t, kept.ReservedConcurrentExecutions)
	_, err = reserved("none")
	requireCode(t, err, "ResourceNotFoundException", "none")
}
