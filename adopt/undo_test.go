package main

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/pair"
	"aurora-dsql-dr/sandbox/kms"
)

func TestAPairThatADeploymentWouldReplaceIsNotAdopted(t *testing.T) {
	w := newWorld(t)
	own, other := w.make(func(region string) sdk.CreateClusterInput {
		return sdk.CreateClusterInput{
			DeletionProtectionEnabled: aws.Bool(true),
			KmsEncryptionKey:          w.key(region, kms.Key{MultiRegion: region == virginia}),
		}
	})
	before := w.account.DSQL.Clusters()
	err := w.adopt(own.ARN + " " + other.ARN)
	assert.EqualError(t, err, "a deployment would replace database-primary-key, "+
		"where (as it is -> as the program has it)\n    multiRegion: true -> none")
	w.untouched(before)

	w.pulumi("stack", "init", "prod")
	file, state := w.read("Pulumi.prod.yaml"), w.pulumi("stack", "export", "--stack", "prod")
	assert.ErrorContains(t, w.adopt(own.ARN+" "+other.ARN), "a deployment would replace database-primary-key")
	assert.Equal(t, file, w.read("Pulumi.prod.yaml"))
	assert.JSONEq(t, state, w.pulumi("stack", "export", "--stack", "prod"))
	assert.Equal(t, before, w.account.DSQL.Clusters())
}

func (w *world) read(file string) string {
	w.Helper()
	text, err := os.ReadFile(file)
	require.NoError(w, err)
	return string(text)
}

func TestWhatGoesWrongHalfWayIsTakenBack(t *testing.T) {
	w := newWorld(t)
	keys := map[string]*string{}
	own, other := w.make(func(region string) sdk.CreateClusterInput {
		keys[region] = w.key(region, kms.Key{})
		return sdk.CreateClusterInput{KmsEncryptionKey: keys[region]}
	})
	clusters := own.ARN + " " + other.ARN
	before := w.account.DSQL.Clusters()

	require.NoError(t, os.Rename("build", "elsewhere"))
	assert.ErrorContains(t, w.adopt(clusters), "run `make lambda`", "before anything is in the state")
	w.untouched(before)
	require.NoError(t, os.Rename("elsewhere", "build"))

	// Aurora DSQL notices within a minute, in which it is the import that does not find the key.
	require.NoError(t, w.account.Region(ohio).KMS.DeleteKey(*keys[ohio]))
	assert.Regexp(t, "does not exist|KMS_KEY_INACCESSIBLE", w.adopt(clusters))
	w.unwritten()
}

func TestWhatTheConfigurationSaysOtherwiseIsNamed(t *testing.T) {
	w := newWorld(t)
	own, other := w.make(func(string) sdk.CreateClusterInput {
		return sdk.CreateClusterInput{Tags: map[string]string{"owner": "shop"}}
	})
	before := w.account.DSQL.Clusters()
	clusters := own.ARN + " " + other.ARN
	err := w.adopt(clusters, "-environment", "<prod>")
	assert.ErrorContains(t, err, `environment is "<prod>": want 1 to 256 ASCII letters`)
	assert.ErrorContains(t, err, `COSTCENTER is "": want`)
	assert.NotContains(t, err.Error(), "OWNER")
	w.untouched(before)

	const there = `config:
  aurora-dsql-dr:regions: { primary: us-east-2, secondary: us-east-1, witness: us-west-2 }
  aurora-dsql-dr:databaseEncryption: customer-managed
  aurora-dsql-dr:environment: prod
  aurora-dsql-dr:owner: platform
  aurora-dsql-dr:costCenter: engineering
`
	w.write("Pulumi.prod.yaml", there)
	err = w.adopt(clusters, "-owner", "shop")
	for _, says := range []string{
		`regions.primary in Pulumi.prod.yaml is "us-east-2": want us-east-1`,
		`regions.secondary in Pulumi.prod.yaml is "us-east-1": want us-east-2`,
		`deletionProtection in Pulumi.prod.yaml is "true": want false`,
		`databaseEncryption in Pulumi.prod.yaml is "customer-managed": want aws-owned`,
		`owner in Pulumi.prod.yaml is "platform": want shop`,
	} {
		assert.ErrorContains(t, err, says)
	}
	assert.NotContains(t, err.Error(), "witness")
	assert.Equal(t, there, w.read("Pulumi.prod.yaml"))
	require.NoError(t, os.Remove("Pulumi.prod.yaml"))
	w.untouched(before)
}

func TestAStackThatHasOtherThingsTakesNoPair(t *testing.T) {
	w := newWorld(t)
	own, other := w.make(plain)
	before := w.account.DSQL.Clusters()
	w.pulumi("stack", "init", "prod")
	w.deployed(pair.Cluster{}, pair.Cluster{})
	assert.ErrorContains(t, w.adopt(own.ARN+" "+other.ARN),
		"the stack prod has resources, such as primary-monitor, and no cluster")
	assert.Equal(t, before, w.account.DSQL.Clusters())
}
