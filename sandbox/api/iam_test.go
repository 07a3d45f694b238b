package api_test

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdsql "github.com/aws/aws-sdk-go-v2/service/dsql"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
)

const (
	dsqlRole    = "AWSServiceRoleForAuroraDsql"
	dsqlRoleARN = "arn:aws:iam::123456789012:role/aws-service-role/dsql.amazonaws.com/" + dsqlRole
	forDSQL     = `{"StringEquals":{"iam:AWSServiceName":"dsql.amazonaws.com"}}`
)

func hasRole(t *testing.T, client *awsiam.Client, name string) bool {
	t.Helper()
	_, err := client.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: &name})
	if err != nil {
		requireCode(t, err, "NoSuchEntity", "The role with name "+name+" cannot be found.")
	}
	return err == nil
}

func TestARoleIsRead(t *testing.T) {
	w := newWorld(t, nil)
	client := awsiam.NewFromConfig(w.function(t, "us-east-2")) // global, whatever region signs
	in := &awsiam.GetRoleInput{RoleName: aws.String(role)}
	_, err := client.GetRole(t.Context(), in)
	requireCode(t, err, "AccessDenied", "not authorized to perform: iam:GetRole on resource: "+w.role.Arn)
	w.allow(t, "iam:GetRole", w.role.Arn, "")
	out, err := client.GetRole(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, w.role.Arn, *out.Role.Arn)
	assert.Equal(t, "/", *out.Role.Path)
	assert.EqualValues(t, 3600, *out.Role.MaxSessionDuration)
	document, err := url.QueryUnescape(*out.Role.AssumeRolePolicyDocument)
	require.NoError(t, err)
	assert.JSONEq(t, w.role.AssumeRolePolicy, document)
}

func TestServicesMakeTheirRolesWhenTheyFirstNeedThem(t *testing.T) {
	w := newWorld(t, nil)
	client := awsiam.NewFromConfig(w.admin("us-east-1"))
	assert.False(t, hasRole(t, client, dsqlRole))
	region := w.account.Region("us-east-1")
	_, err := region.DSQL.CreateCluster(dsql.CreateClusterInput{KMSEncryptionKey: aws.String("alias/none")})
	require.Error(t, err)
	assert.False(t, hasRole(t, client, dsqlRole), "of a cluster that is refused there is no role either")
	_, err = region.DSQL.CreateCluster(dsql.CreateClusterInput{})
	require.NoError(t, err)
	assert.True(t, hasRole(t, client, dsqlRole))

	const keys = "AWSServiceRoleForKeyManagementServiceMultiRegionKeys"
	_, err = region.KMS.CreateKey(kms.Key{})
	require.NoError(t, err)
	assert.False(t, hasRole(t, client, keys))
	_, err = region.KMS.CreateKey(kms.Key{MultiRegion: true})
	require.NoError(t, err)
	assert.True(t, hasRole(t, client, keys))
	assert.Len(t, w.account.IAM.Roles(), 1, "they are not among the account's own")
}

func TestAServiceLinkedRoleIsCreatedByWhomMay(t *testing.T) {
	w := newWorld(t, nil)
	client := awsiam.NewFromConfig(w.function(t, "us-east-1"))
	in := &awsiam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String(iam.DSQL)}
	_, err := client.CreateServiceLinkedRole(t.Context(), in)
	requireCode(t, err, "AccessDenied", "iam:CreateServiceLinkedRole on resource: "+dsqlRoleARN)
	w.allow(t, "iam:CreateServiceLinkedRole", dsqlRoleARN, forDSQL)
	out, err := client.CreateServiceLinkedRole(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, dsqlRoleARN, *out.Role.Arn)
	assert.Equal(t, "/aws-service-role/dsql.amazonaws.com/", *out.Role.Path)
	_, err = client.CreateServiceLinkedRole(t.Context(), in)
	requireCode(t, err, "InvalidInput", "Service role name "+dsqlRole+" has been taken in this account")

	admin := awsiam.NewFromConfig(w.admin("us-east-1"))
	for name, c := range map[string]struct {
		in   awsiam.CreateServiceLinkedRoleInput
		says string
	}{
		"a suffix": {awsiam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String(iam.Backup), CustomSuffix: aws.String("x")},
			"Custom suffix is not allowed for backup.amazonaws.com"},
		"KMS makes its own": {awsiam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String(iam.MultiRegionKey)},
			"is made by AWS KMS"},
		"another service": {awsiam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("ecs.amazonaws.com")},
			"want backup.amazonaws.com, dsql.amazonaws.com, mrk.kms.amazonaws.com, ops.apigateway.amazonaws.com"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := admin.CreateServiceLinkedRole(t.Context(), &c.in)
			requireCode(t, err, "InvalidInput", c.says)
		})
	}
}

func TestAServiceLinkedRoleStaysWhileItIsInUse(t *testing.T) {
	w := newWorld(t, nil)
	client := awsiam.NewFromConfig(w.admin("us-east-1"))
	region := w.account.Region("us-east-2")
	cluster, err := region.DSQL.CreateCluster(dsql.CreateClusterInput{})
	require.NoError(t, err)
	remove := func(name string) *awsiam.GetServiceLinkedRoleDeletionStatusOutput {
		task, err := client.DeleteServiceLinkedRole(t.Context(), &awsiam.DeleteServiceLinkedRoleInput{RoleName: &name})
		require.NoError(t, err)
		status, err := client.GetServiceLinkedRoleDeletionStatus(t.Context(),
			&awsiam.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: task.DeletionTaskId})
		require.NoError(t, err)
		return status
	}
	refused := remove(dsqlRole)
	assert.Equal(t, iamtypes.DeletionTaskStatusTypeFailed, refused.Status)
	assert.Equal(t, []iamtypes.RoleUsageType{{Region: aws.String("us-east-2"), Resources: []string{cluster.ARN}}},
		refused.Reason.RoleUsageList)
	assert.True(t, hasRole(t, client, dsqlRole))

	key, err := region.KMS.CreateKey(kms.Key{})
	require.NoError(t, err)
	_, err = region.Backup.CreateVault(backup.Vault{Name: "kept", KMSKeyArn: key.Arn})
	require.NoError(t, err)
	w.account.IAM.LinkRole(iam.Backup)
	assert.Equal(t, iamtypes.DeletionTaskStatusTypeFailed, remove("AWSServiceRoleForBackup").Status)
	require.NoError(t, region.Backup.DeleteVault("kept"))
	assert.Equal(t, iamtypes.DeletionTaskStatusTypeSucceeded, remove("AWSServiceRoleForBackup").Status)
	assert.False(t, hasRole(t, client, "AWSServiceRoleForBackup"))

	_, err = client.DeleteServiceLinkedRole(t.Context(), &awsiam.DeleteServiceLinkedRoleInput{RoleName: aws.String(role)})
	requireCode(t, err, "NoSuchEntity", role)
	_, err = client.GetServiceLinkedRoleDeletionStatus(t.Context(),
		&awsiam.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: aws.String("task/none")})
	requireCode(t, err, "NoSuchEntity", "task/none")
}

func TestAServiceLinkedRoleIsNotTheAccountsToChange(t *testing.T) {
	w := newWorld(t, nil)
	w.account.IAM.LinkRole(iam.DSQL)
	const says = "Cannot perform the operation on the protected role '" + dsqlRole + "' - this role is only modifiable by AWS"
	require.ErrorContains(t, w.account.IAM.DeleteRole(dsqlRole), says)
	_, err := w.account.IAM.PutRolePolicy(iam.RolePolicy{Role: dsqlRole, Name: "more"})
	require.ErrorContains(t, err, says)
	_, err = w.account.IAM.AttachRolePolicy(iam.RolePolicyAttachment{Role: dsqlRole})
	require.ErrorContains(t, err, says)
	_, err = w.account.IAM.UpdateRole(iam.Role{Name: dsqlRole, AssumeRolePolicy: w.role.AssumeRolePolicy})
	require.ErrorContains(t, err, says)
}

// simulated are the decisions by action and resource, "*" for all resources together.
func simulated(t *testing.T, client *awsiam.Client, in *awsiam.SimulatePrincipalPolicyInput) map[string]string {
	t.Helper()
	decisions := map[string]string{}
	for p := awsiam.NewSimulatePrincipalPolicyPaginator(client, in); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		require.NoError(t, err)
		for _, r := range out.EvaluationResults {
			decisions[*r.EvalActionName+" "+*r.EvalResourceName] = string(r.EvalDecision)
			for _, one := range r.ResourceSpecificResults {
				decisions[*r.EvalActionName+" "+*one.EvalResourceName] = string(one.EvalResourceDecision)
			}
		}
	}
	return decisions
}

func TestASimulationSaysWhatTheSandboxWouldDecide(t *testing.T) {
	w := newWorld(t, nil)
	_, err := w.account.IAM.PutRolePolicy(iam.RolePolicy{Role: role, Name: "all", Policy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"sns:*","Resource":"arn:aws:sns:us-east-1:123456789012:mine"},
		{"Effect":"Deny","Action":"sns:DeleteTopic","Resource":"*"}]}`})
	require.NoError(t, err)
	client := awsiam.NewFromConfig(w.admin("us-east-1"))
	mine, other := "arn:aws:sns:us-east-1:123456789012:mine", "arn:aws:sns:us-east-1:123456789012:other"
	in := &awsiam.SimulatePrincipalPolicyInput{PolicySourceArn: &w.role.Arn, ResourceArns: []string{other, mine},
		ActionNames: []string{"sns:Publish", "sns:DeleteTopic", "sqs:SendMessage"}, MaxItems: aws.Int32(2)}
	assert.Equal(t, map[string]string{
		"sns:Publish *": "implicitDeny", "sns:Publish " + mine: "allowed", "sns:Publish " + other: "implicitDeny",
		"sns:DeleteTopic *": "explicitDeny", "sns:DeleteTopic " + mine: "explicitDeny", "sns:DeleteTopic " + other: "explicitDeny",
		"sqs:SendMessage *": "implicitDeny", "sqs:SendMessage " + mine: "implicitDeny", "sqs:SendMessage " + other: "implicitDeny",
	}, simulated(t, client, in))
	admin := w.account.IAM.Admin().Principal.ARN
	assert.Equal(t, map[string]string{"sns:Publish *": "allowed"}, simulated(t, client,
		&awsiam.SimulatePrincipalPolicyInput{PolicySourceArn: &admin, ActionNames: []string{"sns:Publish"}}))
}

func TestASimulationIsGivenItsContext(t *testing.T) {
	w := newWorld(t, nil)
	w.allow(t, "iam:CreateServiceLinkedRole", dsqlRoleARN, forDSQL)
	w.allow(t, "iam:SimulatePrincipalPolicy", w.role.Arn, "")
	client := awsiam.NewFromConfig(w.function(t, "us-east-1"))
	in := &awsiam.SimulatePrincipalPolicyInput{PolicySourceArn: &w.role.Arn, ResourceArns: []string{dsqlRoleARN},
		ActionNames: []string{"iam:CreateServiceLinkedRole"}}
	out, err := client.SimulatePrincipalPolicy(t.Context(), in)
	require.NoError(t, err)
	require.Len(t, out.EvaluationResults, 1)
	result := out.EvaluationResults[0]
	assert.Equal(t, iamtypes.PolicyEvaluationDecisionTypeImplicitDeny, result.EvalDecision)
	assert.Equal(t, []string{"iam:AWSServiceName"}, result.MissingContextValues)
	assert.Equal(t, []string{"iam:AWSServiceName"}, result.ResourceSpecificResults[0].MissingContextValues)

	in.ContextEntries = []iamtypes.ContextEntry{{ContextKeyName: aws.String("iam:AWSServiceName"),
		ContextKeyType: iamtypes.ContextKeyTypeEnumString, ContextKeyValues: []string{iam.DSQL}}}
	out, err = client.SimulatePrincipalPolicy(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, iamtypes.PolicyEvaluationDecisionTypeAllowed, out.EvaluationResults[0].EvalDecision)
	assert.Empty(t, out.EvaluationResults[0].MissingContextValues)
}

func TestWhatCannotBeSimulatedIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	client := awsiam.NewFromConfig(w.admin("us-east-1"))
	for name, c := range map[string]struct {
		edit       func(*awsiam.SimulatePrincipalPolicyInput)
		code, says string
	}{
		"a session": {func(in *awsiam.SimulatePrincipalPolicyInput) {
			in.PolicySourceArn = aws.String("arn:aws:sts::123456789012:assumed-role/monitor/s")
		}, "InvalidInput", "Invalid Entity Arn: arn:aws:sts::123456789012:assumed-role/monitor/s does not clearly define entity"},
		"the root user": {func(in *awsiam.SimulatePrincipalPolicyInput) {
			in.PolicySourceArn = aws.String("arn:aws:iam::123456789012:root")
		}, "InvalidInput", "Invalid Entity Arn"},
		"no such role": {func(in *awsiam.SimulatePrincipalPolicyInput) { *in.PolicySourceArn += "x" },
			"NoSuchEntity", "The role with name monitorx cannot be found."},
		"no such user": {func(in *awsiam.SimulatePrincipalPolicyInput) {
			in.PolicySourceArn = aws.String("arn:aws:iam::123456789012:user/eve")
		}, "NoSuchEntity", "The user with name eve cannot be found."},
		"a wildcard": {func(in *awsiam.SimulatePrincipalPolicyInput) { in.ActionNames = []string{"sns:*"} },
			"InvalidInput", "Invalid Action: sns:*"},
		"no ARN": {func(in *awsiam.SimulatePrincipalPolicyInput) { in.ResourceArns = []string{"mine"} },
			"InvalidInput", "Invalid Resource: mine"},
		"a bad marker": {func(in *awsiam.SimulatePrincipalPolicyInput) { in.Marker = aws.String("x") },
			"InvalidInput", "Invalid Marker"},
		"too large a page": {func(in *awsiam.SimulatePrincipalPolicyInput) { in.MaxItems = aws.Int32(1001) },
			"ValidationError", "'maxItems'"},
		"more policies": {func(in *awsiam.SimulatePrincipalPolicyInput) { in.PolicyInputList = []string{"{}"} },
			"NotImplemented", "of SimulatePrincipalPolicy the sandbox models"},
	} {
		t.Run(name, func(t *testing.T) {
			in := &awsiam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(w.role.Arn), ActionNames: []string{"sns:Publish"}}
			c.edit(in)
			_, err := client.SimulatePrincipalPolicy(t.Context(), in)
			requireCode(t, err, c.code, c.says)
		})
	}
}

func TestAWSBackupMakesItsRole(t *testing.T) {
	v := newVaults(t)
	client := awsiam.NewFromConfig(v.admin("us-east-1"))
	assert.True(t, hasRole(t, client, dsqlRole), "the clusters were made by a restore")
	assert.False(t, hasRole(t, client, "AWSServiceRoleForBackup"))
	v.backUp()
	assert.True(t, hasRole(t, client, "AWSServiceRoleForBackup"))
}

// The first of an account's clusters, and of its multi-Region keys, needs the permission to have their roles made.
func TestWhoMayNotLinkARoleMakesNoFirstCluster(t *testing.T) {
	w := newWorld(t, nil)
	clusters, keys := awsdsql.NewFromConfig(w.function(t, "us-east-1")), awskms.NewFromConfig(w.function(t, "us-east-1"))
	w.allow(t, "dsql:CreateCluster", "*", "")
	w.allow(t, "kms:CreateKey", "*", "")
	cluster := func() error {
		_, err := clusters.CreateCluster(t.Context(), &awsdsql.CreateClusterInput{})
		return err
	}
	key := func() error {
		_, err := keys.CreateKey(t.Context(), &awskms.CreateKeyInput{MultiRegion: aws.Bool(true)})
		return err
	}
	requireCode(t, cluster(), "AccessDeniedException", "You don't have the permissions to create an Amazon Aurora DSQL service-linked role")
	requireCode(t, key(), "AccessDeniedException", "iam:CreateServiceLinkedRole on resource: ")
	w.account.IAM.LinkRole(iam.MultiRegionKey)
	require.NoError(t, key(), "a role that is there")
	w.allow(t, "iam:CreateServiceLinkedRole", dsqlRoleARN, forDSQL)
	require.NoError(t, cluster())
	require.NoError(t, w.account.IAM.DeleteRolePolicy(role, "CreateServiceLinkedRole"))
	require.NoError(t, cluster(), "the next one needs nothing")
}
