package backups

import (
	"testing"

	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/golden"
)

const arn = "arn:aws:"

var (
	east = components.Region{Name: "us-east-1", Account: "123456789012", Partition: "aws"}
	ohio = components.Region{Name: "us-east-2", Account: "123456789012", Partition: "aws"}
)

// Every policy document and the state machine, word for word: a change of what somebody may do, or of what a test does,
// shows in a diff of testdata.
func TestDocuments(t *testing.T) {
	const (
		own      = arn + "dsql:us-east-1:123456789012:cluster/own"
		other    = arn + "dsql:us-east-2:123456789012:cluster/other"
		vault    = arn + "backup:us-east-1:123456789012:backup-vault:vault"
		twins    = arn + "backup:us-east-2:123456789012:backup-vault:twins"
		vaultKey = arn + "kms:us-east-1:123456789012:key/v"
		twinsKey = arn + "kms:us-east-2:123456789012:key/t"
		machine  = arn + "states:us-east-1:123456789012:stateMachine:m"
		test     = arn + "lambda:us-east-1:123456789012:function:test"
		verify   = arn + "lambda:us-east-1:123456789012:function:verify"
		grant    = arn + "lambda:us-east-1:123456789012:function:grant"
	)
	at := regions{own: east, other: ohio}
	for name, render := range map[string]func() (string, error){
		"vault.json":             func() (string, error) { return vaultPolicy("") },
		"vault-break-glass.json": func() (string, error) { return vaultPolicy("arn:aws:iam::123456789012:role/ops") },
		"backup.json": func() (string, error) {
			return backupPolicy(east, own, vault, twins, vaultKey, twinsKey)
		},
		"restore.json": func() (string, error) {
			return restorePolicy(east, ohio.Name, "us-west-2", vaultKey, twinsKey)
		},
		"verify.json":       func() (string, error) { return verifyPolicy(at, "") },
		"verify-field.json": func() (string, error) { return verifyPolicy(at, arn+"kms:us-east-1:123456789012:key/mrk-1") },
		"grant.json":        func() (string, error) { return grantPolicy(at, own, other) },
		"test.json": func() (string, error) {
			return testPolicy(east, testAccess{
				own: own, other: other, vault: vault, twins: twins,
				role:  arn + "iam::123456789012:role/tests",
				topic: arn + "sns:us-east-1:123456789012:alerts", topicKey: arn + "kms:us-east-1:123456789012:key/k",
				clusters: at,
			})
		},
		"run.json":   func() (string, error) { return runPolicy(test, verify, grant) },
		"start.json": func() (string, error) { return startPolicy(machine) },
		"look.json":  func() (string, error) { return lookPolicy(machine) },
		"ended.json": func() (string, error) { return endedPattern(machine) },
		"machine.json": func() (string, error) {
			return definition(calls{test: test, verify: verify, grant: grant})
		},
	} {
		t.Run(name, func(t *testing.T) {
			document, err := render()
			require.NoError(t, err)
			golden.JSON(t, name, document)
		})
	}
}
