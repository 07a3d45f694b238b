package api_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awsdsql "github.com/aws/aws-sdk-go-v2/service/dsql"
	dsqltypes "github.com/aws/aws-sdk-go-v2/service/dsql/types"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

func TestCallerIdentityNeedsNoPermission(t *testing.T) {
	w := newWorld(t, nil)
	out, err := awssts.NewFromConfig(w.function(t, "us-east-2")).GetCallerIdentity(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, w.account.ID, *out.Account)
	assert.Equal(t, "arn:aws:sts::"+w.account.ID+":assumed-role/monitor/health-check", *out.Arn)
}

// CloudWatch's current SDK speaks CBOR; a large request is compressed and stays signed.
func TestPutMetricData(t *testing.T) {
	w := newWorld(t, nil)
	w.allow(t, "cloudwatch:PutMetricData", "*", `{"StringEquals":{"cloudwatch:namespace":"Aurora/DSQL/DisasterRecovery"}}`)
	client := awscloudwatch.NewFromConfig(w.function(t, "us-east-2"))
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	put := func(namespace string, samples int) error {
		data := make([]types.MetricDatum, samples)
		for i := range data {
			data[i] = types.MetricDatum{MetricName: aws.String("EndpointUnreachable"), Value: aws.Float64(1), Timestamp: &at,
				Unit: types.StandardUnitCount, StorageResolution: aws.Int32(60), Dimensions: []types.Dimension{
					{Name: aws.String("ClusterID"), Value: aws.String("c")}, {Name: aws.String("Observer"), Value: aws.String("us-east-1")}}}
		}
		_, err := client.PutMetricData(t.Context(), &awscloudwatch.PutMetricDataInput{Namespace: &namespace, MetricData: data})
		return err
	}
	require.NoError(t, put("Aurora/DSQL/DisasterRecovery", 1))
	require.NoError(t, put("Aurora/DSQL/DisasterRecovery", 500), "more than the 10 KiB that SDKs compress")
	requireCode(t, put("Other", 1), "AccessDeniedException", "not authorized to perform: cloudwatch:PutMetricData")

	metric := cloudwatch.Metric{Namespace: "Aurora/DSQL/DisasterRecovery", Name: "EndpointUnreachable",
		Dimensions: map[string]string{"ClusterID": "c", "Observer": "us-east-1"}}
	statistics := func(region string) []cloudwatch.Datapoint {
		points, err := w.account.Region(region).CloudWatch.GetMetricStatistics(metric, at.Truncate(time.Minute), at.Add(time.Minute), time.Minute, "")
		require.NoError(t, err)
		return points
	}
	require.Len(t, statistics("us-east-2"), 1)
	assert.InDelta(t, 501, statistics("us-east-2")[0].Sum, 1e-9)
	assert.Empty(t, statistics("us-east-1"), "the signature's scope decides the region")
}

// Earlier generations of the SDKs and the CLI speak the query protocol and JSON to the same service.
func TestPutMetricDataOfOlderClients(t *testing.T) {
	w := newWorld(t, nil)
	requests := map[string]struct {
		headers map[string]string
		body    string
	}{
		"query": {map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
			"Action=PutMetricData&Version=2010-08-01&Namespace=Test&MetricData.member.1.MetricName=Age&MetricData.member.1.Value=2.5" +
				"&MetricData.member.1.Dimensions.member.1.Name=Observer&MetricData.member.1.Dimensions.member.1.Value=us-east-1" +
				"&MetricData.member.2.MetricName=Age&MetricData.member.2.Values.member.1=1&MetricData.member.2.Values.member.2=3" +
				"&MetricData.member.2.Dimensions.member.1.Name=Observer&MetricData.member.2.Dimensions.member.1.Value=us-east-1"},
		"JSON": {map[string]string{"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801.PutMetricData"},
			`{"Namespace":"Test","MetricData":[{"MetricName":"Age","Values":[2.5,1,3],"Dimensions":[{"Name":"Observer","Value":"us-east-1"}]}]}`},
	}
	for name, request := range requests {
		t.Run(name, func(t *testing.T) {
			metric := cloudwatch.Metric{Namespace: "Test", Name: "Age", Dimensions: map[string]string{"Observer": "us-east-1"}}
			sum := func() (sum float64) {
				now := time.Now()
				points, err := w.account.Region("us-east-1").CloudWatch.GetMetricStatistics(metric, now.Add(-time.Hour), now.Add(time.Hour), time.Minute, "")
				require.NoError(t, err)
				for _, p := range points {
					sum += p.Sum
				}
				return sum
			}
			before := sum()
			status, answer := w.post(t, "monitoring", request.headers, request.body)
			require.Equal(t, 200, status, answer)
			assert.InDelta(t, 6.5, sum()-before, 1e-9)
		})
	}
}

func TestGetCluster(t *testing.T) {
	w := newWorld(t, nil)
	cluster, err := w.account.Region("us-east-1").DSQL.CreateCluster(dsql.CreateClusterInput{
		DeletionProtectionEnabled: aws.Bool(true), Tags: map[string]string{"Name": "primary"},
		MultiRegionProperties: &dsql.MultiRegionProperties{WitnessRegion: "us-west-2"}})
	require.NoError(t, err)
	client := awsdsql.NewFromConfig(w.function(t, "us-east-1"))
	in := &awsdsql.GetClusterInput{Identifier: &cluster.Identifier}
	_, err = client.GetCluster(t.Context(), in)
	requireCode(t, err, "AccessDeniedException", "dsql:GetCluster on resource: "+cluster.ARN)
	w.allow(t, "dsql:GetCluster", "*", "")
	out, err := client.GetCluster(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, cluster.ARN, *out.Arn)
	assert.Equal(t, cluster.Endpoint, *out.Endpoint)
	assert.WithinDuration(t, time.Now(), *out.CreationTime, time.Minute)
	assert.True(t, *out.DeletionProtectionEnabled)
	assert.Equal(t, map[string]string{"Name": "primary"}, out.Tags)
	assert.Equal(t, "us-west-2", *out.MultiRegionProperties.WitnessRegion)
	assert.Equal(t, dsqltypes.EncryptionStatusEnabled, out.EncryptionDetails.EncryptionStatus)

	_, err = client.GetCluster(t.Context(), &awsdsql.GetClusterInput{Identifier: aws.String("none")})
	var missing *dsqltypes.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
	assert.Equal(t, "none", *missing.ResourceId)
	list, err := awsdsql.NewFromConfig(w.admin("us-east-1")).ListClusters(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, list.Clusters, 1)
	assert.Equal(t, cluster.Identifier, *list.Clusters[0].Identifier)
	list, err = awsdsql.NewFromConfig(w.admin("us-east-2")).ListClusters(t.Context(), nil)
	require.NoError(t, err)
	assert.Empty(t, list.Clusters)
}

func TestPublishReachesTheInbox(t *testing.T) {
	w := newWorld(t, nil)
	topics := w.account.Region("us-east-1").SNS
	topic, err := topics.CreateTopic(sns.Topic{Name: "alerts"})
	require.NoError(t, err)
	_, err = topics.Subscribe(sns.Subscription{Topic: topic.Arn, Protocol: "email", Endpoint: "ops@example.com"})
	require.NoError(t, err)
	w.allow(t, "sns:Publish", topic.Arn, "")
	client := awssns.NewFromConfig(w.function(t, "us-east-1"))
	out, err := client.Publish(t.Context(), &awssns.PublishInput{TopicArn: &topic.Arn, Subject: aws.String("lost & found"),
		Message: aws.String("a=b&c <d>"), MessageAttributes: map[string]snstypes.MessageAttributeValue{
			"severity": {DataType: aws.String("String"), StringValue: aws.String("critical")}}})
	require.NoError(t, err)
	assert.NotEmpty(t, *out.MessageId)
	messages := w.account.Inbox.Messages()
	require.NotEmpty(t, messages)
	alert := messages[len(messages)-1]
	assert.Equal(t, "lost & found", alert.Subject)
	assert.Equal(t, "a=b&c <d>", alert.Body)
	assert.Equal(t, map[string]string{"severity": "critical"}, alert.Attributes)

	_, err = client.Publish(t.Context(), &awssns.PublishInput{TopicArn: aws.String(topic.Arn + "x"), Message: aws.String("m")})
	var missing *snstypes.NotFoundException
	require.ErrorAs(t, err, &missing)
}

func TestSendMessage(t *testing.T) {
	w := newWorld(t, nil)
	queue, err := w.account.Region("us-east-2").SQS.CreateQueue(sqs.Queue{Name: "dead"})
	require.NoError(t, err)
	client := awssqs.NewFromConfig(w.admin("us-east-2"))
	_, err = client.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &queue.URL, MessageBody: aws.String("é")})
	require.NoError(t, err, "the client compares the digest")
	messages, err := w.account.Region("us-east-2").SQS.Receive(t.Context(), queue.URL, 1, -1, 0)
	require.NoError(t, err)
	require.Len(t, messages, 1)
	assert.Equal(t, "é", messages[0].Body)
	_, err = client.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: aws.String("none"), MessageBody: aws.String("x")})
	requireCode(t, err, "AWS.SimpleQueueService.NonExistentQueue", "does not exist")
}

func TestInvokeAndGetFunction(t *testing.T) {
	w := newWorld(t, nil)
	invoked := make(chan string, 1)
	f, err := w.account.Region("us-east-1").Lambda.CreateFunction(lambda.Function{Name: "health-check", Role: w.role.Arn, Runtime: "provided.al2023",
		Handler: "bootstrap", ReservedConcurrentExecutions: aws.Int(3), Environment: &lambda.Environment{Variables: map[string]string{"METRICS": "lean"}},
		Stub: func(_ context.Context, payload []byte) ([]byte, error) {
			if strings.Contains(string(payload), "fail") {
				return nil, errors.New("told to fail")
			}
			invoked <- string(payload)
			return payload, nil
		}})
	require.NoError(t, err)
	client := awslambda.NewFromConfig(w.admin("us-east-1"))
	invoke := func(name, payload string, kind lambdatypes.InvocationType) *awslambda.InvokeOutput {
		out, err := client.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: &name, Payload: []byte(payload),
			InvocationType: kind, LogType: lambdatypes.LogTypeTail})
		require.NoError(t, err)
		return out
	}
	out := invoke(f.ARN, `{"probes":1}`, lambdatypes.InvocationTypeRequestResponse)
	assert.EqualValues(t, 200, out.StatusCode)
	assert.JSONEq(t, `{"probes":1}`, string(out.Payload))
	assert.Nil(t, out.FunctionError)
	assert.Equal(t, "$LATEST", *out.ExecutedVersion)
	log, err := base64.StdEncoding.DecodeString(*out.LogResult)
	require.NoError(t, err)
	assert.Contains(t, string(log), "REPORT RequestId:")
	<-invoked

	out = invoke(f.Name, `"fail"`, lambdatypes.InvocationTypeRequestResponse)
	assert.EqualValues(t, 200, out.StatusCode, "a function's error is no error of the call")
	assert.Equal(t, "Unhandled", *out.FunctionError)
	assert.Contains(t, string(out.Payload), "told to fail")

	out = invoke(f.Name, `{"later":true}`, lambdatypes.InvocationTypeEvent)
	assert.EqualValues(t, 202, out.StatusCode)
	assert.Empty(t, out.Payload)
	assert.JSONEq(t, `{"later":true}`, <-invoked)

	got, err := client.GetFunction(t.Context(), &awslambda.GetFunctionInput{FunctionName: &f.Name})
	require.NoError(t, err)
	assert.Equal(t, f.ARN, *got.Configuration.FunctionArn)
	assert.Equal(t, lambdatypes.RuntimeProvidedal2023, got.Configuration.Runtime)
	assert.Equal(t, map[string]string{"METRICS": "lean"}, got.Configuration.Environment.Variables)
	assert.EqualValues(t, 3, *got.Concurrency.ReservedConcurrentExecutions)
	_, err = client.GetFunction(t.Context(), &awslambda.GetFunctionInput{FunctionName: aws.String("none")})
	var missing *lambdatypes.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
	assert.Contains(t, missing.ErrorMessage(), "Function not found")
}
