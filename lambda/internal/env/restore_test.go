package env

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
)

func lookup(values map[string]string) func(string) (string, bool) {
	return func(key string) (string, bool) { value, ok := values[key]; return value, ok }
}

const settings = `{"clusters":["arn:aws:dsql:us-east-1:123456789012:cluster/aaa",
	"arn:aws:dsql:us-east-2:123456789012:cluster/bbb"],"vault":"dr","peerRegion":"us-east-2","peerVault":"dr-2",
	"witness":"us-west-2","roleArn":"arn:aws:iam::123456789012:role/restore",
	"topicArn":"arn:aws:sns:us-east-1:123456789012:alerts"}`

func TestTheEnvironmentOfRestoretest(t *testing.T) {
	values := map[string]string{
		"AWS_REGION":        "us-east-1",
		contract.EnvRestore: settings,
	}
	e, err := ParseRestoreTest(lookup(values))
	require.NoError(t, err)
	assert.Equal(t, "us-east-2", e.Settings.PeerRegion)
	assert.Equal(t, "arn:aws:iam::123456789012:role/restore", e.Settings.RoleARN)
	assert.Equal(t, []time.Duration{time.Hour, 6 * time.Hour}, []time.Duration{e.Hour, e.LeftoverAge})

	assert.Equal(t, contract.RunbooksPath, e.Runbooks)

	values[contract.EnvRunbooks] = "https://wiki.example.com/dr"
	values[contract.EnvBackupHour], values[contract.EnvLeftoverAge] = "10s", "1m"
	e, err = ParseRestoreTest(lookup(values))
	require.NoError(t, err)
	assert.Equal(t, []time.Duration{10 * time.Second, time.Minute}, []time.Duration{e.Hour, e.LeftoverAge})
	assert.Equal(t, contract.Runbooks("https://wiki.example.com/dr"), e.Runbooks)
}

func TestEveryProblemOfRestoretestsEnvironmentIsReported(t *testing.T) {
	_, err := ParseRestoreTest(lookup(map[string]string{"AWS_REGION": "us-east-1", contract.EnvRestore: `{"clusters":[
		"arn:aws:dsql:us-east-2:123456789012:cluster/bbb","arn:aws:dsql:us-east-1:123456789012:cluster/aaa"],"vault":"",
		"peerRegion":"us-east-2","peerVault":"v","witness":"","roleArn":"x","topicArn":"y"}`, "LEFTOVER_AGE": "soon"}))
	assert.EqualError(t, err, `environment of restoretest:
LEFTOVER_AGE is "soon": want a positive Go duration such as 15s
RESTORE.clusters[0] is "arn:aws:dsql:us-east-2:123456789012:cluster/bbb": want the ARN of a cluster in us-east-1
RESTORE.clusters[1] is "arn:aws:dsql:us-east-1:123456789012:cluster/aaa": want the ARN of a cluster in us-east-2
RESTORE.vault is "": want a backup vault's name
RESTORE.peerVault is "v": want a backup vault's name
RESTORE.witness is "": want a region name such as us-west-2
RESTORE.roleArn is "x": want the ARN of an IAM role
RESTORE.topicArn is "y": want arn:aws:sns:<region>:<account>:<name>`)

	for value, want := range map[string]string{
		"":                       "RESTORE is missing",
		settings + "{}":          "something follows the object",
		`{"role":"x"}`:           `unknown field "role"`,
		`{"clusters":["a"]}`:     "RESTORE.clusters is \"a\": want the ARNs of the stack's two clusters",
		`{"clusters":["a","b"]}`: `RESTORE.clusters[0] is "a": want the ARN of a cluster in us-east-1`,
	} {
		_, err := ParseRestoreTest(lookup(map[string]string{"AWS_REGION": "us-east-1", contract.EnvRestore: value}))
		assert.ErrorContains(t, err, want)
	}
}

func TestTheEnvironmentsOfWhoVerifies(t *testing.T) {
	values := map[string]string{
		"AWS_REGION":        "us-east-1",
		"DATABASE_ENDPOINT": "aaa.dsql.us-east-1.on.aws",
		"DATABASE_ROLE":     "dr_verify",
	}
	e, err := ParseRestoreVerify(lookup(values))
	require.NoError(t, err)
	assert.Empty(t, e.KeyARN)
	values["KEY_ARN"] = "arn:aws:kms:us-east-1:123456789012:key/mrk-1"
	e, err = ParseRestoreVerify(lookup(values))
	require.NoError(t, err)
	assert.Equal(t, values["KEY_ARN"], e.KeyARN)
	values["KEY_ARN"] = "arn:aws:kms:us-east-2:123456789012:key/mrk-1"
	_, err = ParseRestoreVerify(lookup(values))
	assert.ErrorContains(t, err, "want the ARN of a KMS key in us-east-1")

	g, err := ParseRestoreGrant(lookup(map[string]string{
		"DATABASE_ROLE":          "dr_verify",
		contract.EnvVerifierRole: "arn:aws:iam::123456789012:role/verify",
	}))
	require.NoError(t, err)
	assert.Equal(t, []string{"dr_verify", "arn:aws:iam::123456789012:role/verify"}, []string{g.Role, g.VerifierARN})
	_, err = ParseRestoreGrant(lookup(nil))
	assert.EqualError(t, err, `environment of restoregrant:
DATABASE_ROLE is missing: want a lower-case PostgreSQL role name
VERIFIER_ROLE is missing: want the ARN of an IAM role`)
}
