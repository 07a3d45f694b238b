package docs

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/stacks"
)

// What the deployer's role has: the first always, the others with the application, with traffic and with backups.
const (
	basePolicy        = "docs/deployer-policy.json"
	applicationPolicy = "docs/deployer-application-policy.json"
	trafficPolicy     = "docs/deployer-traffic-policy.json"
	backupPolicy      = "docs/deployer-backup-policy.json"
)

var everyPolicy = []string{basePolicy, applicationPolicy, trafficPolicy, backupPolicy}

// zone is the hosted zone that the policy names, and the stack has.
const zone = "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"

// managedPolicyQuota is how many characters a managed policy may have, white space not counted (IAM quotas).
const managedPolicyQuota = 6144

// need is what deploying a resource takes: actions on the ARNs of a target, with the condition keys of the request.
type need struct {
	on      target
	actions []string
	context iam.Context // the stack's tags if nil
}

// target is what the calls for a resource act on.
type target func(g *graph.Graph, r graph.Resource) []string

// own is the resource itself.
func own(_ *graph.Graph, r graph.Resource) []string {
	if r.Type == board {
		return []string{"arn:aws:cloudwatch::" + graph.Account + ":dashboard/" + r.Input("dashboardName")}
	}
	return []string{r.ARN()}
}

// account is for actions without resources.
func account(*graph.Graph, graph.Resource) []string { return []string{"*"} }

// every is all resources of a type, for a resource that is a part of one of them.
func every(typ string) target {
	return func(g *graph.Graph, _ graph.Resource) []string {
		var arns []string
		for _, r := range g.Of(typ) {
			arns = append(arns, own(g, r)...)
		}
		return arns
	}
}

// input is the ARN in an input, if it is set.
func input(name string) target {
	return func(_ *graph.Graph, r graph.Resource) []string {
		return slices.DeleteFunc([]string{r.Input(name)}, func(arn string) bool { return arn == "" })
	}
}

// api is a path of API Gateway's own API in the resource's region.
func api(path string) target {
	return func(_ *graph.Graph, r graph.Resource) []string {
		return []string{"arn:aws:apigateway:" + r.Region + "::" + path}
	}
}

// fixed is one ARN.
func fixed(arn string) target {
	return func(*graph.Graph, graph.Resource) []string { return []string{arn} }
}

// partOfAPI is what a resource below an HTTP API takes.
func partOfAPI(collection string) []need {
	return []need{
		{on: api("/apis/a1b2c3d4e5/" + collection), actions: []string{"apigateway:POST"}},
		{
			on:      api("/apis/a1b2c3d4e5/" + collection + "/f6g7h8"),
			actions: []string{"apigateway:GET", "apigateway:PATCH", "apigateway:DELETE"},
		},
	}
}

// tagsOfAPI are checked on the resource, and on the collection it is created in; those of an existing resource also on
// a path of their own.
func tagsOfAPI(collection, resource string) []need {
	return []need{
		{on: api(collection), actions: []string{"apigateway:TagResource"}},
		{on: api(resource), actions: []string{"apigateway:TagResource", "apigateway:UntagResource"}},
		{
			on:      api("/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A" + strings.ReplaceAll(resource, "/", "%2F")),
			actions: []string{"apigateway:POST", "apigateway:PUT", "apigateway:DELETE"},
		},
		{
			on:      api("/tags/arn:aws:apigateway:us-east-1::" + resource),
			actions: []string{"apigateway:POST", "apigateway:PUT", "apigateway:DELETE"},
		},
	}
}

const (
	cluster  = "aws:dsql/cluster:Cluster"
	role     = "aws:iam/role:Role"
	key      = "aws:kms/key:Key"
	topic    = "aws:sns/topic:Topic"
	queue    = "aws:sqs/queue:Queue"
	function = "aws:lambda/function:Function"
	rule     = "aws:cloudwatch/eventRule:EventRule"
	bus      = "aws:cloudwatch/eventBus:EventBus"
	board    = "aws:cloudwatch/dashboard:Dashboard"
	hosted   = "aws:route53/zone:Zone"
	vault    = "aws:backup/vault:Vault"
	plan     = "aws:backup/plan:Plan"
)

var (
	tagged      = iam.Context{"aws:RequestTag/Project": "AuroraDsqlDr", "aws:ResourceTag/Project": "AuroraDsqlDr"}
	untagged    = iam.Context{}
	created     = iam.Context{"aws:RequestTag/Project": "AuroraDsqlDr"}
	existing    = iam.Context{"aws:ResourceTag/Project": "AuroraDsqlDr"}
	ofOthers    = iam.Context{"aws:RequestTag/Project": "Payroll", "aws:ResourceTag/Project": "Payroll"}
	throughDSQL = iam.Context{
		"kms:ViaService": "dsql.us-east-1.amazonaws.com",
		"kms:EncryptionContext:aws:dsql:ClusterId": "abc",
	}
	throughBackup = iam.Context{
		"kms:ViaService":          "backup.us-east-1.amazonaws.com",
		"aws:ResourceTag/Project": "AuroraDsqlDr",
	}
	forEventBus = iam.Context{"kms:EncryptionContext:aws:events:event-bus:arn": "arn:aws:events:us-east-1:" +
		graph.Account + ":event-bus/transaction-events-primary-1a2b3c4"}
	toLambda   = iam.Context{"iam:PassedToService": "lambda.amazonaws.com"}
	toBackup   = iam.Context{"iam:PassedToService": "backup.amazonaws.com"}
	toStates   = iam.Context{"iam:PassedToService": "states.amazonaws.com"}
	toSchedule = iam.Context{"iam:PassedToService": "scheduler.amazonaws.com"}
	toEvents   = iam.Context{"iam:PassedToService": "events.amazonaws.com"}
	keyActions = []string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:UpdateKeyDescription",
		"kms:ListResourceTags", "kms:UntagResource", "kms:ScheduleKeyDeletion"}
	alarmActions = []string{"cloudwatch:DeleteAlarms", "cloudwatch:TagResource", "cloudwatch:UntagResource",
		"cloudwatch:ListTagsForResource"}
)

// needs are the calls that the AWS provider makes to create, read, update and delete each type of the program, and
// those that the services make in the deployer's name.
var needs = map[string][]need{
	cluster: {
		{
			on: own,
			actions: []string{
				"dsql:CreateCluster", "dsql:GetCluster", "dsql:GetVpcEndpointServiceName", "dsql:UpdateCluster",
				"dsql:DeleteCluster",
				"dsql:TagResource", "dsql:UntagResource", "dsql:ListTagsForResource", "dsql:PutMultiRegionProperties",
				"dsql:PutWitnessRegion",
			},
		},
		{
			on:      input("kmsEncryptionKey"),
			actions: []string{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"},
			context: throughDSQL,
		},
	},
	"aws:dsql/clusterPeering:ClusterPeering": {{
		on: every(cluster),
		actions: []string{
			"dsql:GetCluster", "dsql:UpdateCluster", "dsql:AddPeerCluster", "dsql:RemovePeerCluster",
			"dsql:PutMultiRegionProperties", "dsql:PutWitnessRegion",
		},
	}},
	role: {{
		on: own,
		actions: []string{
			"iam:CreateRole", "iam:GetRole", "iam:UpdateRole", "iam:UpdateRoleDescription", "iam:UpdateAssumeRolePolicy",
			"iam:DeleteRole", "iam:TagRole",
			"iam:UntagRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
		},
	}},
	"aws:iam/rolePolicy:RolePolicy": {{
		on:      every(role),
		actions: []string{"iam:PutRolePolicy", "iam:GetRolePolicy", "iam:DeleteRolePolicy"},
	}},
	key: {
		{on: own, actions: append(keyActions, "kms:GetKeyRotationStatus", "kms:EnableKeyRotation", "kms:DisableKeyRotation")},
		{on: own, actions: []string{"kms:TagResource"}, context: created},
		{on: own, actions: []string{"kms:TagResource"}, context: existing},
		{on: account, actions: []string{"kms:CreateKey"}, context: created},
	},
	// ReplicateKey in the primary's region creates a key in the replica's.
	"aws:kms/replicaKey:ReplicaKey": {
		{on: own, actions: append(keyActions, "kms:TagResource")},
		{on: input("primaryKeyArn"), actions: []string{"kms:ReplicateKey"}},
		{on: account, actions: []string{"kms:CreateKey"}, context: untagged},
	},
	topic: {{
		on: own,
		actions: []string{
			"sns:CreateTopic", "sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:DeleteTopic", "sns:TagResource",
			"sns:UntagResource", "sns:ListTagsForResource",
		},
	}},
	"aws:sns/topicPolicy:TopicPolicy": {{
		on:      every(topic),
		actions: []string{"sns:SetTopicAttributes", "sns:GetTopicAttributes"},
	}},
	"aws:sns/topicSubscription:TopicSubscription": {
		{on: every(topic), actions: []string{"sns:Subscribe", "sns:ListSubscriptionsByTopic"}},
		{on: account, actions: []string{"sns:Unsubscribe", "sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes"}},
	},
	queue: {{
		on: own,
		actions: []string{
			"sqs:CreateQueue", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SetQueueAttributes", "sqs:DeleteQueue",
			"sqs:TagQueue", "sqs:UntagQueue", "sqs:ListQueueTags",
		},
	}},
	"aws:sqs/queuePolicy:QueuePolicy": {{
		on:      every(queue),
		actions: []string{"sqs:SetQueueAttributes", "sqs:GetQueueAttributes"},
	}},
	function: {
		{
			on: own,
			actions: []string{
				"lambda:CreateFunction", "lambda:GetFunction", "lambda:GetFunctionConfiguration",
				"lambda:GetFunctionCodeSigningConfig", "lambda:ListVersionsByFunction",
				"lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:DeleteFunction", "lambda:TagResource",
				"lambda:UntagResource", "lambda:ListTags",
			},
		},
		{on: ownConcurrency, actions: []string{"lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"}},
		{on: input("role"), actions: []string{"iam:PassRole"}, context: toLambda},
	},
	"aws:lambda/invocation:Invocation": {{on: named, actions: []string{"lambda:InvokeFunction"}}},
	"aws:lambda/permission:Permission": {{
		on:      every(function),
		actions: []string{"lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission"},
	}},
	"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": {{
		on: named,
		actions: []string{
			"lambda:PutFunctionEventInvokeConfig", "lambda:UpdateFunctionEventInvokeConfig",
			"lambda:GetFunctionEventInvokeConfig", "lambda:DeleteFunctionEventInvokeConfig",
		},
	}},
	rule: {{
		on: own,
		actions: []string{
			"events:PutRule", "events:DescribeRule", "events:DeleteRule", "events:TagResource", "events:UntagResource",
			"events:ListTagsForResource",
		},
	}},
	"aws:cloudwatch/eventTarget:EventTarget": {
		{on: every(rule), actions: []string{"events:PutTargets", "events:ListTargetsByRule", "events:RemoveTargets"}},
		{on: input("roleArn"), actions: []string{"iam:PassRole"}, context: toEvents},
	},
	bus: {
		{
			on: own,
			actions: []string{
				"events:CreateEventBus", "events:DescribeEventBus", "events:UpdateEventBus", "events:DeleteEventBus",
				"events:TagResource", "events:UntagResource", "events:ListTagsForResource",
			},
		},
		{on: input("kmsKeyIdentifier"), actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, context: forEventBus},
	},
	"aws:cloudwatch/eventArchive:EventArchive": {
		{
			on:      own,
			actions: []string{"events:CreateArchive", "events:DescribeArchive", "events:UpdateArchive", "events:DeleteArchive"},
		},
		{on: input("eventSourceArn"), actions: []string{"events:CreateArchive"}},
	},
	"aws:cloudwatch/logGroup:LogGroup": {
		{
			on: own,
			actions: []string{
				"logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy", "logs:DeleteLogGroup",
				"logs:TagResource", "logs:UntagResource", "logs:ListTagsForResource",
			},
		},
		{on: account, actions: []string{"logs:DescribeLogGroups"}},
	},
	"aws:cloudwatch/metricAlarm:MetricAlarm": {
		{on: own, actions: append(alarmActions, "cloudwatch:PutMetricAlarm")},
		{on: account, actions: []string{"cloudwatch:DescribeAlarms"}},
	},
	"aws:cloudwatch/compositeAlarm:CompositeAlarm": {
		{on: own, actions: alarmActions},
		// "Scoped to *. You can't create a composite alarm if your permission has a narrower scope" (API Reference).
		{on: account, actions: []string{"cloudwatch:PutCompositeAlarm"}},
		{on: account, actions: []string{"cloudwatch:DescribeAlarms"}},
	},
	board: {{
		on:      own,
		actions: []string{"cloudwatch:PutDashboard", "cloudwatch:GetDashboard", "cloudwatch:DeleteDashboards"},
	}},
	"aws:apigatewayv2/api:Api": append(tagsOfAPI("/apis", "/apis/a1b2c3d4e5"),
		need{on: api("/apis"), actions: []string{"apigateway:POST"}},
		need{on: api("/apis/a1b2c3d4e5"), actions: []string{"apigateway:GET", "apigateway:PATCH", "apigateway:DELETE"}},
	),
	"aws:apigatewayv2/domainName:DomainName": append(tagsOfAPI("/domainnames", "/domainnames/pay.example.com"),
		need{on: api("/domainnames"), actions: []string{"apigateway:POST"}, context: created},
		need{
			on:      api("/domainnames/pay.example.com"),
			actions: []string{"apigateway:GET", "apigateway:PATCH", "apigateway:DELETE"},
			context: existing,
		},
	),
	"aws:apigatewayv2/apiMapping:ApiMapping": {
		{on: api("/domainnames/pay.example.com/apimappings"), actions: []string{"apigateway:POST"}, context: untagged},
		{
			on:      api("/domainnames/pay.example.com/apimappings/f6g7h8"),
			actions: []string{"apigateway:GET", "apigateway:PATCH", "apigateway:DELETE"},
			context: untagged,
		},
	},
	"aws:acm/certificate:Certificate": {
		{on: account, actions: []string{"acm:RequestCertificate"}, context: created},
		{on: own, actions: []string{"acm:AddTagsToCertificate"}, context: created},
		{
			on: own,
			actions: []string{
				"acm:DescribeCertificate", "acm:ListTagsForCertificate", "acm:AddTagsToCertificate",
				"acm:RemoveTagsFromCertificate", "acm:DeleteCertificate",
			},
			context: existing,
		},
	},
	"aws:acm/certificateValidation:CertificateValidation": {{
		on:      input("certificateArn"),
		actions: []string{"acm:DescribeCertificate"},
		context: existing,
	}},
	"aws:route53/record:Record": {
		{
			on:      fixed(zone),
			actions: []string{"route53:GetHostedZone", "route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"},
			context: untagged,
		},
		{on: fixed("arn:aws:route53:::change/C0123456789"), actions: []string{"route53:GetChange"}, context: untagged},
	},
	"aws:route53/healthCheck:HealthCheck": {
		{on: account, actions: []string{"route53:CreateHealthCheck"}, context: untagged},
		{
			on: own,
			actions: []string{
				"route53:GetHealthCheck", "route53:UpdateHealthCheck", "route53:DeleteHealthCheck",
				"route53:ChangeTagsForResource", "route53:ListTagsForResource",
			},
			context: untagged,
		},
	},
	hosted: {{
		on:      fixed(zone),
		actions: []string{"route53:GetHostedZone", "route53:ListTagsForResource"},
		context: untagged,
	}},
	vault: {
		{
			on: own,
			actions: []string{
				"backup:CreateBackupVault", "backup:DescribeBackupVault", "backup:DeleteBackupVault", "backup:ListTags",
				"backup:TagResource", "backup:UntagResource", "backup:ListRecoveryPointsByBackupVault",
			},
		},
		// "Backup vault creation and deletion", AWS Backup Developer Guide.
		{on: account, actions: []string{"backup-storage:MountCapsule"}},
		{
			on:      input("kmsKeyArn"),
			actions: []string{"kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant", "kms:Decrypt", "kms:GenerateDataKey"},
			context: throughBackup,
		},
	},
	"aws:backup/vaultPolicy:VaultPolicy": {{
		on: every(vault),
		actions: []string{
			"backup:PutBackupVaultAccessPolicy", "backup:GetBackupVaultAccessPolicy", "backup:DeleteBackupVaultAccessPolicy",
		},
	}},
	"aws:backup/vaultLockConfiguration:VaultLockConfiguration": {{
		on: every(vault),
		actions: []string{
			"backup:PutBackupVaultLockConfiguration", "backup:DescribeBackupVault", "backup:DeleteBackupVaultLockConfiguration",
		},
	}},
	plan: {{
		on: own,
		actions: []string{
			"backup:CreateBackupPlan", "backup:GetBackupPlan", "backup:UpdateBackupPlan", "backup:DeleteBackupPlan",
			"backup:ListTags", "backup:TagResource", "backup:UntagResource",
		},
	}},
	"aws:backup/selection:Selection": {
		{
			on:      every(plan),
			actions: []string{"backup:CreateBackupSelection", "backup:GetBackupSelection", "backup:DeleteBackupSelection"},
		},
		{on: input("iamRoleArn"), actions: []string{"iam:PassRole"}, context: toBackup},
	},
	"aws:sfn/stateMachine:StateMachine": {
		{
			on: own,
			actions: []string{
				"states:CreateStateMachine", "states:DescribeStateMachine", "states:UpdateStateMachine",
				"states:DeleteStateMachine", "states:ListStateMachineVersions", "states:ListTagsForResource",
				"states:TagResource", "states:UntagResource",
			},
		},
		{on: account, actions: []string{"states:ValidateStateMachineDefinition"}},
		{on: input("roleArn"), actions: []string{"iam:PassRole"}, context: toStates},
	},
	"aws:scheduler/schedule:Schedule": {
		{
			on: own,
			actions: []string{
				"scheduler:CreateSchedule", "scheduler:GetSchedule", "scheduler:UpdateSchedule", "scheduler:DeleteSchedule",
			},
		},
		{on: targetRole, actions: []string{"iam:PassRole"}, context: toSchedule},
	},
	"aws:apigatewayv2/authorizer:Authorizer":   partOfAPI("authorizers"),
	"aws:apigatewayv2/integration:Integration": partOfAPI("integrations"),
	"aws:apigatewayv2/route:Route":             partOfAPI("routes"),
	"aws:apigatewayv2/stage:Stage": slices.Concat(partOfAPI("stages"),
		tagsOfAPI("/apis/a1b2c3d4e5/stages", "/apis/a1b2c3d4e5/stages/$default"), []need{
			// Access logs ("Configure logging for HTTP APIs").
			{
				on: account,
				actions: []string{
					"logs:CreateLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:GetLogDelivery",
					"logs:ListLogDeliveries",
					"logs:PutResourcePolicy", "logs:DescribeResourcePolicies",
				},
			},
		}),
}

// targetRole is the role that a schedule starts its target as.
func targetRole(_ *graph.Graph, r graph.Resource) []string {
	return []string{r.Inputs["target"].ObjectValue()["roleArn"].StringValue()}
}

// ownConcurrency is a function that reserves concurrency.
func ownConcurrency(g *graph.Graph, r graph.Resource) []string {
	if !r.Inputs.HasValue("reservedConcurrentExecutions") {
		return nil
	}
	return own(g, r)
}

// named is the function that a resource names.
func named(g *graph.Graph, r graph.Resource) []string {
	functions := slices.DeleteFunc(g.Of(function), func(f graph.Resource) bool {
		return text(f,
			"name") != r.Input("functionName")
	})
	return own(g, functions[0])
}

func text(r graph.Resource, state string) string {
	return r.State[resource.PropertyKey(state)].StringValue()
}

// serviceRoles are the service-linked roles that AWS creates in the deployer's name, once per account, by policy.
var serviceRoles = map[string]map[string]string{
	basePolicy:   {"dsql.amazonaws.com": "AWSServiceRoleForAuroraDsql"},
	backupPolicy: {"backup.amazonaws.com": "AWSServiceRoleForBackup"},
	applicationPolicy: {
		"mrk.kms.amazonaws.com":        "AWSServiceRoleForKeyManagementServiceMultiRegionKeys",
		"ops.apigateway.amazonaws.com": "AWSServiceRoleForAPIGateway",
	},
}

// deployer is a caller with these of the documented policies and nothing else. Each is inline in a role of its own:
// they are managed policies, which together are larger than what a role may have inline; all only allow.
func deployer(t *testing.T, policies ...string) func(action, arn string, context iam.Context) error {
	t.Helper()
	service := iam.New(graph.Account, clock.New(1))
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::` + graph.Account +
		`:root"]},"Action":["sts:AssumeRole"]}]}`
	var callers []iam.Principal
	for _, policy := range policies {
		name := filepath.Base(policy)
		document := read(t, policy)
		require.NotContains(t, document, `"Deny"`)
		role, err := service.CreateRole(iam.Role{Name: name, AssumeRolePolicy: trust})
		require.NoError(t, err)
		_, err = service.PutRolePolicy(iam.RolePolicy{Name: name, Role: name, Policy: document})
		require.NoError(t, err)
		callers = append(callers, iam.Session(role.Arn, "test"))
	}
	return func(action, arn string, context iam.Context) (err error) {
		for _, caller := range callers {
			if err = service.Authorize(caller, action, arn, context); err == nil {
				return nil
			}
		}
		return err
	}
}

// program is what a stack of the repository registers, with everything that configuration can add, and changes of it.
func program(t *testing.T, stack string, changes map[string]string) *graph.Graph {
	t.Helper()
	config, err := graph.StackConfig(root, stack)
	require.NoError(t, err)
	config["aurora-dsql-dr:alerts"] = `[{"protocol":"email","endpoint":"oncall@example.com"}]`
	for key, value := range changes {
		config["aurora-dsql-dr:"+key] = value
	}
	t.Chdir(t.TempDir())
	require.NoError(t, graph.PretendBuilt(".", slices.Concat(components.FunctionFiles(components.ArchitectureARM),
		components.FunctionFiles(components.ArchitectureX86))))
	g, err := graph.Run(stacks.Run, graph.Options{Stack: stack, Config: config})
	require.NoError(t, err)
	return g
}
