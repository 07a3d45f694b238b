package api_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsacm "github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	awsbackup "github.com/aws/aws-sdk-go-v2/service/backup"
	backuptypes "github.com/aws/aws-sdk-go-v2/service/backup/types"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awsdsql "github.com/aws/aws-sdk-go-v2/service/dsql"
	dsqltypes "github.com/aws/aws-sdk-go-v2/service/dsql/types"
	awsevents "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/kms"
)

func TestWhatQueuesAndTopicsDoNotHaveHereIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	_, err := awssqs.NewFromConfig(w.admin("us-east-1")).CreateQueue(t.Context(), &awssqs.CreateQueueInput{
		QueueName:  aws.String("q.fifo"),
		Attributes: map[string]string{"FifoQueue": "true"},
	})
	requireCode(t, err, "NotImplemented", "FifoQueue of CreateQueue is not modelled")
	_, err = awssns.NewFromConfig(w.admin("us-east-1")).CreateTopic(t.Context(), &awssns.CreateTopicInput{
		Name:       aws.String("t.fifo"),
		Attributes: map[string]string{"FifoTopic": "true"},
	})
	requireCode(t, err, "NotImplemented", "FifoTopic of CreateTopic is not modelled")
}

func TestAQueueIsDeletedOnce(t *testing.T) {
	client := awssqs.NewFromConfig(newWorld(t, nil).admin("us-east-1"))
	made, err := client.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("dead")})
	require.NoError(t, err)
	_, err = client.DeleteQueue(t.Context(), &awssqs.DeleteQueueInput{QueueUrl: made.QueueUrl})
	require.NoError(t, err)
	_, err = client.DeleteQueue(t.Context(), &awssqs.DeleteQueueInput{QueueUrl: made.QueueUrl})
	var missing *sqstypes.QueueDoesNotExist
	require.ErrorAs(t, err, &missing)
}

func TestAKeyIsMade(t *testing.T) {
	w := newWorld(t, nil)
	client := awskms.NewFromConfig(w.admin("us-east-1"))
	made, err := client.CreateKey(t.Context(), &awskms.CreateKeyInput{
		Description: aws.String("d"),
		Tags:        []kmstypes.Tag{{TagKey: aws.String("team"), TagValue: aws.String("a")}},
	})
	require.NoError(t, err)
	assert.Equal(t, made.KeyMetadata, describeKey(t, client, *made.KeyMetadata.KeyId))
	assert.Equal(t, kmstypes.KeyStateEnabled, made.KeyMetadata.KeyState)
	_, err = client.CreateKey(t.Context(), &awskms.CreateKeyInput{Origin: kmstypes.OriginTypeExternal})
	requireCode(t, err, "NotImplemented", "imported material")
	_, err = client.CreateKey(t.Context(), &awskms.CreateKeyInput{KeySpec: kmstypes.KeySpecRsa2048})
	requireCode(t, err, "ValidationException", "SYMMETRIC_DEFAULT only")
}

func TestAClusterIsTagged(t *testing.T) {
	w := newWorld(t, nil)
	client := awsdsql.NewFromConfig(w.admin("us-east-1"))
	made, err := client.CreateCluster(t.Context(), &awsdsql.CreateClusterInput{
		MultiRegionProperties: &dsqltypes.MultiRegionProperties{WitnessRegion: aws.String("us-west-2")},
		Tags:                  map[string]string{"team": "a"},
	})
	require.NoError(t, err)
	assert.Equal(t, "us-west-2", *made.MultiRegionProperties.WitnessRegion)
	_, err = client.TagResource(t.Context(), &awsdsql.TagResourceInput{ResourceArn: made.Arn, Tags: map[string]string{"b": "c"}})
	require.NoError(t, err)
	tags, err := client.ListTagsForResource(t.Context(), &awsdsql.ListTagsForResourceInput{ResourceArn: made.Arn})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"team": "a", "b": "c"}, tags.Tags)
}

func TestWhoMakesAClusterNeedsEveryPermission(t *testing.T) {
	w := newWorld(t, nil)
	peer, err := w.account.Region("us-east-2").DSQL.CreateCluster(dsql.CreateClusterInput{
		MultiRegionProperties: &dsql.MultiRegionProperties{WitnessRegion: "us-west-2"},
	})
	require.NoError(t, err)
	create := func() error {
		_, err := awsdsql.NewFromConfig(w.function(t, "us-east-1")).CreateCluster(t.Context(), &awsdsql.CreateClusterInput{
			MultiRegionProperties: &dsqltypes.MultiRegionProperties{WitnessRegion: aws.String("us-west-2"), Clusters: []string{peer.ARN}},
			Tags:                  map[string]string{"team": "a"},
		})
		return err
	}
	for _, action := range []string{
		"dsql:CreateCluster", "dsql:TagResource", "dsql:PutMultiRegionProperties", "dsql:PutWitnessRegion", "dsql:AddPeerCluster",
	} {
		requireCode(t, create(), "AccessDeniedException", "is not authorized to perform: "+action)
		w.allow(t, action, "*", "")
	}
	require.NoError(t, create())
}

func TestAClustersTagsDecideWhoChangesIt(t *testing.T) {
	w := newWorld(t, nil)
	mine, err := w.account.Region("us-east-1").DSQL.CreateCluster(dsql.CreateClusterInput{Tags: map[string]string{"team": "a"}})
	require.NoError(t, err)
	other, err := w.account.Region("us-east-1").DSQL.CreateCluster(dsql.CreateClusterInput{})
	require.NoError(t, err)
	w.allow(t, "dsql:UpdateCluster", "*", `{"StringEquals":{"aws:ResourceTag/team":"a"}}`)
	w.allow(t, "dsql:DeleteCluster", "*", `{"StringEquals":{"aws:ResourceTag/team":"a"}}`)
	client := awsdsql.NewFromConfig(w.function(t, "us-east-1"))
	for action, call := range map[string]func(id *string) error{
		"dsql:UpdateCluster": func(id *string) error {
			_, err := client.UpdateCluster(t.Context(), &awsdsql.UpdateClusterInput{Identifier: id, DeletionProtectionEnabled: aws.Bool(false)})
			return err
		},
		"dsql:DeleteCluster": func(id *string) error {
			_, err := client.DeleteCluster(t.Context(), &awsdsql.DeleteClusterInput{Identifier: id})
			return err
		},
	} {
		requireCode(t, call(&other.Identifier), "AccessDeniedException", "is not authorized to perform: "+action)
		assert.NotContains(t, call(&mine.Identifier).Error(), "AccessDenied", "it is CREATING, and may be asked")
	}
}

func TestTheTagsOfKeysAndCertificatesDecideWhoChangesThem(t *testing.T) {
	w := newWorld(t, nil)
	config := w.function(t, "us-east-1")
	keys, certificates := awskms.NewFromConfig(config), awsacm.NewFromConfig(config)
	const mine, given = `{"StringEquals":{"aws:ResourceTag/team":"a"}}`, `{"StringEquals":{"aws:RequestTag/team":"a"}}`
	createKey := func(team string) (string, error) {
		out, err := keys.CreateKey(t.Context(), &awskms.CreateKeyInput{
			Tags: []kmstypes.Tag{{TagKey: aws.String("team"), TagValue: &team}},
		})
		if err != nil {
			return "", err
		}
		return *out.KeyMetadata.KeyId, nil
	}
	request := func(team string) (string, error) {
		out, err := certificates.RequestCertificate(t.Context(), &awsacm.RequestCertificateInput{
			DomainName:       aws.String("api.example.com"),
			ValidationMethod: acmtypes.ValidationMethodDns,
			Tags:             []acmtypes.Tag{{Key: aws.String("team"), Value: &team}},
		})
		if err != nil {
			return "", err
		}
		return *out.CertificateArn, nil
	}
	for action, create := range map[string]func(string) (string, error){
		"kms:CreateKey kms:TagResource":                   createKey,
		"acm:RequestCertificate acm:AddTagsToCertificate": request,
	} {
		for _, needed := range strings.Fields(action) {
			_, err := create("a")
			requireCode(t, err, "AccessDeniedException", "is not authorized to perform: "+needed)
			w.allow(t, needed, "*", given)
		}
		_, err := create("b")
		requireCode(t, err, "AccessDeniedException", "is not authorized to perform")
	}
	w.allow(t, "kms:DisableKey", "*", mine)
	w.allow(t, "acm:DeleteCertificate", "*", mine)
	key, err := createKey("a")
	require.NoError(t, err)
	certificate, err := request("a")
	require.NoError(t, err)
	otherKey, err := w.account.Region("us-east-1").KMS.CreateKey(kms.Key{})
	require.NoError(t, err)
	_, err = keys.DisableKey(t.Context(), &awskms.DisableKeyInput{KeyId: &otherKey.KeyID})
	requireCode(t, err, "AccessDeniedException", "kms:DisableKey")
	_, err = keys.DisableKey(t.Context(), &awskms.DisableKeyInput{KeyId: &key})
	require.NoError(t, err)
	_, err = certificates.DeleteCertificate(t.Context(), &awsacm.DeleteCertificateInput{CertificateArn: aws.String(certificate + "x")})
	requireCode(t, err, "AccessDeniedException", "acm:DeleteCertificate")
	_, err = certificates.DeleteCertificate(t.Context(), &awsacm.DeleteCertificateInput{CertificateArn: &certificate})
	require.NoError(t, err)
}

func TestAFunctionIsMadeAndDeleted(t *testing.T) {
	w := newWorld(t, nil)
	client := awslambda.NewFromConfig(w.function(t, "us-east-1"))
	var zipped bytes.Buffer
	archive := zip.NewWriter(&zipped)
	_, err := archive.Create("bootstrap")
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	in := &awslambda.CreateFunctionInput{
		FunctionName: aws.String("f"),
		Role:         &w.role.Arn,
		Runtime:      lambdatypes.RuntimeProvidedal2023,
		Handler:      aws.String("bootstrap"),
		Code:         &lambdatypes.FunctionCode{ZipFile: zipped.Bytes()},
		Environment:  &lambdatypes.Environment{Variables: map[string]string{"FINE": "z"}},
	}
	for action, on := range map[string]string{"lambda:CreateFunction": "*", "iam:PassRole": w.role.Arn} {
		_, err := client.CreateFunction(t.Context(), in)
		require.ErrorContains(t, err, "AccessDenied")
		w.allow(t, action, on, "")
	}
	made, err := client.CreateFunction(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"FINE": "z"}, made.Environment.Variables)
	assert.EqualValues(t, 128, *made.MemorySize)
	_, err = client.DeleteFunction(t.Context(), &awslambda.DeleteFunctionInput{FunctionName: in.FunctionName})
	requireCode(t, err, "AccessDeniedException", "lambda:DeleteFunction")
	w.allow(t, "lambda:DeleteFunction", "*", "")
	deleted, err := client.DeleteFunction(t.Context(), &awslambda.DeleteFunctionInput{FunctionName: in.FunctionName})
	require.NoError(t, err)
	assert.EqualValues(t, 204, deleted.StatusCode)
	in.Layers = []string{"arn"}
	_, err = client.CreateFunction(t.Context(), in)
	requireCode(t, err, "NotImplemented", "Layers of CreateFunction is not modelled")
}

func TestVaultsAndPlansAreMadeLockedAndDeleted(t *testing.T) {
	w := newWorld(t, nil)
	ctx := t.Context()
	client := awsbackup.NewFromConfig(w.function(t, "us-east-1"))
	key, err := w.account.Region("us-east-1").KMS.CreateKey(kms.Key{})
	require.NoError(t, err)
	var plan string
	for _, step := range []struct {
		action string
		call   func() error
	}{
		{"backup:CreateBackupVault", func() error {
			_, err := client.CreateBackupVault(ctx, &awsbackup.CreateBackupVaultInput{
				BackupVaultName:  aws.String("vault"),
				EncryptionKeyArn: &key.Arn,
				BackupVaultTags:  map[string]string{"team": "a"},
			})
			return err
		}},
		{"backup:PutBackupVaultLockConfiguration", func() error {
			_, err := client.PutBackupVaultLockConfiguration(ctx, &awsbackup.PutBackupVaultLockConfigurationInput{
				BackupVaultName:  aws.String("vault"),
				MinRetentionDays: aws.Int64(7),
			})
			return err
		}},
		{"backup:CreateBackupPlan", func() error {
			out, err := client.CreateBackupPlan(ctx, &awsbackup.CreateBackupPlanInput{BackupPlan: &backuptypes.BackupPlanInput{
				BackupPlanName: aws.String("plan"),
				Rules: []backuptypes.BackupRuleInput{{
					RuleName:              aws.String("daily"),
					TargetBackupVaultName: aws.String("vault"),
					ScheduleExpression:    aws.String("cron(0 5 ? * * *)"),
					Lifecycle:             &backuptypes.Lifecycle{DeleteAfterDays: aws.Int64(35)},
					CopyActions: []backuptypes.CopyAction{{
						DestinationBackupVaultArn: aws.String(w.account.Region("us-east-2").ARN("backup", "backup-vault:vault")),
					}},
				}},
			}})
			if err == nil {
				plan = *out.BackupPlanId
			}
			return err
		}},
		{"backup:DeleteBackupPlan", func() error {
			_, err := client.DeleteBackupPlan(ctx, &awsbackup.DeleteBackupPlanInput{BackupPlanId: &plan})
			return err
		}},
		{"backup:DeleteBackupVault", func() error {
			_, err := client.DeleteBackupVault(ctx, &awsbackup.DeleteBackupVaultInput{BackupVaultName: aws.String("vault")})
			return err
		}},
	} {
		requireCode(t, step.call(), "AccessDeniedException", "is not authorized to perform: "+step.action)
		w.allow(t, step.action, "*", "")
		require.NoError(t, step.call(), step.action)
	}
	assert.Empty(t, w.account.Region("us-east-1").Backup.Vaults())
	assert.Empty(t, w.account.Region("us-east-1").Backup.Plans())
}

func TestAlarmsAreMadeAndDeletedInEveryProtocol(t *testing.T) {
	w := newWorld(t, nil)
	w.inEveryProtocol(t, func(t *testing.T, client *awscloudwatch.Client) {
		in := &awscloudwatch.PutMetricAlarmInput{
			AlarmName:          aws.String("silent"),
			ComparisonOperator: cwtypes.ComparisonOperatorLessThanThreshold,
			Threshold:          aws.Float64(1),
			EvaluationPeriods:  aws.Int32(3),
			DatapointsToAlarm:  aws.Int32(2),
			TreatMissingData:   aws.String("breaching"),
			AlarmActions:       []string{w.account.Region("us-east-1").ARN("sns", "alerts")},
			Tags:               []cwtypes.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
			Metrics: []cwtypes.MetricDataQuery{
				{Id: aws.String("e"), Expression: aws.String("m * 2"), ReturnData: aws.Bool(true)},
				{Id: aws.String("m"), ReturnData: aws.Bool(false), MetricStat: &cwtypes.MetricStat{
					Period: aws.Int32(60),
					Stat:   aws.String("SampleCount"),
					Metric: &cwtypes.Metric{Namespace: aws.String("N"), MetricName: aws.String("m"), Dimensions: observer},
				}},
			},
		}
		_, err := client.PutMetricAlarm(t.Context(), in)
		require.NoError(t, err)
		_, err = client.PutCompositeAlarm(t.Context(), &awscloudwatch.PutCompositeAlarmInput{
			AlarmName:                        aws.String("lost"),
			AlarmRule:                        aws.String("ALARM(silent)"),
			ActionsSuppressor:                aws.String("silent"),
			ActionsSuppressorWaitPeriod:      aws.Int32(60),
			ActionsSuppressorExtensionPeriod: aws.Int32(120),
		})
		require.NoError(t, err)
		out, err := client.DescribeAlarms(t.Context(), &awscloudwatch.DescribeAlarmsInput{
			AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeCompositeAlarm, cwtypes.AlarmTypeMetricAlarm},
		})
		require.NoError(t, err)
		require.Len(t, out.MetricAlarms, 1)
		require.Len(t, out.CompositeAlarms, 1)
		assert.Equal(t, in.AlarmActions, out.MetricAlarms[0].AlarmActions)
		assert.Equal(t, "breaching", *out.MetricAlarms[0].TreatMissingData)
		assert.Len(t, out.MetricAlarms[0].Metrics, 2)
		assert.EqualValues(t, 120, *out.CompositeAlarms[0].ActionsSuppressorExtensionPeriod)

		_, err = client.PutDashboard(t.Context(), &awscloudwatch.PutDashboardInput{
			DashboardName: aws.String("d"),
			DashboardBody: aws.String(`{"widgets":[]}`),
		})
		require.NoError(t, err)
		_, err = client.DeleteDashboards(t.Context(), &awscloudwatch.DeleteDashboardsInput{DashboardNames: []string{"d", "none"}})
		requireKind(t, err, "ResourceNotFound", "none does not exist")
		_, err = client.DeleteDashboards(t.Context(), &awscloudwatch.DeleteDashboardsInput{DashboardNames: []string{"d"}})
		require.NoError(t, err)

		_, err = client.DeleteAlarms(t.Context(), &awscloudwatch.DeleteAlarmsInput{AlarmNames: []string{"silent"}})
		requireKind(t, err, "ValidationError", "composite alarm(s) depending on it")
		_, err = client.DeleteAlarms(t.Context(), &awscloudwatch.DeleteAlarmsInput{AlarmNames: []string{"silent", "lost", "none"}})
		require.NoError(t, err)
		in.ThresholdMetricId = aws.String("band")
		_, err = client.PutMetricAlarm(t.Context(), in)
		requireCode(t, err, "NotImplemented", "ThresholdMetricId of PutMetricAlarm is not modelled")
	})
}

func TestARuleIsMadeOnItsBusAndDeleted(t *testing.T) {
	w := newWorld(t, nil)
	client := awsevents.NewFromConfig(w.admin("us-east-1"))
	made, err := client.PutRule(t.Context(), &awsevents.PutRuleInput{
		Name:         aws.String("changes"),
		EventBusName: aws.String(w.account.Region("us-east-1").ARN("events", "event-bus/default")),
		EventPattern: aws.String(`{"source":["aws.dsql"]}`),
	})
	require.NoError(t, err)
	assert.Equal(t, w.account.Region("us-east-1").ARN("events", "rule/changes"), *made.RuleArn)
	for range 2 {
		_, err = client.DeleteRule(t.Context(), &awsevents.DeleteRuleInput{Name: aws.String("changes")})
		require.NoError(t, err, "one that is not there either")
	}
	_, err = client.DeleteRule(t.Context(), &awsevents.DeleteRuleInput{Name: aws.String("r"), EventBusName: aws.String("none")})
	requireCode(t, err, "ResourceNotFoundException", "none does not exist")
}

func TestWhoMakesThingsNeedsPermission(t *testing.T) {
	w := newWorld(t, nil)
	config := w.function(t, "us-east-1")
	ctx := t.Context()
	queues, topics, keys := awssqs.NewFromConfig(config), awssns.NewFromConfig(config), awskms.NewFromConfig(config)
	alarms, rules := awscloudwatch.NewFromConfig(config), awsevents.NewFromConfig(config)
	name := aws.String("n")
	for action, call := range map[string]func() error{
		"sqs:CreateQueue": func() error {
			_, err := queues.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: name})
			return err
		},
		"sns:CreateTopic": func() error {
			_, err := topics.CreateTopic(ctx, &awssns.CreateTopicInput{Name: name})
			return err
		},
		"sns:DeleteTopic": func() error {
			_, err := topics.DeleteTopic(ctx, &awssns.DeleteTopicInput{TopicArn: aws.String(w.account.Region("us-east-1").ARN("sns", "n"))})
			return err
		},
		"kms:CreateKey": func() error {
			_, err := keys.CreateKey(ctx, &awskms.CreateKeyInput{})
			return err
		},
		"cloudwatch:PutMetricAlarm": func() error {
			_, err := alarms.PutMetricAlarm(ctx, &awscloudwatch.PutMetricAlarmInput{AlarmName: name, EvaluationPeriods: aws.Int32(1),
				ComparisonOperator: cwtypes.ComparisonOperatorLessThanThreshold})
			return err
		},
		"cloudwatch:PutCompositeAlarm": func() error {
			_, err := alarms.PutCompositeAlarm(ctx, &awscloudwatch.PutCompositeAlarmInput{AlarmName: name, AlarmRule: aws.String("TRUE")})
			return err
		},
		"cloudwatch:DeleteAlarms": func() error {
			_, err := alarms.DeleteAlarms(ctx, &awscloudwatch.DeleteAlarmsInput{AlarmNames: []string{*name}})
			return err
		},
		"cloudwatch:PutDashboard": func() error {
			_, err := alarms.PutDashboard(ctx, &awscloudwatch.PutDashboardInput{DashboardName: name, DashboardBody: aws.String("{}")})
			return err
		},
		"cloudwatch:DeleteDashboards": func() error {
			_, err := alarms.DeleteDashboards(ctx, &awscloudwatch.DeleteDashboardsInput{DashboardNames: []string{*name}})
			return err
		},
		"events:PutRule": func() error {
			_, err := rules.PutRule(ctx, &awsevents.PutRuleInput{Name: name})
			return err
		},
		"events:DeleteRule": func() error {
			_, err := rules.DeleteRule(ctx, &awsevents.DeleteRuleInput{Name: name})
			return err
		},
		"events:TestEventPattern": func() error {
			_, err := rules.TestEventPattern(ctx, &awsevents.TestEventPatternInput{Event: aws.String("{}"), EventPattern: aws.String("{}")})
			return err
		},
	} {
		err := call()
		require.ErrorContains(t, err, "AccessDenied")
		require.ErrorContains(t, err, "is not authorized to perform: "+action)
	}
}
