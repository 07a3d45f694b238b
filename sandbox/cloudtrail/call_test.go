package cloudtrail

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
)

func TestParametersAreNamedInLowerCamelCaseAndAsTheyWereGiven(t *testing.T) {
	for want, request := range map[string]any{
		`{"backupVaultName":"vault","recoveryPointArn":"arn"}`: &backup.DeleteRecoveryPointInput{
			BackupVaultName: aws.String("vault"), RecoveryPointArn: aws.String("arn"),
		},
		`{"resourceTypeOptInPreference":{"DSQL":false}}`: &backup.UpdateRegionSettingsInput{
			ResourceTypeOptInPreference: map[string]bool{"DSQL": false},
		},
		`{"backupPlanId":"p","backupPlan":{"backupPlanName":"n","rules":[{"ruleName":"r","lifecycle":{"deleteAfterDays":1}}]}}`: //
		&backup.UpdateBackupPlanInput{
			BackupPlanId: aws.String("p"),
			BackupPlan: &types.BackupPlanInput{BackupPlanName: aws.String("n"), Rules: []types.BackupRuleInput{{
				RuleName: aws.String("r"), Lifecycle: &types.Lifecycle{DeleteAfterDays: aws.Int64(1)},
			}}},
		},
		`null`: (*backup.DeleteRecoveryPointInput)(nil),
	} {
		got, err := json.Marshal(Parameters(request))
		require.NoError(t, err)
		assert.JSONEq(t, want, string(got))
	}
}

func TestACallSaysWhyItWasRefused(t *testing.T) {
	assert.Empty(t, Call{}.Ended(nil).ErrorCode)
	assert.Empty(t, Call{}.Ended(errors.New("no answer of AWS")).ErrorCode)
	refused := Call{}.Ended(awserr.Denied("AccessDenied", "may not"))
	assert.Equal(t, "AccessDenied", refused.ErrorCode)
	assert.Equal(t, "may not", refused.ErrorMessage)
}
