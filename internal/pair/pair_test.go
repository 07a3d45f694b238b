package pair

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAClusterIsNamedByItsARN(t *testing.T) {
	const arn = "arn:aws:dsql:us-east-1:123456789012:cluster/abcdefghijklmnopqrstuvwxyz"
	c, err := Parse(arn)
	require.NoError(t, err)
	assert.Equal(t, Cluster{arn, "us-east-1", "123456789012", "abcdefghijklmnopqrstuvwxyz"}, c)
	assert.Equal(t, "abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws", c.Endpoint())
}

func TestAnythingElseIsNoCluster(t *testing.T) {
	for _, text := range []string{
		"", "cluster", "abcdefghijklmnopqrstuvwxyz",
		"arn:aws:rds:us-east-1:123456789012:cluster/abc",
		"arn:aws:dsql::123456789012:cluster/abc",
		"arn:aws:dsql:us-east-1:123456789012:abc",
		"arn:aws:dsql:us-east-1:123456789012:cluster/",
	} {
		_, err := Parse(text)
		assert.EqualError(t, err, `the ARN of a cluster is "`+text+
			`": want arn:aws:dsql:<region>:<account>:cluster/<identifier>`)
	}
}
