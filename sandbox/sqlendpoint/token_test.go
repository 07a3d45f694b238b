package sqlendpoint

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/internal/sigv4"
)

func TestATokenIsAcceptedOnlyAsItWasSigned(t *testing.T) {
	const (
		host      = "abc.dsql.us-east-1.on.aws"
		principal = "arn:aws:iam::123456789012:role/r"
	)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	key := aws.Credentials{AccessKeyID: "ASIAKNOWN", SecretAccessKey: "secret+/=", SessionToken: "session/+= token"}
	presign := func(key aws.Credentials, url, service, region string, at time.Time) string {
		signed, err := sigv4.Presign(t.Context(), key, "https://"+url, service, region, at)
		require.NoError(t, err)
		return strings.TrimPrefix(signed, "https://")
	}
	const query = "/?Action=DbConnect&X-Amz-Expires=900"
	good := presign(key, host+query, "dsql", "us-east-1", now)
	otherSecret, otherSession := key, key
	otherSecret.SecretAccessKey, otherSession.SessionToken = "other", "other"
	unknown := key
	unknown.AccessKeyID = "ASIAUNKNOWN"

	v := verifier{
		region:  "us-east-1",
		written: func(_ string, t time.Time) time.Time { return t },
		credentials: func(id string) (Credential, bool) {
			return Credential{
				SecretAccessKey: key.SecretAccessKey,
				SessionToken:    key.SessionToken,
				PrincipalARN:    principal,
			}, id == key.AccessKeyID
		},
	}
	for _, test := range []struct {
		intent, password, user string
		after                  time.Duration
		hint                   string // "" for accepted
	}{
		{"as signed", good, "r", 0, ""},
		{"until its last second", good, "r", 15 * time.Minute, ""},
		{"not after it", good, "r", 15*time.Minute + time.Second, "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T031906Z - 15m0s)"},
		{"by a signer whose clock runs ahead a little", presign(key, host+query, "dsql", "us-east-1", now.Add(4*time.Minute)), "r", 0, ""},
		{"not by one of the future", presign(key, host+query, "dsql", "us-east-1", now.Add(6*time.Minute)), "r", 0, "Signature not yet current"},
		{"not with another secret", presign(otherSecret, host+query, "dsql", "us-east-1", now), "r", 0, "does not match"},
		{"not with another session", presign(otherSession, host+query, "dsql", "us-east-1", now), "r", 0, "security token"},
		{"not with an unknown key", presign(unknown, host+query, "dsql", "us-east-1", now), "r", 0, "security token"},
		{"not for another host", presign(key, "xyz.dsql.us-east-1.on.aws"+query, "dsql", "us-east-1", now), "r", 0, "The token is for xyz"},
		{"not for another region", presign(key, host+query, "dsql", "us-east-2", now), "r", 0, "scoped to a valid region"},
		{"not for another service", presign(key, host+query, "rds-db", "us-east-1", now), "r", 0, "scoped to a valid region"},
		{"not with a changed action", strings.Replace(good, "DbConnect", "DbConnectAdmin", 1), "admin", 0, "does not match"},
		{"not with a longer life", strings.Replace(good, "X-Amz-Expires=900", "X-Amz-Expires=901", 1), "r", 0, "does not match"},
		{"not with an endless life", presign(key, host+"/?Action=DbConnect&X-Amz-Expires=604801", "dsql", "us-east-1", now), "r", 0, "must be 1 to 604800"},
		{"not as admin with the action of others", good, "admin", 0, "Wrong user to action mapping. user: admin, action: DbConnect"},
		{"not as another with admin's action", presign(key, host+"/?Action=DbConnectAdmin&X-Amz-Expires=900", "dsql", "us-east-1", now), "r", 0,
			"Wrong user to action mapping. user: r, action: DbConnectAdmin"},
		{"as admin with admin's action", presign(key, host+"/?Action=DbConnectAdmin&X-Amz-Expires=900", "dsql", "us-east-1", now), "admin", 0, ""},
		{"not a password", "hunter2", "r", 0, "not an authentication token"},
		{"not nothing", "", "r", 0, "not an authentication token"},
	} {
		t.Run(test.intent, func(t *testing.T) {
			v.now = func() time.Time { return now.Add(test.after) }
			got, action, denied := v.verify(test.password, host, test.user)
			if test.hint == "" {
				require.Nil(t, denied)
				assert.Equal(t, principal, got.PrincipalARN)
				assert.Equal(t, "dsql:"+ActionOf(test.user), action)
				return
			}
			require.NotNil(t, denied)
			assert.Equal(t, "08006", denied.Code)
			assert.Equal(t, "unable to accept connection, access denied", denied.Message)
			assert.Contains(t, denied.Hint, test.hint)
			assert.Equal(t, "FATAL", denied.Severity)
		})
	}
}
