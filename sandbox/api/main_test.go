package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/api"
	sandboxaws "aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/iam"
)

const role = "monitor"

// world is two regions behind the HTTP face, and a role with no permissions.
type world struct {
	account  *sandboxaws.Account
	endpoint string
	role     iam.Role
}

func newWorld(t testing.TB, edit func(*api.Config)) *world {
	t.Helper()
	w := &world{account: sandboxaws.NewAccount(sandboxaws.Options{
		Clock:   clock.New(1),
		Regions: []string{"us-east-1", "us-east-2"},
	})}
	config := api.Config{Account: w.account}
	if edit != nil {
		edit(&config)
	}
	w.account = config.Account
	t.Cleanup(func() { assert.NoError(t, w.account.Close()) })
	endpoint, stop, err := api.New(config).Listen("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(stop)
	w.endpoint = endpoint
	w.role, err = w.account.IAM.CreateRole(iam.Role{Name: role, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	require.NoError(t, err)
	return w
}

// allow gives the role an inline policy with one statement.
func (w *world) allow(t *testing.T, action, resource, condition string) {
	t.Helper()
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	_, err := w.account.IAM.PutRolePolicy(iam.RolePolicy{Role: role, Name: action[strings.Index(action, ":")+1:], Policy: fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%q,"Resource":%q%s}]}`, action, resource, condition)})
	require.NoError(t, err)
}

// readers sends bodies by their Read alone. The SDK's bodies also have a WriteTo, which fails once the SDK has closed
// them; as fast as a loopback server answers, that may be before the transport is done with them, and the rest of a long
// answer is lost.
type readers struct{}

func (readers) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r = r.WithContext(r.Context())
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return http.DefaultTransport.RoundTrip(r)
}

// as is an SDK configuration with these credentials.
func (w *world) as(region string, credentials iam.Credentials) aws.Config {
	return aws.Config{Region: region, BaseEndpoint: &w.endpoint, RetryMaxAttempts: 1, HTTPClient: &http.Client{Transport: readers{}},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: credentials.AccessKeyID, SecretAccessKey: credentials.SecretAccessKey,
				SessionToken: credentials.SessionToken}, nil
		})}
}

func (w *world) admin(region string) aws.Config { return w.as(region, w.account.IAM.Admin()) }

// function is an SDK configuration for a function with the role.
func (w *world) function(t *testing.T, region string) aws.Config {
	t.Helper()
	credentials, err := w.account.IAM.AssumeRole("lambda.amazonaws.com", w.role.Arn, "health-check")
	require.NoError(t, err)
	return w.as(region, credentials)
}

// requireCode checks the error code an SDK client has read from an answer.
func requireCode(t *testing.T, err error, code, message string) {
	t.Helper()
	var failed smithy.APIError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, code, failed.ErrorCode(), err)
	require.Contains(t, failed.ErrorMessage(), message)
}

func (w *world) request(t *testing.T, method, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.endpoint+path, nil)
	require.NoError(t, err)
	return r
}

// post sends what no current SDK would, signed by the administrator.
func (w *world) post(t *testing.T, service string, headers map[string]string, body string) (status int, answer string) {
	t.Helper()
	return w.postAs(t, w.account.IAM.Admin(), service, headers, body)
}

// postAs is post with other credentials.
func (w *world) postAs(
	t *testing.T,
	who iam.Credentials,
	service string,
	headers map[string]string,
	body string,
) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.endpoint, strings.NewReader(body))
	require.NoError(t, err)
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	sum := sha256.Sum256([]byte(body))
	require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), credentialsOf(who), r, hex.EncodeToString(sum[:]),
		service, "us-east-1", time.Now()))
	return do(t, r)
}

func do(t *testing.T, r *http.Request) (status int, body string) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(content)
}

func credentialsOf(c iam.Credentials) aws.Credentials {
	return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
