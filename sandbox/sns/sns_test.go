package sns

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/region"
)

const (
	account = "123456789012"
	topic   = "arn:aws:sns:us-east-1:123456789012:alerts"
	roleARN = "arn:aws:iam::123456789012:role/monitor"
)

var (
	cloudwatch = iam.ServicePrincipal("cloudwatch.amazonaws.com")
	events     = iam.ServicePrincipal("events.amazonaws.com")
	monitor    = iam.Session(roleARN, "f")

	secure      = iam.Context{"aws:SecureTransport": "true"}
	fromAnAlarm = iam.Context{
		"aws:SecureTransport": "true", "aws:SourceArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a",
		"aws:SourceAccount": account, "aws:SourceOwner": account,
	}
)

// world is SNS with its surroundings and one topic.
type world struct {
	*Service
	env        *region.Env
	identities *iam.Service
	keys       *kms.Service
	queues     *queues
	invoked    []string
}

type queues struct {
	sent []string
	ctx  iam.Context
	err  error
}

func (q *queues) Send(caller iam.Principal, queue, body string, _ map[string]string, ctx iam.Context) (string, error) {
	q.sent, q.ctx = append(q.sent, caller.ARN+" "+queue+" "+body), ctx
	return "id", q.err
}

func (w *world) InvokeAsync(_ context.Context, function string, payload []byte, principal, source string) error {
	w.invoked = append(w.invoked, strings.Join([]string{principal, source, function, string(payload)}, " "))
	return nil
}

func newWorld(t *testing.T, created Topic) *world {
	t.Helper()
	clk := clock.New(1)
	w := &world{env: region.New("us-east-1", account, clk), identities: iam.New(account, clk), queues: &queues{}}
	w.env.SetInvoker(w)
	w.keys = kms.New(w.env, w.identities)
	w.Service = New(w.env, w.identities, w.keys, w.queues, &Inbox{})
	_, err := w.identities.CreateRole(iam.Role{Name: "monitor", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
	require.NoError(t, err)
	created.Name = "alerts"
	_, err = w.CreateTopic(created)
	require.NoError(t, err)
	w.subscribe(t, "sms", "+15550100")
	return w
}

func (w *world) subscribe(t *testing.T, protocol, endpoint string) Subscription {
	t.Helper()
	sub, err := w.Subscribe(Subscription{Topic: topic, Protocol: protocol, Endpoint: endpoint})
	require.NoError(t, err)
	return sub
}

func (w *world) allowRole(t *testing.T, statements string) {
	t.Helper()
	_, err := w.identities.PutRolePolicy(iam.RolePolicy{Role: "monitor", Name: "p", Policy: `{"Version":"2012-10-17","Statement":[` + statements + `]}`})
	require.NoError(t, err)
}

func (w *world) key(t *testing.T, statements string) string {
	t.Helper()
	k, err := w.keys.CreateKey(kms.Key{Policy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}` + statements + `]}`})
	require.NoError(t, err)
	return k.Arn
}

const (
	admitsBoth = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":["cloudwatch.amazonaws.com","events.amazonaws.com"]},"Action":"sns:Publish","Resource":"` + topic + `"},
		{"Effect":"Deny","Principal":"*","Action":"sns:Publish","Resource":"` + topic + `","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
	admitsFromSource = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":["cloudwatch.amazonaws.com","events.amazonaws.com"]},"Action":"sns:Publish","Resource":"` + topic + `",
		"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}}]}`
	keyAdmitsBoth       = `,{"Effect":"Allow","Principal":{"Service":["cloudwatch.amazonaws.com","events.amazonaws.com"]},"Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*"}`
	keyAdmitsFromSource = `,{"Effect":"Allow","Principal":{"Service":["cloudwatch.amazonaws.com","events.amazonaws.com"]},"Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*",
		"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}}`
	keyAdmitsSNS = `,{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"kms:*","Resource":"*"}`
)

func TestATopicDeliversOnlyWhatItsPoliciesAllow(t *testing.T) {
	const mayPublish = `{"Effect":"Allow","Action":"sns:Publish","Resource":"` + topic + `"}`
	for _, c := range []struct {
		intent         string
		policy, key    string // key: statements beside the account's, or an alias
		role           string // statements of the role
		caller         iam.Principal
		context        iam.Context
		refusedBecause string // "" if it is delivered
	}{
		{"an alarm, by the default policy", "", "", "", cloudwatch, fromAnAlarm, ""},
		{"a rule, by the default policy", "", "", "", events, secure, "no resource-based policy allows the sns:Publish action"},
		{"an alarm, named by the policy", admitsBoth, "", "", cloudwatch, fromAnAlarm, ""},
		{"a rule, named by the policy", admitsBoth, "", "", events, secure, ""},
		{"a rule brings no source", admitsFromSource, "", "", events, secure, "AccessDenied"},
		{"an alarm does", admitsFromSource, "", "", cloudwatch, fromAnAlarm, ""},
		{"plain HTTP", admitsBoth, "", mayPublish, monitor, iam.Context{"aws:SecureTransport": "false"}, "explicit deny in a resource-based policy"},
		{"a role, by its own policy", admitsBoth, "", mayPublish, monitor, secure, ""},
		{"a role without one", admitsBoth, "", `{"Effect":"Allow","Action":"sns:Publish","Resource":"` + topic + `-other"}`, monitor, secure, "no identity-based policy"},
		{"the AWS managed key admits no alarm", admitsBoth, kms.AliasSNS, "", cloudwatch, fromAnAlarm, "KMSAccessDenied"},
		{"but a role", admitsBoth, kms.AliasSNS, mayPublish + `,{"Effect":"Allow","Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*"}`, monitor, secure, ""},
		{"a key that admits only sns", admitsBoth, keyAdmitsSNS, "", cloudwatch, fromAnAlarm, "KMSAccessDenied"},
		{"a key that admits alarms", admitsBoth, keyAdmitsBoth, "", cloudwatch, fromAnAlarm, ""},
		{"and rules", admitsBoth, keyAdmitsBoth, "", events, secure, ""},
		{"a key that asks rules for their source", admitsBoth, keyAdmitsFromSource, "", events, secure, "KMSAccessDenied"},
		{"a key that asks alarms for it", admitsBoth, keyAdmitsFromSource, "", cloudwatch, fromAnAlarm, ""},
		{"a key the role may not use", admitsBoth, keyAdmitsBoth, mayPublish, monitor, secure, "KMSAccessDenied"},
	} {
		t.Run(c.intent, func(t *testing.T) {
			w := newWorld(t, Topic{Policy: c.policy})
			if c.role != "" {
				w.allowRole(t, c.role)
			}
			if c.key != "" {
				key := c.key
				if key != kms.AliasSNS {
					key = w.key(t, c.key)
				}
				_, err := w.UpdateTopic(Topic{Arn: topic, KmsMasterKeyID: key})
				require.NoError(t, err)
			}
			_, err := w.Publish(c.caller, Publication{TopicARN: topic, Message: "m"}, c.context)
			if c.refusedBecause == "" {
				require.NoError(t, err)
				assert.Len(t, w.inbox.Messages(), 1)
				assert.Empty(t, w.Failures())
				return
			}
			require.ErrorContains(t, err, c.refusedBecause)
			assert.Empty(t, w.inbox.Messages(), "nobody hears of it")
			require.Len(t, w.Failures(), 1)
			assert.Equal(t, err, w.Failures()[0].Err)
		})
	}
}

func TestADisabledKeySilencesATopic(t *testing.T) {
	w := newWorld(t, Topic{})
	key := w.key(t, keyAdmitsBoth)
	_, err := w.UpdateTopic(Topic{Arn: topic, KmsMasterKeyID: key})
	require.NoError(t, err)
	require.NoError(t, w.keys.SetEnabled(key, false))
	_, err = w.Publish(cloudwatch, Publication{TopicARN: topic, Message: "m"}, fromAnAlarm)
	assert.ErrorContains(t, err, "KMSDisabled")
}

func TestEveryProtocolIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Topic{})
		w.subscribe(t, "email", "oncall@example.com")
		w.subscribe(t, "email-json", "robot@example.com")
		w.subscribe(t, "https", "https://example.com/hook")
		w.subscribe(t, "sqs", "arn:aws:sqs:us-east-1:123456789012:q")
		function := w.subscribe(t, "lambda", "arn:aws:lambda:us-east-1:123456789012:function:f")

		_, err := w.Publish(w.identities.Admin().Principal, Publication{
			TopicARN: topic, Subject: "s", Message: "m", Attributes: map[string]string{"severity": "page"},
		}, secure)
		require.NoError(t, err)

		got := map[string]Message{}
		for _, m := range w.inbox.Messages() {
			if m.Kind == KindConfirmation {
				assert.Contains(t, m.Body, topic)
				continue
			}
			got[m.Protocol] = m
		}
		assert.Len(t, got, 6)
		assert.Equal(t, Message{
			Time: w.env.Now(), Region: "us-east-1", TopicARN: topic, Protocol: "email", Endpoint: "oncall@example.com", Kind: KindAlert,
			Publisher: "arn:aws:iam::123456789012:user/admin", Subject: "s", Body: "m", Attributes: map[string]string{"severity": "page"},
		}, got["email"])

		require.Len(t, w.queues.sent, 1)
		assert.True(t, strings.HasPrefix(w.queues.sent[0], "sns.amazonaws.com arn:aws:sqs:us-east-1:123456789012:q {"))
		assert.Equal(t, topic, w.queues.ctx["aws:SourceArn"])
		require.Len(t, w.invoked, 1)
		prefix := "sns.amazonaws.com " + topic + " arn:aws:lambda:us-east-1:123456789012:function:f "
		require.True(t, strings.HasPrefix(w.invoked[0], prefix))
		var event struct {
			Records []struct {
				EventSource, EventSubscriptionArn string
				Sns                               struct {
					Subject, Message, TopicArn string
					MessageAttributes          map[string]struct{ Type, Value string }
				}
			}
		}
		require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(w.invoked[0], prefix)), &event))
		assert.Equal(t, function.Arn, event.Records[0].EventSubscriptionArn)
		assert.Equal(t, "m", event.Records[0].Sns.Message)
		assert.Equal(t, "page", event.Records[0].Sns.MessageAttributes["severity"].Value)
	})
}

func TestAQueueThatRefusesIsAFailureOfItsOwn(t *testing.T) {
	w := newWorld(t, Topic{})
	w.queues.err = awserr.Denied("AccessDenied", "no")
	w.subscribe(t, "sqs", "arn:aws:sqs:us-east-1:123456789012:q")
	_, err := w.Publish(cloudwatch, Publication{TopicARN: topic, Message: "m"}, fromAnAlarm)
	require.NoError(t, err, "the publisher does not hear of it")
	assert.Len(t, w.inbox.Messages(), 1, "the others are served")
	require.Len(t, w.Failures(), 1)
	assert.Equal(t, "sqs", w.Failures()[0].Protocol)
	assert.ErrorIs(t, w.Failures()[0].Err, awserr.ErrDenied)
	assert.Equal(t, map[string]Counts{topic: {Published: 1, Delivered: 1, Failed: 1}}, w.TakeCounts())
	assert.Empty(t, w.TakeCounts(), "each is counted once")
}

func TestRawDeliveryLeavesTheEnvelopeOut(t *testing.T) {
	w := newWorld(t, Topic{})
	sub := w.subscribe(t, "sqs", "arn:aws:sqs:us-east-1:123456789012:q")
	sub.RawMessageDelivery = true
	_, err := w.UpdateSubscription(sub)
	require.NoError(t, err)
	_, err = w.Publish(cloudwatch, Publication{TopicARN: topic, Message: "m"}, fromAnAlarm)
	require.NoError(t, err)
	assert.Equal(t, []string{"sns.amazonaws.com arn:aws:sqs:us-east-1:123456789012:q m"}, w.queues.sent)
}

func TestSubscriptionsAreChecked(t *testing.T) {
	w := newWorld(t, Topic{})
	for _, c := range [][3]string{
		{"fax", "123", "Does not support this protocol string: fax"},
		{"email", "oncall", `Endpoint "oncall"`},
		{"sms", "0800", `Endpoint "0800"`},
		{"https", "http://example.com", `Endpoint "http://example.com"`},
		{"sqs", "https://sqs/q", "for protocol sqs"},
		{"lambda", "f", "for protocol lambda"},
	} {
		_, err := w.Subscribe(Subscription{Topic: topic, Protocol: c[0], Endpoint: c[1]})
		require.ErrorContains(t, err, c[2])
	}
	_, err := w.Subscribe(Subscription{Topic: topic + "2", Protocol: "sms", Endpoint: "+15550100"})
	require.ErrorIs(t, err, awserr.ErrNotFound)
	assert.Equal(t, w.Subscriptions(topic)[0], w.subscribe(t, "sms", "+15550100"), "a second time it is the same subscription")
}

func TestPublicationsAreChecked(t *testing.T) {
	w := newWorld(t, Topic{})
	for reason, p := range map[string]Publication{
		"Message of 0 bytes":      {TopicARN: topic},
		"Message of 262145 bytes": {TopicARN: topic, Message: strings.Repeat("x", 262145)},
		"Subject \"a\\nb\"":       {TopicARN: topic, Message: "m", Subject: "a\nb"},
		"up to 99 printable":      {TopicARN: topic, Message: "m", Subject: strings.Repeat("x", 100)},
		"Topic does not exist":    {TopicARN: topic + "2", Message: "m"},
	} {
		_, err := w.Publish(cloudwatch, p, fromAnAlarm)
		assert.ErrorContains(t, err, reason)
	}
}

func TestSNSDownInARegionIsWorthARetry(t *testing.T) {
	w := newWorld(t, Topic{})
	w.env.SetBroken("sns", true)
	_, err := w.Publish(cloudwatch, Publication{TopicARN: topic, Message: "m"}, fromAnAlarm)
	assert.ErrorIs(t, err, awserr.ErrUnavailable)
}

func TestTopicsAndTheirPolicies(t *testing.T) {
	w := newWorld(t, Topic{})
	_, err := w.CreateTopic(Topic{Name: "alerts"})
	require.ErrorContains(t, err, "already exists")
	_, err = w.PutTopicPolicy(TopicPolicy{Arn: topic, Policy: "{}"})
	require.ErrorContains(t, err, "Policy Error")
	put, err := w.PutTopicPolicy(TopicPolicy{Arn: topic, Policy: admitsBoth})
	require.NoError(t, err)
	assert.Equal(t, TopicPolicy{Arn: topic, Policy: admitsBoth, Owner: account}, put)
	updated, err := w.UpdateTopic(Topic{Arn: topic, DisplayName: "Alerts"})
	require.NoError(t, err)
	assert.JSONEq(t, admitsBoth, updated.Policy, "an update of the topic leaves the policy of the topic policy")
	_, err = w.PutTopicPolicy(TopicPolicy{Arn: topic})
	require.NoError(t, err)
	restored, err := w.Topic(topic)
	require.NoError(t, err)
	assert.Contains(t, restored.Policy, "__default_policy_ID")
	assert.Len(t, w.Topics(), 1)

	require.NoError(t, w.DeleteTopic(topic))
	assert.Empty(t, w.Subscriptions(topic), "subscriptions go with their topic")
	assert.ErrorIs(t, w.DeleteTopic(topic), awserr.ErrNotFound)
}

func TestAwaitFindsWhatIsThereAndWaitsForWhatIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Inbox
		b.add(Message{Subject: "old"})
		m, err := b.Await(t.Context(), func(m Message) bool { return m.Subject == "old" })
		require.NoError(t, err)
		assert.Equal(t, "old", m.Subject)

		found := make(chan Message)
		go func() {
			m, _ := b.Await(t.Context(), func(m Message) bool { return m.Subject == "new" })
			found <- m
		}()
		synctest.Wait()
		b.add(Message{Subject: "other"})
		b.add(Message{Subject: "new"})
		assert.Equal(t, "new", (<-found).Subject)

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = b.Await(ctx, func(Message) bool { return false })
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestTheInboxIsBounded(t *testing.T) {
	var b Inbox
	for range maxMessages + 10 {
		b.add(Message{})
	}
	assert.Len(t, b.Messages(), maxMessages)
	messages, next, _ := b.since(maxMessages + 8)
	assert.Len(t, messages, 2)
	assert.Equal(t, maxMessages+10, next)
}
