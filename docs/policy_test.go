package docs

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/stacks"
)

// managedPolicyQuota is how many characters a managed policy may have, white space not counted (IAM quotas).
const managedPolicyQuota = 6144

// need is what deploying a resource takes: actions, and the type of the resources whose ARNs they name, "" for none.
type need struct {
	on      string
	actions []string
}

const (
	cluster  = "aws:dsql/cluster:Cluster"
	role     = "aws:iam/role:Role"
	key      = "aws:kms/key:Key"
	topic    = "aws:sns/topic:Topic"
	queue    = "aws:sqs/queue:Queue"
	function = "aws:lambda/function:Function"
	rule     = "aws:cloudwatch/eventRule:EventRule"
	logs     = "aws:cloudwatch/logGroup:LogGroup"
	alarm    = "aws:cloudwatch/metricAlarm:MetricAlarm"
	lost     = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
	board    = "aws:cloudwatch/dashboard:Dashboard"
)

// needs are the calls that the AWS provider makes to create, read, update and delete each type of the program.
var needs = map[string][]need{
	cluster: {{cluster, []string{
		"dsql:CreateCluster", "dsql:GetCluster", "dsql:GetVpcEndpointServiceName", "dsql:UpdateCluster", "dsql:DeleteCluster",
		"dsql:TagResource", "dsql:UntagResource", "dsql:ListTagsForResource", "dsql:PutMultiRegionProperties", "dsql:PutWitnessRegion",
	}}},
	"aws:dsql/clusterPeering:ClusterPeering": {{cluster, []string{
		"dsql:GetCluster", "dsql:UpdateCluster", "dsql:AddPeerCluster", "dsql:RemovePeerCluster", "dsql:PutMultiRegionProperties", "dsql:PutWitnessRegion",
	}}},
	role: {{role, []string{
		"iam:CreateRole", "iam:GetRole", "iam:UpdateRole", "iam:UpdateRoleDescription", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole", "iam:TagRole",
		"iam:UntagRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
	}}},
	"aws:iam/rolePolicy:RolePolicy": {{role, []string{"iam:PutRolePolicy", "iam:GetRolePolicy", "iam:DeleteRolePolicy"}}},
	key: {
		{key, []string{
			"kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:GetKeyRotationStatus", "kms:EnableKeyRotation", "kms:DisableKeyRotation",
			"kms:UpdateKeyDescription", "kms:ListResourceTags", "kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion",
		}},
		{"", []string{"kms:CreateKey"}},
	},
	topic: {{topic, []string{
		"sns:CreateTopic", "sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:DeleteTopic", "sns:TagResource", "sns:UntagResource", "sns:ListTagsForResource",
	}}},
	"aws:sns/topicPolicy:TopicPolicy": {{topic, []string{"sns:SetTopicAttributes", "sns:GetTopicAttributes"}}},
	"aws:sns/topicSubscription:TopicSubscription": {
		{topic, []string{"sns:Subscribe", "sns:ListSubscriptionsByTopic"}},
		{"", []string{"sns:Unsubscribe", "sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes"}},
	},
	queue: {{queue, []string{
		"sqs:CreateQueue", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SetQueueAttributes", "sqs:DeleteQueue", "sqs:TagQueue", "sqs:UntagQueue", "sqs:ListQueueTags",
	}}},
	"aws:sqs/queuePolicy:QueuePolicy": {{queue, []string{"sqs:SetQueueAttributes", "sqs:GetQueueAttributes"}}},
	function: {
		{function, []string{
			"lambda:CreateFunction", "lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:GetFunctionCodeSigningConfig", "lambda:ListVersionsByFunction",
			"lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency",
			"lambda:DeleteFunction", "lambda:TagResource", "lambda:UntagResource", "lambda:ListTags",
		}},
		{role, []string{"iam:PassRole"}},
	},
	"aws:lambda/invocation:Invocation": {{function, []string{"lambda:InvokeFunction"}}},
	"aws:lambda/permission:Permission": {{function, []string{"lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission"}}},
	"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": {{function, []string{
		"lambda:PutFunctionEventInvokeConfig", "lambda:UpdateFunctionEventInvokeConfig", "lambda:GetFunctionEventInvokeConfig", "lambda:DeleteFunctionEventInvokeConfig",
	}}},
	rule: {{rule, []string{
		"events:PutRule", "events:DescribeRule", "events:DeleteRule", "events:TagResource", "events:UntagResource", "events:ListTagsForResource",
	}}},
	"aws:cloudwatch/eventTarget:EventTarget": {{rule, []string{"events:PutTargets", "events:ListTargetsByRule", "events:RemoveTargets"}}},
	logs: {
		{logs, []string{
			"logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy", "logs:DeleteLogGroup", "logs:TagResource", "logs:UntagResource", "logs:ListTagsForResource",
		}},
		{"", []string{"logs:DescribeLogGroups"}},
	},
	alarm: {
		{alarm, []string{"cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:TagResource", "cloudwatch:UntagResource", "cloudwatch:ListTagsForResource"}},
		{"", []string{"cloudwatch:DescribeAlarms"}},
	},
	lost: {
		{lost, []string{"cloudwatch:PutCompositeAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:TagResource", "cloudwatch:UntagResource", "cloudwatch:ListTagsForResource"}},
		{"", []string{"cloudwatch:DescribeAlarms"}},
	},
	board: {{board, []string{"cloudwatch:PutDashboard", "cloudwatch:GetDashboard", "cloudwatch:DeleteDashboards"}}},
}

// deployer is a caller with the documented policy and nothing else.
func deployer(t *testing.T) func(action, arn string) error {
	t.Helper()
	service := iam.New(graph.Account, clock.New(1))
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::` + graph.Account + `:root"]},"Action":["sts:AssumeRole"]}]}`
	created, err := service.CreateRole(iam.Role{Name: "deployer", AssumeRolePolicy: trust})
	require.NoError(t, err)
	_, err = service.PutRolePolicy(iam.RolePolicy{Name: "deployer", Role: "deployer", Policy: read(t, "docs/deployer-policy.json")})
	require.NoError(t, err)
	return func(action, arn string) error {
		return service.Authorize(iam.Session(created.Arn, "test"), action, arn, iam.Context{
			"iam:PassedToService": "lambda.amazonaws.com", "iam:AWSServiceName": "dsql.amazonaws.com",
			"aws:RequestTag/Project": "AuroraDsqlDr", "aws:ResourceTag/Project": "AuroraDsqlDr",
		})
	}
}

// program is what a stack of the repository registers, with a recipient of alerts.
func program(t *testing.T, stack string) *graph.Graph {
	t.Helper()
	config, err := graph.StackConfig(root, stack)
	require.NoError(t, err)
	config["aurora-dsql-dr:alerts"] = `[{"protocol":"email","endpoint":"oncall@example.com"}]`
	t.Chdir(t.TempDir())
	require.NoError(t, graph.PretendBuilt(".", slices.Concat(components.FunctionFiles(components.ArchitectureARM), components.FunctionFiles(components.ArchitectureX86))))
	g, err := graph.Run(stacks.Run, graph.Options{Stack: stack, Config: config})
	require.NoError(t, err)
	return g
}

func arnOf(r graph.Resource) string {
	if r.Type == board {
		return "arn:aws:cloudwatch::" + graph.Account + ":dashboard/" + r.Input("dashboardName")
	}
	return r.ARN()
}

func TestTheDeployerPolicyIsEnoughForEveryResource(t *testing.T) {
	may := deployer(t)
	assert.NoError(t, may("iam:CreateServiceLinkedRole", "arn:aws:iam::"+graph.Account+":role/aws-service-role/dsql.amazonaws.com/AWSServiceRoleForAuroraDsql"))
	for _, stack := range []string{"dev", "prod"} {
		g := program(t, stack)
		for _, r := range g.Resources {
			if !strings.HasPrefix(r.Type, "aws:") {
				continue
			}
			require.Contains(t, needs, r.Type, "say here, and in docs/deployer-policy.json, what deploying it takes")
			for _, n := range needs[r.Type] {
				for _, action := range n.actions {
					if n.on == "" {
						assert.NoError(t, may(action, "*"), r.Name)
					}
					for _, target := range g.Of(n.on) {
						assert.NoError(t, may(action, arnOf(target)), r.Name)
					}
				}
			}
		}
	}
}

func TestTheDeployerPolicyIsNoMoreThanTheProgramNeeds(t *testing.T) {
	may := deployer(t)
	for action, arn := range map[string]string{
		"iam:PutRolePolicy":       "arn:aws:iam::" + graph.Account + ":role/admin",
		"iam:PassRole":            "arn:aws:iam::" + graph.Account + ":role/admin",
		"iam:AttachRolePolicy":    "arn:aws:iam::" + graph.Account + ":role/primary-monitor-role-1a2b3c4",
		"lambda:InvokeFunction":   "arn:aws:lambda:us-east-1:" + graph.Account + ":function:payroll",
		"dsql:DbConnectAdmin":     "arn:aws:dsql:us-east-1:" + graph.Account + ":cluster/abc",
		"dsql:DeleteCluster":      "arn:aws:dsql:us-east-1:999999999999:cluster/abc",
		"sns:DeleteTopic":         "arn:aws:sns:us-east-1:" + graph.Account + ":payroll",
		"logs:DeleteLogGroup":     "arn:aws:logs:us-east-1:" + graph.Account + ":log-group:audit",
		"cloudwatch:DeleteAlarms": "arn:aws:cloudwatch:us-east-1:" + graph.Account + ":alarm:payroll",
	} {
		assert.Error(t, may(action, arn), "%s on %s", action, arn)
	}
	var document struct {
		Statement []struct{ Action json.RawMessage }
	}
	require.NoError(t, json.Unmarshal([]byte(read(t, "docs/deployer-policy.json")), &document))
	for _, s := range document.Statement {
		assert.NotContains(t, string(s.Action), "*", "actions are named")
	}
}

func TestTheDeployerPolicyFitsAManagedPolicy(t *testing.T) {
	written := strings.Join(strings.Fields(read(t, "docs/deployer-policy.json")), "")
	assert.LessOrEqual(t, len(written), managedPolicyQuota)
}
