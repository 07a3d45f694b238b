package reason

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refusal is an error of the SDK about a call.
func refusal(err error) error {
	return &smithy.OperationError{ServiceID: "Backup", OperationName: "GetBackupPlan", Err: err}
}

func code(code string) error {
	return refusal(&smithy.GenericAPIError{Code: code, Message: "so it is"})
}

func TestWhyAWSDidNotDoIt(t *testing.T) {
	dialled := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for want, err := range map[string]error{
		"Backup GetBackupPlan is not allowed: so it is":                                       code("AccessDeniedException"),
		"Backup GetBackupPlan does not know the caller (ExpiredToken): renew the credentials": code("ExpiredToken"),
		"Backup GetBackupPlan is throttled (ThrottlingException): ask again in a minute":      code("ThrottlingException"),
		"Backup GetBackupPlan says ResourceNotFoundException: so it is":                       code("ResourceNotFoundException"),
		"Backup GetBackupPlan did not answer in time":                                         refusal(context.DeadlineExceeded),
		"Backup GetBackupPlan cannot be reached: dial tcp: connection refused": refusal(
			&url.Error{Op: "Get", URL: "https://backup.us-east-1.amazonaws.com/plans?a=long", Err: dialled}),
		"Backup GetBackupPlan cannot be reached: EOF": refusal(&url.Error{Op: "Get", URL: "https://long", Err: io.EOF}),
		"no error of AWS": errors.New("no error of AWS"),
	} {
		assert.Equal(t, want, Of(err))
	}
}

// What the SDK says is worded wherever it stands, and what commands say around it stays.
func TestAnErrorIsToldWithTheReasonsOfAllItsParts(t *testing.T) {
	err := fmt.Errorf("nothing was done:\n%w", errors.Join(
		fmt.Errorf("the plan in us-east-1: %w", code("AccessDenied")),
		fmt.Errorf("%w, and %w", errors.New("it is late"), code("Throttling")),
		nil,
	))
	assert.Equal(t, "nothing was done:\nthe plan in us-east-1: Backup GetBackupPlan is not allowed: so it is\n"+
		"it is late, and Backup GetBackupPlan is throttled (Throttling): ask again in a minute", Told(err))
	assert.Equal(t, "POINT is missing", Told(errors.New("POINT is missing")))
}

// caller asks who it is, with or without credentials.
func caller(t *testing.T, endpoint string, credentials aws.CredentialsProvider) error {
	t.Helper()
	for _, variable := range []string{
		"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	} {
		t.Setenv(variable, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_CONFIG_FILE", "")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("us-east-1"), config.WithBaseEndpoint(endpoint),
		config.WithRetryMaxAttempts(1), config.WithCredentialsProvider(credentials))
	require.NoError(t, err)
	_, err = sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
	require.Error(t, err)
	return err
}

func TestWhoHasNoCredentialsIsToldSo(t *testing.T) {
	err := caller(t, "http://127.0.0.1:1", nil)
	assert.Equal(t, "there are no AWS credentials: take some by which aws sts get-caller-identity answers (no EC2 IMDS role "+
		"found)", Told(err))
	assert.False(t, Unanswered(err), "no region is the reason")
}

func TestARegionThatDoesNotAnswerIsKnown(t *testing.T) {
	known := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "secret"}, nil
	})
	answering := func(status int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		return server.URL
	}
	assert.True(t, Unanswered(caller(t, "http://127.0.0.1:1", known)), "nobody listens")
	assert.True(t, Unanswered(caller(t, answering(http.StatusServiceUnavailable), known)))
	assert.False(t, Unanswered(caller(t, answering(http.StatusForbidden), known)))
	assert.True(t, Unanswered(fmt.Errorf("in us-east-1: %w", context.DeadlineExceeded)))
	assert.False(t, Unanswered(errors.New("a mistake")))
	assert.False(t, Unanswered(nil))
}
