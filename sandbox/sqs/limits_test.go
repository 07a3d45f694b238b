package sqs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/iam"
)

// policy has so many statements, each with so many conditions.
func policy(statements, conditions int, resource string) string {
	var tests []string
	for i := range conditions {
		tests = append(tests, fmt.Sprintf(`"k%d":"v"`, i))
	}
	statement := `{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"` + resource + `","Condition":{"StringEquals":{` +
		strings.Join(tests, ",") + `}}}`
	return `{"Version":"2012-10-17","Statement":[` + strings.Repeat(statement+",", statements-1) + statement + `]}`
}

func TestSQSRefusesWhatIsTooMuch(t *testing.T) {
	below, above := 59, 43_201
	for want, q := range map[string]Queue{
		"InvalidParameterValue: Can only include alphanumeric characters": {Name: "a.b"},
		"1 to 80 in length": {Name: strings.Repeat("q", 81)},
		"InvalidAttributeValue: Invalid value for the parameter MessageRetentionPeriod: 59": {Name: "q", MessageRetentionSeconds: &below},
		"Invalid value for the parameter VisibilityTimeout: 43201":                          {Name: "q", VisibilityTimeoutSeconds: &above},
		"Invalid value for the parameter MaximumMessageSize: 59":                            {Name: "q", MaxMessageSize: &below},
		"Invalid value for the parameter ReceiveMessageWaitTimeSeconds: 59":                 {Name: "q", ReceiveWaitTimeSeconds: &below},
		"at 'tags.k' failed": {Name: "q", Tags: map[string]string{"k": ";"}},
		"Invalid value for the parameter Policy: it has 21 statements, the quota is 20.": {Name: "q", Policy: policy(21, 0, "*")},
		"Invalid value for the parameter Policy: it has 11 conditions, the quota is 10.": {Name: "q", Policy: policy(11, 1, "*")},
		"bytes, the quota is 8192.": {Name: "q", Policy: policy(1, 1, strings.Repeat("r", 8192))},
	} {
		_, err := complete(&q)
		require.ErrorContains(t, err, want)
	}
	parsed, err := iam.ParseResourcePolicy(policy(10, 1, "*"))
	require.NoError(t, err)
	require.NoError(t, checkPolicy(policy(10, 1, "*"), parsed))
}
