package cloudtrail

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/iam"
)

// The records are those of "CloudTrail userIdentity element", without what only AWS has: keys, times, MFA.
func TestAnAssumedRoleNamesItsRoleAndAUserNone(t *testing.T) {
	user := iam.Principal{ARN: "arn:aws:iam::123456789012:user/Alice"}
	role := iam.Session("arn:aws:iam::123456789012:role/path/RoleToBeAssumed", "MySessionName")
	for want, who := range map[string]Identity{
		`{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/Alice","accountId":"123456789012","userName":"Alice"}`: Who(
			"123456789012", user, "", ""),
		`{"type":"AssumedRole","principalId":"AROA1:MySessionName","accountId":"123456789012",
			"arn":"arn:aws:sts::123456789012:assumed-role/RoleToBeAssumed/MySessionName","invokedBy":"backup.amazonaws.com",
			"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA1","accountId":"123456789012",
				"arn":"arn:aws:iam::123456789012:role/path/RoleToBeAssumed","userName":"RoleToBeAssumed"}}}`: Who(
			"123456789012", role, "AROA1", "backup.amazonaws.com"),
	} {
		got, err := json.Marshal(who)
		require.NoError(t, err)
		assert.JSONEq(t, want, string(got))
	}
}
