package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/env"
)

var credentialScope = regexp.MustCompile(`Credential=[^/]+/[0-9]+/([^/]+)/([^/]+)/aws4_request`)

// Every step makes its first call, which is refused: what matters is where it goes.
func TestEveryCallGoesToItsRegion(t *testing.T) {
	var mu sync.Mutex
	calls := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scope := credentialScope.FindStringSubmatch(r.Header.Get("Authorization"))
		mu.Lock()
		defer mu.Unlock()
		calls[scope[2]+" "+scope[1]] = true
		switch {
		case scope[2] == "states":
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			_, _ = w.Write([]byte(`{"executions":[]}`))
		case scope[2] == "backup" && scope[1] == "us-east-1" && r.Method == http.MethodGet && r.URL.Path != "/restore-jobs":
			_, _ = w.Write([]byte(`{"RecoveryPoints":[{"RecoveryPointArn":"a","Status":"COMPLETED","CreationDate":1,
				"ResourceArn":"arn:aws:dsql:us-east-1:123456789012:cluster/aaa"}]}`))
		case scope[2] == "backup" && r.URL.Path == "/restore-jobs" && r.Method == http.MethodGet:
			_, _ = w.Write([]byte(`{"RestoreJobs":[{"IamRoleArn":"arn:aws:iam::123456789012:role/restore",
				"Status":"COMPLETED","CreatedResourceArn":"arn:aws:dsql:us-east-2:123456789012:cluster/new"}]}`))
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(server.Close)
	for key, value := range map[string]string{
		"AWS_ENDPOINT_URL":      server.URL,
		"AWS_REGION":            "us-east-1",
		"AWS_ACCESS_KEY_ID":     "AKIDEXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "secret",
		contract.EnvRunbooks:    "docs/runbooks.md",
		contract.EnvRestore: `{"clusters":["arn:aws:dsql:us-east-1:123456789012:cluster/aaa",
			"arn:aws:dsql:us-east-2:123456789012:cluster/bbb"],"vault":"dr","peerRegion":"us-east-2","peerVault":"dr",
			"witness":"us-west-2","roleArn":"arn:aws:iam::123456789012:role/restore",
			"topicArn":"arn:aws:sns:us-east-1:123456789012:alerts"}`,
	} {
		t.Setenv(key, value)
	}
	e, err := env.ParseRestoreTest(os.LookupEnv)
	require.NoError(t, err)
	cfg, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	tester := configure(e, cfg, slog.New(slog.DiscardHandler))
	for _, step := range []string{contract.StepFind, contract.StepReport, contract.StepSweep} {
		_, err := tester.Run(t.Context(), contract.RestoreTestEvent{
			Step: step,
			Test: contract.RestoreTest{Machine: "arn:aws:states:us-east-1:123456789012:stateMachine:restore-test"},
		})
		assert.Error(t, err, step)
	}
	assert.Equal(t, map[string]bool{
		"backup us-east-1": true,
		"backup us-east-2": true,
		"dsql us-east-2":   true,
		"sns us-east-1":    true,
		"states us-east-1": true,
	}, calls)
}
