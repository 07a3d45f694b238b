package provider

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

const machineKind = "aws:sfn/stateMachine:StateMachine"

// roleFor is the ARN of a role that a service may assume.
func (w *world) roleFor(service string) string {
	w.t.Helper()
	role, err := w.IAM.CreateRole(iam.Role{Name: service, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Service":"` + service + `.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
	require.NoError(w.t, err)
	return role.Arn
}

// waiting is a definition that waits for some seconds.
func waiting(seconds string) string {
	return `{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":` + seconds + `,"Next":"End"},"End":{"Type":"Succeed"}}}`
}

func TestAStateMachineIsCreatedUpdatedAndDeletedWithItsExecutions(t *testing.T) {
	w := newWorld(t, Options{})
	i := w.in(primary)
	inputs := object{"definition": waiting("1"), "roleArn": w.roleFor("states"), "tags": object{"team": "a"}}
	m := i.mustCreate(machineKind, "restore", inputs)
	name := m.inputs["name"].(string)
	assert.Regexp(t, `^restore-[0-9a-f]{7}$`, name)
	assert.Equal(t, "arn:aws:states:us-east-1:123456789012:stateMachine:"+name, m.id)
	assert.Equal(t, m.id, m.outputs["arn"])
	assert.Equal(t, "ACTIVE", m.outputs["status"])
	assert.Equal(t, "STANDARD", m.outputs["type"])
	fresh := i.mustRefresh(m)
	assert.Equal(t, "DIFF_NONE", i.diff(fresh, inputs).GetChanges().String(), "what AWS fills in is no drift")

	spaced := object{"definition": strings.ReplaceAll(waiting("1"), ",", ", "), "roleArn": inputs["roleArn"]}
	changed := object{"definition": waiting("2"), "roleArn": inputs["roleArn"]}
	assert.Empty(t, i.diff(fresh, changed).GetReplaces())
	assert.Equal(t, []string{"type"}, i.diff(fresh, object{
		"definition": waiting("1"), "roleArn": inputs["roleArn"], "type": "EXPRESS", "tags": object{"team": "a"},
	}).GetReplaces())
	m, err := i.update(fresh, spaced)
	require.NoError(t, err)
	m, err = i.update(m, changed)
	require.NoError(t, err)
	assert.NotEmpty(t, m.outputs["revisionId"])
	live, err := w.Region(primary).StepFunctions.Machine(m.id)
	require.NoError(t, err)
	assert.Equal(t, waiting("2"), live.Definition)
	assert.Empty(t, live.Tags)

	e, err := w.Region(primary).StepFunctions.StartExecution(m.id, "", "")
	require.NoError(t, err)
	require.NoError(t, i.delete(m))
	e, err = w.Region(primary).StepFunctions.Execution(e.Arn)
	require.NoError(t, err)
	assert.Equal(t, stepfunctions.Aborted, e.Status, "the deletion waits for its next transition")
	gone, err := i.refresh(m)
	require.NoError(t, err)
	assert.Empty(t, gone.id)
}

func TestAStateMachineThatStepFunctionsRefusesIsNotCreated(t *testing.T) {
	w := newWorld(t, Options{})
	i, role := w.in(primary), w.roleFor("states")
	_, reasons, err := i.check(machineKind, "m", nil, object{"definition": `{"X":1}`, "roleArn": role})
	require.NoError(t, err)
	const invalid = "definition is an invalid Step Functions State Machine definition: SCHEMA_VALIDATION_FAILED: "
	assert.Equal(t, []string{
		invalid + "These fields are required: [States, StartAt] at /", invalid + "Field is not supported at /X",
	}, reasons, "at preview")
	_, err = i.create(machineKind, "m", object{"definition": waiting("1"), "roleArn": w.roleFor("lambda")})
	require.ErrorContains(t, err, "is authorized to assume the provided role")
	_, err = i.create(machineKind, "m", object{
		"definition": waiting("1"), "roleArn": role, "encryptionConfiguration": object{"type": "CUSTOMER_MANAGED_KMS_KEY"},
	})
	require.ErrorContains(t, err, "the sandbox does not model this")
	_, err = i.create(machineKind, "m", object{
		"definition": waiting("1"), "roleArn": role, "loggingConfiguration": object{"level": "ALL"},
	})
	assert.ErrorContains(t, err, `the log level is "ALL": the sandbox models OFF`)
}
