package api_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdsql "github.com/aws/aws-sdk-go-v2/service/dsql"
	dsqltypes "github.com/aws/aws-sdk-go-v2/service/dsql/types"
	awsevents "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

func TestAQueueIsPurgedOnceAMinute(t *testing.T) {
	w := newWorld(t, nil)
	queue, err := w.account.Region("us-east-1").SQS.CreateQueue(sqs.Queue{Name: "dead"})
	require.NoError(t, err)
	admin := awssqs.NewFromConfig(w.admin("us-east-1"))
	_, err = admin.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &queue.URL, MessageBody: aws.String("m")})
	require.NoError(t, err)
	client := awssqs.NewFromConfig(w.function(t, "us-east-1"))
	in := &awssqs.PurgeQueueInput{QueueUrl: &queue.URL}
	_, err = client.PurgeQueue(t.Context(), in)
	requireCode(t, err, "AccessDeniedException", "sqs:PurgeQueue on resource: "+queue.Arn)
	w.allow(t, "sqs:PurgeQueue", queue.Arn, "")
	_, err = client.PurgeQueue(t.Context(), in)
	require.NoError(t, err)
	visible, inFlight, err := w.account.Region("us-east-1").SQS.Depth(queue.URL)
	require.NoError(t, err)
	assert.Zero(t, visible+inFlight)

	_, err = client.PurgeQueue(t.Context(), in)
	var early *sqstypes.PurgeQueueInProgress
	require.ErrorAs(t, err, &early)
	assert.Equal(t, "Only one PurgeQueue operation on dead is allowed every 60 seconds.", *early.Message)
	status, answer := w.post(t, "sqs", map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
		"Action=PurgeQueue&Version=2012-11-05&QueueUrl="+queue.URL)
	assert.Equal(t, 403, status)
	assert.Contains(t, answer, "<Code>AWS.SimpleQueueService.PurgeQueueInProgress</Code>")
}

func TestARuleIsDisabledAndEnabled(t *testing.T) {
	w := newWorld(t, nil)
	region := w.account.Region("us-east-1")
	_, err := region.Events.PutRule(events.Rule{Name: "schedule", ScheduleExpression: "rate(1 minute)"})
	require.NoError(t, err)
	client := awsevents.NewFromConfig(w.function(t, "us-east-1"))
	disable := func(name string) error {
		_, err := client.DisableRule(t.Context(), &awsevents.DisableRuleInput{Name: &name})
		return err
	}
	enable := func(name string) error {
		_, err := client.EnableRule(t.Context(), &awsevents.EnableRuleInput{Name: &name})
		return err
	}
	arn := region.ARN("events", "rule/schedule")
	requireCode(t, disable("schedule"), "AccessDeniedException", "events:DisableRule on resource: "+arn)
	requireCode(t, enable("schedule"), "AccessDeniedException", "events:EnableRule on resource: "+arn)
	w.allow(t, "events:DisableRule", arn, "")
	w.allow(t, "events:EnableRule", arn, "")
	state := func() string {
		rule, err := region.Events.Rule("", "schedule")
		require.NoError(t, err)
		return rule.State
	}
	for range 2 { // disabling again changes nothing
		require.NoError(t, disable("schedule"))
		assert.Equal(t, "DISABLED", state())
	}
	require.NoError(t, enable("schedule"))
	assert.Equal(t, "ENABLED", state())
	var missing *eventtypes.ResourceNotFoundException
	require.ErrorAs(t, enable("none"), &missing)
}

func TestSubscriptionsOfAllTopicsAreListed(t *testing.T) {
	w := newWorld(t, nil)
	topics := w.account.Region("us-east-1").SNS
	for _, name := range []string{"alerts", "events"} {
		topic, err := topics.CreateTopic(sns.Topic{Name: name})
		require.NoError(t, err)
		_, err = topics.Subscribe(sns.Subscription{Topic: topic.Arn, Protocol: "email", Endpoint: name + "@example.com"})
		require.NoError(t, err)
	}
	client := awssns.NewFromConfig(w.function(t, "us-east-1"))
	_, err := client.ListSubscriptions(t.Context(), nil)
	requireCode(t, err, "AccessDenied", "sns:ListSubscriptions")
	w.allow(t, "sns:ListSubscriptions", "*", "")
	out, err := client.ListSubscriptions(t.Context(), nil)
	require.NoError(t, err)
	var endpoints []string
	for _, s := range out.Subscriptions {
		endpoints = append(endpoints, *s.Endpoint)
	}
	assert.ElementsMatch(t, []string{"alerts@example.com", "events@example.com"}, endpoints)
}

// A peering that was cut off is finished by hand: each cluster is told of the other one.
func TestAHalfMadePeeringIsFinished(t *testing.T) {
	w := newWorld(t, nil)
	half := func(region string) dsql.Cluster {
		c, err := w.account.Region(region).DSQL.CreateCluster(dsql.CreateClusterInput{
			MultiRegionProperties: &dsql.MultiRegionProperties{WitnessRegion: "us-west-2"}})
		require.NoError(t, err)
		return c
	}
	here, there := half("us-east-1"), half("us-east-2")
	waitFor := func(c dsql.Cluster, want dsql.Status) {
		for {
			changed := w.account.DSQL.Changed()
			if now, _ := w.account.DSQL.Cluster(c.ARN); now.Status == want {
				return
			}
			select {
			case <-changed:
			case <-t.Context().Done():
				t.Fatalf("%s is not %s", c.ARN, want)
			}
		}
	}
	waitFor(here, dsql.PendingSetup)
	waitFor(there, dsql.PendingSetup)
	peer := func(from, to dsql.Cluster) error {
		_, err := awsdsql.NewFromConfig(w.function(t, from.Region)).UpdateCluster(t.Context(), &awsdsql.UpdateClusterInput{
			Identifier: &from.Identifier,
			MultiRegionProperties: &dsqltypes.MultiRegionProperties{
				WitnessRegion: aws.String("us-west-2"), Clusters: []string{to.ARN}},
		})
		return err
	}
	for _, action := range []string{
		"dsql:UpdateCluster", "dsql:PutMultiRegionProperties", "dsql:PutWitnessRegion", "dsql:AddPeerCluster", "dsql:GetCluster",
	} {
		requireCode(t, peer(here, there), "AccessDeniedException", "is not authorized to perform: "+action)
		w.allow(t, action, "*", "")
	}
	require.NoError(t, peer(here, there))
	require.NoError(t, peer(there, here))
	waitFor(here, dsql.Active)
	waitFor(there, dsql.Active)

	out, err := awsdsql.NewFromConfig(w.admin("us-east-1")).UpdateCluster(t.Context(), &awsdsql.UpdateClusterInput{
		Identifier: &here.Identifier, DeletionProtectionEnabled: aws.Bool(true)})
	require.NoError(t, err)
	assert.Equal(t, here.ARN, *out.Arn)
	assert.Equal(t, dsqltypes.ClusterStatusActive, out.Status)
	var invalid *dsqltypes.ValidationException
	require.ErrorAs(t, peer(here, here), &invalid)
	assert.Equal(t, dsqltypes.ValidationExceptionReasonFieldValidationFailed, invalid.Reason)
}
