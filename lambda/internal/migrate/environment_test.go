package migrate

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func getenv(values map[string]string) func(string) string {
	return func(key string) string { return values[key] }
}

func TestTheRegionIsTheEndpoints(t *testing.T) {
	env, err := ParseEnvironment(getenv(map[string]string{
		"DATABASE_ENDPOINT": "abc.dsql.us-east-2.on.aws",
		"DSQL_HOSTADDR":     "abc.dsql.us-east-2.on.aws=127.0.0.1:5432",
		"AWS_REGION":        "us-west-2",
		"KEY_ARN":           keyOfTest,
	}))
	assert.NoError(t, err)
	assert.Equal(t, Environment{
		Endpoint: "abc.dsql.us-east-2.on.aws",
		Region:   "us-east-2",
		HostAddr: map[string][]string{"abc.dsql.us-east-2.on.aws": {"127.0.0.1:5432"}},
		KeyARN:   keyOfTest,
	}, env)
}

func TestEveryProblemOfTheEnvironmentIsReported(t *testing.T) {
	_, err := ParseEnvironment(getenv(map[string]string{"DSQL_HOSTADDR": "a=b,c", "KEY_ARN": "alias/fields"}))
	assert.ErrorContains(t, err, `DATABASE_ENDPOINT: endpoint "": want the host name of a DSQL endpoint`)
	assert.ErrorContains(t, err, `DSQL_HOSTADDR: "a=b": want host=ip:port`)
	assert.ErrorContains(t, err, `KEY_ARN is "alias/fields": want the ARN of a KMS key`)
	assert.ErrorContains(t, err, `"c": want host=ip:port`)
}
