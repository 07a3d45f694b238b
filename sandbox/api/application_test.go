package api_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awseventbridge "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/kms"
)

func TestPutEventsNeedsThePermissionOfEveryBus(t *testing.T) {
	w := newWorld(t, nil)
	bus, err := w.account.Region("us-east-2").Events.CreateBus(events.Bus{Name: "transactions"})
	require.NoError(t, err)
	client := awseventbridge.NewFromConfig(w.function(t, "us-east-2"))
	entry := func(bus, detail string) eventtypes.PutEventsRequestEntry {
		return eventtypes.PutEventsRequestEntry{EventBusName: &bus, Source: aws.String("app"), DetailType: aws.String("x"), Detail: &detail}
	}
	put := func(entries ...eventtypes.PutEventsRequestEntry) (*awseventbridge.PutEventsOutput, error) {
		return client.PutEvents(t.Context(), &awseventbridge.PutEventsInput{Entries: entries})
	}
	_, err = put(entry(bus.Name, "{}"))
	requireCode(t, err, "AccessDeniedException", "not authorized to perform: events:PutEvents on resource: "+bus.Arn)

	w.allow(t, "events:PutEvents", bus.Arn, "")
	out, err := put(entry(bus.Name, "{}"), entry(bus.Arn, "no JSON"))
	require.NoError(t, err)
	assert.EqualValues(t, 1, out.FailedEntryCount)
	assert.NotEmpty(t, out.Entries[0].EventId)
	assert.Equal(t, "MalformedDetail", *out.Entries[1].ErrorCode)
	_, err = put(entry(bus.Name, "{}"), entry("default", "{}"))
	requireCode(t, err, "AccessDeniedException", "event-bus/default")
}

func TestRulesTargetsAndReplays(t *testing.T) {
	w := newWorld(t, nil)
	service := w.account.Region("us-east-1").Events
	bus, err := service.CreateBus(events.Bus{Name: "transactions"})
	require.NoError(t, err)
	archive, err := service.CreateArchive(events.Archive{Name: "a", EventSourceArn: bus.Arn})
	require.NoError(t, err)
	_, err = service.PutRule(events.Rule{Name: "r", EventBusName: bus.Name, EventPattern: `{"source":["app"]}`})
	require.NoError(t, err)
	attempts := 3
	_, err = service.PutTarget(events.Target{Rule: "r", EventBusName: bus.Name, TargetID: "t", Arn: "arn:aws:sqs:us-east-1:123456789012:q",
		RetryPolicy: &events.RetryPolicy{MaximumRetryAttempts: &attempts}, InputTransformer: &events.InputTransformer{InputTemplate: `"x"`}})
	require.NoError(t, err)
	_, err = service.PutEvents(events.Entry{EventBusName: bus.Name, Source: "app", DetailType: "x", Detail: "{}"})
	require.NoError(t, err)

	client := awseventbridge.NewFromConfig(w.admin("us-east-1"))
	buses, err := client.ListEventBuses(t.Context(), &awseventbridge.ListEventBusesInput{NamePrefix: aws.String("trans")})
	require.NoError(t, err)
	require.Len(t, buses.EventBuses, 1)
	rules, err := client.ListRules(t.Context(), &awseventbridge.ListRulesInput{EventBusName: &bus.Name})
	require.NoError(t, err)
	require.Len(t, rules.Rules, 1)
	assert.Equal(t, eventtypes.RuleStateEnabled, rules.Rules[0].State)
	targets, err := client.ListTargetsByRule(t.Context(), &awseventbridge.ListTargetsByRuleInput{EventBusName: &bus.Name, Rule: aws.String("r")})
	require.NoError(t, err)
	require.Len(t, targets.Targets, 1)
	assert.EqualValues(t, 3, *targets.Targets[0].RetryPolicy.MaximumRetryAttempts)
	assert.Equal(t, `"x"`, *targets.Targets[0].InputTransformer.InputTemplate)
	_, err = client.ListTargetsByRule(t.Context(), &awseventbridge.ListTargetsByRuleInput{Rule: aws.String("r")})
	requireCode(t, err, "ResourceNotFoundException", "Rule r does not exist on EventBus default.")

	started, err := client.StartReplay(t.Context(), &awseventbridge.StartReplayInput{ReplayName: aws.String("again"), EventSourceArn: &archive.Arn,
		Destination:    &eventtypes.ReplayDestination{Arn: &bus.Arn},
		EventStartTime: aws.Time(time.Now().Add(-time.Hour)), EventEndTime: aws.Time(time.Now().Add(time.Hour))})
	require.NoError(t, err)
	assert.Equal(t, eventtypes.ReplayStateCompleted, started.State)
	described, err := client.DescribeReplay(t.Context(), &awseventbridge.DescribeReplayInput{ReplayName: aws.String("again")})
	require.NoError(t, err)
	assert.Equal(t, bus.Arn, *described.Destination.Arn)
	_, err = awseventbridge.NewFromConfig(w.function(t, "us-east-1")).ListRules(t.Context(), &awseventbridge.ListRulesInput{})
	requireCode(t, err, "AccessDeniedException", "events:ListRules")
}

func TestEncryptAndDecrypt(t *testing.T) {
	w := newWorld(t, nil)
	key, err := w.account.Region("us-east-1").KMS.CreateKey(kms.Key{})
	require.NoError(t, err)
	bound := map[string]string{"associatedData": "6170702e6b6579736574"}
	sealed, err := awskms.NewFromConfig(w.admin("us-east-1")).Encrypt(t.Context(), &awskms.EncryptInput{KeyId: &key.Arn, Plaintext: []byte("secret"), EncryptionContext: bound})
	require.NoError(t, err)

	function := awskms.NewFromConfig(w.function(t, "us-east-1"))
	decrypt := func(bound map[string]string) (*awskms.DecryptOutput, error) {
		return function.Decrypt(t.Context(), &awskms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: bound})
	}
	_, err = decrypt(bound)
	requireCode(t, err, "AccessDeniedException", "kms:Decrypt")
	w.allow(t, "kms:Decrypt", key.Arn, "")
	opened, err := decrypt(bound)
	require.NoError(t, err)
	assert.Equal(t, "secret", string(opened.Plaintext))
	assert.Equal(t, key.Arn, *opened.KeyId)
	_, err = decrypt(nil)
	requireCode(t, err, "InvalidCiphertextException", "")
}
