package apptest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Call is a call of an AWS API.
type Call struct {
	// Service and Region are those it was signed for.
	Service, Region string
	// Operation is the target of JSON protocols, else the path.
	Operation string
	Body      string
}

// Cloud answers the AWS calls of the application's functions, and notes them.
type Cloud struct {
	kms   *KMS
	mu    sync.Mutex
	calls []Call
}

var credentialScope = regexp.MustCompile(`Credential=[^/]+/[0-9]+/([^/]+)/([^/]+)/aws4_request`)

// StartCloud sets the process's environment as Lambda does in a region: credentials, endpoint of AWS, and the variables
// that lead to the database, for a function of the given role.
func StartCloud(t *testing.T, d Database, region, role string, variables map[string]string) (*Cloud, *KMS) {
	t.Helper()
	c := &Cloud{kms: NewKMS()}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	credentials := d.Credentials(principal)
	for key, value := range map[string]string{
		"AWS_ENDPOINT_URL":      server.URL,
		"AWS_REGION":            region,
		"AWS_ACCESS_KEY_ID":     credentials.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY": credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN":     credentials.SessionToken,
		"DATABASE_ENDPOINT":     d.Hosts[region],
		"DATABASE_ROLE":         role,
		"DSQL_HOSTADDR":         d.HostAddr,
		"SSL_CERT_FILE":         d.CAFile,
	} {
		t.Setenv(key, value)
	}
	for key, value := range variables {
		t.Setenv(key, value)
	}
	return c, c.kms
}

// ServeHTTP answers Lambda's Invoke, EventBridge's PutEvents, and KMS's Decrypt.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what is cut off will not be what is expected
	call := Call{Operation: r.Header.Get("X-Amz-Target"), Body: string(body)}
	if call.Operation == "" {
		call.Operation = r.URL.Path + " " + r.Header.Get("X-Amz-Invocation-Type")
	}
	if scope := credentialScope.FindStringSubmatch(r.Header.Get("Authorization")); scope != nil {
		call.Region, call.Service = scope[1], scope[2]
	}
	c.mu.Lock()
	c.calls = append(c.calls, call)
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	switch call.Service {
	case "lambda":
		w.WriteHeader(http.StatusAccepted)
	case "events":
		_, _ = io.WriteString(w, `{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}`)
	default:
		c.decrypt(w, r, body)
	}
}

func (c *Cloud) decrypt(w http.ResponseWriter, r *http.Request, body []byte) {
	var in kms.DecryptInput
	err := json.Unmarshal(body, &in)
	var out *kms.DecryptOutput
	if err == nil {
		out, err = c.kms.Decrypt(r.Context(), &in)
	}
	if err != nil {
		http.Error(w, `{"__type":"InternalException"}`, http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"Plaintext": out.Plaintext})
}

// Saw checks that exactly one call was made to the service, and returns it.
func (c *Cloud) Saw(t *testing.T, service, region string) Call {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []Call
	for _, call := range c.calls {
		if call.Service == service {
			found = append(found, call)
		}
	}
	require.Len(t, found, 1, "calls of %s", service)
	assert.Equal(t, region, found[0].Region)
	return found[0]
}
