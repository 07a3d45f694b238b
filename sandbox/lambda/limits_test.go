package lambda_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/lambda"
)

// withStub needs no package.
func withStub(f *lambda.Function) {
	f.Stub = func(context.Context, []byte) ([]byte, error) { return nil, nil }
}

func TestLambdaRefusesWhatIsTooLong(t *testing.T) {
	w := newWorld(t, 1)
	many := map[string]string{}
	for i := range 51 {
		many[fmt.Sprint("key", i)] = "v"
	}
	for want, change := range map[string]func(*lambda.Function){
		"ValidationException: 1 validation error(s) detected: Value at 'description' failed": func(f *lambda.Function) {
			f.Description = strings.Repeat("d", 257)
		},
		"at 'handler' failed to satisfy constraint: Member must satisfy regular expression pattern": func(f *lambda.Function) {
			f.Handler = strings.Repeat("h", 129)
		},
		"InvalidParameterValueException: 1 validation error detected: Value '51 members' at 'tags' failed": func(f *lambda.Function) {
			f.Tags = many
		},
		"at 'tags.key' failed": func(f *lambda.Function) { f.Tags = map[string]string{strings.Repeat("k", 129): "v"} },
		"at 'tags.k' failed":   func(f *lambda.Function) { f.Tags = map[string]string{"k": strings.Repeat("v", 257)} },
		"not begin with aws:":  func(f *lambda.Function) { f.Tags = map[string]string{"aws:k": "v"} },
	} {
		_, err := w.lambda.CreateFunction(function(func(f *lambda.Function) {
			withStub(f)
			change(f)
		}))
		require.ErrorContains(t, err, want)
	}
}

// A resource policy of 20 KB is some fifty rules.
func TestTheResourcePolicyOfAFunctionHas20KB(t *testing.T) {
	w := newWorld(t, 1)
	w.create(t, withStub)
	grant := func(i int) error {
		_, err := w.lambda.AddPermission(lambda.Permission{
			StatementID: fmt.Sprint("rule-", i),
			Action:      "lambda:InvokeFunction",
			Function:    "health-check",
			Principal:   "events.amazonaws.com",
			SourceARN:   w.env.ARN("events", fmt.Sprint("rule/", strings.Repeat("r", 60), i)),
		})
		return err
	}
	granted := 0
	for granted < 200 && grant(granted) == nil {
		granted++
	}
	assert.Greater(t, granted, 40)
	require.ErrorContains(t, grant(granted), "PolicyLengthExceededException: The final policy size (20")
	require.ErrorContains(t, grant(granted), "is bigger than the limit (20480).")
	require.NoError(t, w.lambda.RemovePermission("health-check", "rule-0"))
	require.NoError(t, grant(granted), "there is room again")
}
