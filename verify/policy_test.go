package verify

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/config"
	smithy "github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/iam"
)

// prefixes are of the services whose actions are not called after the SDK's name for them.
var prefixes = map[string]string{
	"EventBridge":    "events",
	"Route 53":       "route53",
	"SFN":            "states",
	"Service Quotas": "servicequotas",
}

// unnamed are the actions that no call is called after, and why they are needed.
var unnamed = map[string]string{
	"dsql:AddPeerCluster":           "CreateCluster and UpdateCluster ask for it, as for the next three",
	"dsql:DbConnect":                "a session as a role",
	"dsql:DbConnectAdmin":           "a session as admin",
	"dsql:PutMultiRegionProperties": "as above",
	"dsql:PutWitnessRegion":         "as above",
	"dsql:RemovePeerCluster":        "as above, when a peer is left out",
	"dsql:TagResource":              "CreateCluster asks for it",
	"iam:CreateServiceLinkedRole":   "the first cluster of an account makes the role of Aurora DSQL",
	"iam:PassRole":                  "schedules have a role, here one that is not there",
	"backup-storage:MountCapsule":   "CreateBackupVault asks for it, and for the key's grants",
	"kms:CreateGrant":               "as above",
	"kms:RetireGrant":               "as above",
	"acm:AddTagsToCertificate":      "RequestCertificate asks for it",
	"kms:TagResource":               "CreateKey asks for it",
	"kms:GenerateDataKey":           "SNS encrypts with it, by its publisher's permission",
}

// free are calls that need no permission.
var free = []string{"sts:GetCallerIdentity"}

// recorder notes the actions of the calls that are made.
type recorder struct {
	mu      sync.Mutex
	actions map[string]bool
}

// load has every call of the SDK noted.
func (r *recorder) load(o *config.LoadOptions) error {
	o.APIOptions = append(o.APIOptions, func(stack *smithy.Stack) error {
		return stack.Initialize.Add(smithy.InitializeMiddlewareFunc("record", func(
			ctx context.Context, in smithy.InitializeInput, next smithy.InitializeHandler,
		) (smithy.InitializeOutput, smithy.Metadata, error) {
			r.note(middleware.GetServiceID(ctx), middleware.GetOperationName(ctx))
			return next.HandleInitialize(ctx, in)
		}), smithy.After)
	})
	return nil
}

func (r *recorder) note(service, operation string) {
	prefix, other := prefixes[service]
	if !other {
		prefix = strings.ToLower(service)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.actions == nil {
		r.actions = map[string]bool{}
	}
	r.actions[prefix+":"+operation] = true
}

// needed are the actions that a policy has to allow for the calls.
func (r *recorder) needed() []string {
	needed := maps.Clone(r.actions)
	for action := range unnamed {
		needed[action] = true
	}
	for _, action := range free {
		delete(needed, action)
	}
	return slices.Sorted(maps.Keys(needed))
}

const policyFile = "../docs/verify-aws-policy.json"

// granted are the actions of the policy.
func granted(t *testing.T) []string {
	t.Helper()
	var document struct {
		Statement []struct{ Action any }
	}
	body, err := os.ReadFile(policyFile)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, &document))
	var actions []string
	for _, s := range document.Statement {
		switch action := s.Action.(type) {
		case string:
			actions = append(actions, action)
		case []any:
			for _, a := range action {
				actions = append(actions, a.(string))
			}
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// allowed is somebody with the policy of the page, but for these actions.
func (w *world) allowed(denied ...string) iam.Credentials {
	w.Helper()
	role, err := w.account.IAM.CreateRole(iam.Role{
		Name:               "verifier",
		MaxSessionDuration: 12 * 60 * 60,
		AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	})
	require.NoError(w, err)
	body, err := os.ReadFile(policyFile)
	require.NoError(w, err)
	policy := string(body)
	for _, action := range denied {
		require.Contains(w, policy, `"`+action+`"`)
		policy = strings.ReplaceAll(policy, `"`+action+`"`, `"none:None"`)
	}
	_, err = w.account.IAM.PutRolePolicy(iam.RolePolicy{Role: role.Name, Name: "claims", Policy: policy})
	require.NoError(w, err)
	credentials, err := w.account.IAM.AssumeRole("lambda.amazonaws.com", role.Arn, "verify")
	require.NoError(w, err)
	return credentials
}
