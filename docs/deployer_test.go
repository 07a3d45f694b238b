package docs

import (
	"encoding/json"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/sandbox/iam"
)

// parts are the configurations that a stack may have, with the policies that deploying them takes.
func parts() map[string]struct {
	changes  map[string]string
	policies []string
} {
	application := map[string]string{
		"backups":             "{}",
		"application":         "enabled",
		"applicationSettings": `{"jwt":{"issuer":"https://issuer.example.com","audience":"transactions"}}`,
		"eventRoutes": `[{"name":"large","target":"topic"},{"name":"all","target":"queue"},
			{"name":"again","target":"function"}]`,
	}
	routed := maps.Clone(application)
	routed["traffic"] = `{"zoneId":"Z0123456789ABCDEFGHIJ","domain":"pay.example.com"}`
	kept := map[string]string{"backups": `{"lock":"governance","pairRestoreTest":"quarterly"}`}
	target := `{"name":"a.example.net","zoneId":"ZELB","healthCheck":{"host":"a.example.net","path":"/"}}`
	return map[string]struct {
		changes  map[string]string
		policies []string
	}{
		"alone":                {map[string]string{"backups": "{}"}, []string{basePolicy}},
		"with backups":         {kept, []string{basePolicy, backupPolicy}},
		"with the application": {application, []string{basePolicy, applicationPolicy}},
		"routed to it":         {routed, []string{basePolicy, applicationPolicy, trafficPolicy}},
		"routed to others": {map[string]string{"backups": "{}", "traffic": `{"zoneId":"Z0123456789ABCDEFGHIJ","domain":"pay.example.com",
			"targets":{"us-east-1":` + target + `,"us-east-2":` + target + `}}`}, []string{basePolicy, trafficPolicy}},
	}
}

func TestTheDeployerPoliciesAreEnoughForEveryResource(t *testing.T) {
	for name, part := range parts() {
		may := deployer(t, part.policies...)
		for _, policy := range part.policies {
			for service, name := range serviceRoles[policy] {
				arn := "arn:aws:iam::" + graph.Account + ":role/aws-service-role/" + service + "/" + name
				assert.NoError(t, may("iam:CreateServiceLinkedRole", arn, iam.Context{"iam:AWSServiceName": service}))
			}
		}
		for _, stack := range []string{"dev", "prod"} {
			t.Run(stack+" "+name, func(t *testing.T) {
				g := program(t, stack, part.changes)
				for _, r := range append(g.Read, g.Resources...) {
					if !strings.HasPrefix(r.Type, "aws:") {
						continue
					}
					require.Contains(t, needs, r.Type, "say here, and in the policies, what deploying it takes")
					for _, n := range needs[r.Type] {
						enough(t, may, n, n.on(g, r), r.Name)
					}
				}
			})
		}
	}
}

func enough(t *testing.T, may func(action, arn string, context iam.Context) error, n need, arns []string, name string) {
	t.Helper()
	context := n.context
	if context == nil {
		context = tagged
	}
	for _, arn := range arns {
		require.NotEmpty(t, arn, name)
		for _, action := range n.actions {
			assert.NoError(t, may(action, arn, context), name)
		}
	}
}

func TestTheDeployerPoliciesAreNoMoreThanTheProgramNeeds(t *testing.T) {
	const (
		kmsKey   = "arn:aws:kms:us-east-1:" + graph.Account + ":key/mrk-abc"
		monitors = "arn:aws:iam::" + graph.Account + ":role/primary-monitor-role-1a2b3c4"
		writes   = "arn:aws:iam::" + graph.Account + ":role/primary-transactions-role-1a2b3c4"
		forwards = "arn:aws:iam::" + graph.Account + ":role/transaction-events-primary-forward-role-1a2b3c4"
	)
	may := deployer(t, everyPolicy...)
	for _, c := range []struct {
		action, arn string
		context     iam.Context
	}{
		{"iam:PutRolePolicy", "arn:aws:iam::" + graph.Account + ":role/admin", tagged},
		{"iam:PassRole", "arn:aws:iam::" + graph.Account + ":role/admin", toLambda},
		{"iam:PassRole", forwards, toLambda},
		{"iam:PassRole", writes, toEvents},
		{"iam:AttachRolePolicy", monitors, tagged},
		{"iam:PassRole", monitors, toEvents},
		{"iam:CreateServiceLinkedRole", "arn:aws:iam::" + graph.Account + ":role/aws-service-role/ecs.amazonaws.com/x",
			iam.Context{"iam:AWSServiceName": "ecs.amazonaws.com"}},
		{"iam:CreateServiceLinkedRole", "arn:aws:iam::" + graph.Account + ":role/aws-service-role/dsql.amazonaws.com/x",
			iam.Context{"iam:AWSServiceName": "ecs.amazonaws.com"}},
		{"iam:CreateServiceLinkedRole", "arn:aws:iam::" + graph.Account + ":role/aws-service-role/mrk.kms.amazonaws.com/x",
			iam.Context{"iam:AWSServiceName": "ecs.amazonaws.com"}},
		{"lambda:InvokeFunction", "arn:aws:lambda:us-east-1:" + graph.Account + ":function:payroll", tagged},
		{"lambda:InvokeFunction", "arn:aws:lambda:us-east-1:" + graph.Account + ":function:primary-transactions-1a2b3c4",
			tagged},
		{"dsql:DbConnectAdmin", "arn:aws:dsql:us-east-1:" + graph.Account + ":cluster/abc", tagged},
		{"dsql:DeleteCluster", "arn:aws:dsql:us-east-1:999999999999:cluster/abc", tagged},
		{"sns:DeleteTopic", "arn:aws:sns:us-east-1:" + graph.Account + ":payroll", tagged},
		{"sqs:DeleteQueue", "arn:aws:sqs:us-east-1:" + graph.Account + ":payroll", tagged},
		{"logs:DeleteLogGroup", "arn:aws:logs:us-east-1:" + graph.Account + ":log-group:audit", tagged},
		{"cloudwatch:DeleteAlarms", "arn:aws:cloudwatch:us-east-1:" + graph.Account + ":alarm:payroll", tagged},
		{"events:DeleteEventBus", "arn:aws:events:us-east-1:" + graph.Account + ":event-bus/default", tagged},
		{"events:DeleteArchive", "arn:aws:events:us-east-1:" + graph.Account + ":archive/payroll", tagged},
		{"events:DeleteRule", "arn:aws:events:us-east-1:" + graph.Account + ":rule/payroll/nightly", tagged},
		{"events:PutEvents", "arn:aws:events:us-east-1:" + graph.Account + ":event-bus/transaction-events-primary-1a2b3c4",
			tagged},
		{"apigateway:POST", "arn:aws:apigateway:us-east-1::/apis", ofOthers},
		{"apigateway:DELETE", "arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5", tagged},
		{"apigateway:PATCH", "arn:aws:apigateway:us-east-1::/account", tagged},
		{"apigateway:POST", "arn:aws:apigateway:us-east-1::/domainnames", ofOthers},
		{"apigateway:DELETE", "arn:aws:apigateway:us-east-1::/domainnames/shop.example.com", ofOthers},
		{"route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/ZOTHER", tagged},
		{"route53:DeleteHostedZone", zone, tagged},
		{"acm:RequestCertificate", "*", ofOthers},
		{"acm:DeleteCertificate", "arn:aws:acm:us-east-1:" + graph.Account + ":certificate/abc", ofOthers},
		{"acm:ExportCertificate", "arn:aws:acm:us-east-1:" + graph.Account + ":certificate/abc", tagged},
		{"kms:CreateKey", "*", ofOthers},
		{"kms:TagResource", kmsKey, ofOthers},
		{"kms:ReplicateKey", kmsKey, ofOthers},
		{"kms:ScheduleKeyDeletion", kmsKey, ofOthers},
		{"kms:Decrypt", kmsKey, tagged},
		{"kms:GenerateDataKey", kmsKey,
			iam.Context{"kms:EncryptionContext:aws:events:event-bus:arn": "arn:aws:events:us-east-1:" + graph.Account +
				":event-bus/payroll"}},
	} {
		assert.Error(t, may(c.action, c.arn, c.context), "%s on %s", c.action, c.arn)
	}
}

func TestTheDeployerPoliciesNameTheActionsOfTheProgramAndNoOthers(t *testing.T) {
	needed := map[string]bool{"iam:CreateServiceLinkedRole": true}
	for _, list := range needs {
		for _, n := range list {
			for _, action := range n.actions {
				needed[action] = true
			}
		}
	}
	granted := map[string]bool{}
	for _, policy := range everyPolicy {
		for _, action := range actions(t, policy) {
			granted[action] = true
		}
	}
	assert.Equal(t, slices.Sorted(maps.Keys(needed)), slices.Sorted(maps.Keys(granted)))
}

// actions are those that a policy allows.
func actions(t *testing.T, policy string) []string {
	t.Helper()
	var document struct {
		Statement []struct{ Action any }
	}
	require.NoError(t, json.Unmarshal([]byte(read(t, policy)), &document))
	var out []string
	for _, s := range document.Statement {
		switch a := s.Action.(type) {
		case string:
			out = append(out, a)
		case []any:
			for _, one := range a {
				out = append(out, one.(string))
			}
		}
	}
	return out
}

func TestTheDocumentedCommandPutsTheAccountIntoThePolicies(t *testing.T) {
	edits := all(`sed "([^"]+)" docs/\$part-policy\.json`, read(t, "docs/deploying.md"))
	require.Len(t, edits, 1)
	for _, policy := range everyPolicy {
		edit := strings.NewReplacer("$account", "210987654321", "$zone", "ZMINE").Replace(edits[0])
		edited, err := exec.CommandContext(t.Context(), "sed", edit, filepath.Join(root, policy)).Output()
		require.NoError(t, err)
		assert.False(t, has(string(edited), graph.Account), "%s still names the example's account", policy)
		assert.NotContains(t, string(edited), "Z0123456789ABCDEFGHIJ", "%s still names the example's zone", policy)
	}
}

func TestTheDeployerPoliciesFitManagedPolicies(t *testing.T) {
	for _, policy := range everyPolicy {
		written := strings.Join(strings.Fields(read(t, policy)), "")
		assert.LessOrEqual(t, len(written), managedPolicyQuota, policy)
	}
}
