package migrate

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/schema"
)

func TestAnEventNamesTheIAMRolesOfEveryDeclaredRole(t *testing.T) {
	for _, arn := range []string{
		"arn:aws:iam::123456789012:role/monitor", "arn:aws:iam::123456789012:role/service/a.b/monitor-1_x+y=z,@",
		"arn:aws-us-gov:iam::123456789012:role/monitor",
	} {
		assert.NoError(t, validate(contract.MigrateEvent{Roles: map[string][]string{schema.RoleMonitor: {arn}}},
			schema.Roles()), arn)
	}
}

func TestEveryProblemOfAnEventIsReported(t *testing.T) {
	err := validate(contract.MigrateEvent{Roles: map[string][]string{
		"admin": {"arn:aws:iam::123456789012:role/evil"},
		"stranger": {"arn:aws:iam::123456789012:role/x'; DROP SCHEMA dr; --", "arn:aws:sts::123456789012:assumed-role/x/y",
			"arn:aws:iam::12:role/x", ""},
	}}, schema.Roles())
	for _, problem := range []string{
		"roles.dr_monitor is empty",
		"roles.admin is no role of the database: want dr_monitor",
		"roles.stranger is no role of the database",
		`"arn:aws:iam::123456789012:role/x'; DROP SCHEMA dr; --": want the ARN of an IAM role`,
		`"arn:aws:sts::123456789012:assumed-role/x/y": want the ARN`,
		`"arn:aws:iam::12:role/x": want the ARN`,
		`"": want the ARN`,
	} {
		assert.ErrorContains(t, err, problem)
	}
	assert.ErrorContains(t, validate(contract.MigrateEvent{}, schema.Roles()), "roles.dr_monitor is empty",
		"an empty event revokes nothing")
}
