package events

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

const (
	account  = "123456789012"
	function = "arn:aws:lambda:us-east-1:123456789012:function:monitor"
	ruleARN  = "arn:aws:events:us-east-1:123456789012:rule/r"
)

// world is EventBridge with its surroundings; it is the function service itself and records what is invoked.
type world struct {
	*Service
	answer func(attempt int) error // nil accepts everything

	mu      sync.Mutex
	invoked []invocation
}

type invocation struct {
	at                time.Time
	payload           string
	principal, source string
}

func (w *world) InvokeAsync(_ context.Context, _ string, payload []byte, principal, source string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.invoked = append(w.invoked, invocation{w.env.Now(), string(payload), principal, source})
	if w.answer == nil {
		return nil
	}
	return w.answer(len(w.invoked))
}

func (w *world) invocations() []invocation {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.invoked)
}

// newWorld must be called inside a bubble; everything ends with the test.
func newWorld(t *testing.T) *world {
	t.Helper()
	clk := clock.New(1)
	env, identities := region.New("us-east-1", account, clk), iam.New(account, clk)
	queues := sqs.New(env, identities)
	keys := kms.New(env, identities)
	topics := sns.New(env, identities, keys, queues, &sns.Inbox{})
	w := &world{Service: New(env, Deps{IAM: identities, KMS: keys, CloudWatch: cloudwatch.New(env, topics), SNS: topics, SQS: queues})}
	env.SetInvoker(w)
	t.Cleanup(w.Close)
	return w
}

func (w *world) rule(t *testing.T, r Rule) {
	t.Helper()
	r.Name = "r"
	created, err := w.PutRule(r)
	require.NoError(t, err)
	require.Equal(t, ruleARN, created.Arn)
}

func (w *world) target(t *testing.T, target Target) {
	t.Helper()
	target.Rule, target.TargetID = "r", "t"
	if target.Arn == "" {
		target.Arn = function
	}
	_, err := w.PutTarget(target)
	require.NoError(t, err)
}

// deadLetters is a queue that EventBridge may send to for the rule.
func (w *world) deadLetters(t *testing.T) *DeadLetterConfig {
	t.Helper()
	arn := w.env.ARN("sqs", "dead")
	_, err := w.deps.SQS.CreateQueue(sqs.Queue{Name: "dead", Policy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow",
		"Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + arn + `",
		"Condition":{"ArnEquals":{"aws:SourceArn":"` + ruleARN + `"}}}}`})
	require.NoError(t, err)
	return &DeadLetterConfig{Arn: arn}
}

func (w *world) buried(t *testing.T, wait time.Duration) []sqs.Message {
	t.Helper()
	messages, err := w.deps.SQS.Receive(t.Context(), w.env.ARN("sqs", "dead"), 10, -1, wait)
	require.NoError(t, err)
	return messages
}

// counted sums up a metric of the rule over the last day.
func (w *world) counted(t *testing.T, metric string) int {
	t.Helper()
	now := w.env.Now()
	points, err := w.deps.CloudWatch.GetMetricStatistics(cloudwatch.Metric{Namespace: "AWS/Events", Name: metric, Dimensions: map[string]string{"RuleName": "r"}},
		now.Add(-48*time.Hour), now.Add(time.Hour), time.Hour, "")
	require.NoError(t, err)
	total := 0.0
	for _, p := range points {
		total += p.Sum
	}
	return int(total)
}

func put(t *testing.T, w *world) {
	t.Helper()
	_, err := w.PutEvents(Entry{Source: "test", DetailType: "Test", Detail: `{"name":"x \"y\"","list":[1,2]}`})
	require.NoError(t, err)
	synctest.Wait()
}

func intOf(i int) *int { return &i }

func TestARetriableErrorIsRetriedWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.answer = func(attempt int) error {
			if attempt < 4 {
				return errors.New("throttled")
			}
			return nil
		}
		w.rule(t, Rule{EventPattern: `{"source":["test"]}`})
		w.target(t, Target{DeadLetterConfig: w.deadLetters(t), RetryPolicy: &RetryPolicy{MaximumRetryAttempts: intOf(3)}})
		put(t, w)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(t, w.invocations(), 4)
		pause := func(i int) time.Duration { return w.invocations()[i+1].at.Sub(w.invocations()[i].at) }
		assert.InDelta(t, time.Second, pause(0), float64(250*time.Millisecond))
		assert.InDelta(t, 4*time.Second, pause(2), float64(time.Second))
		assert.Empty(t, w.buried(t, 0))
		assert.Equal(t, 3, w.counted(t, "RetryInvocationAttempts"))
		assert.Equal(t, 1, w.counted(t, "Invocations"))
		assert.Zero(t, w.counted(t, "FailedInvocations"))
	})
}

func TestAnEventThatCannotBeDeliveredIsBuriedWithTheReason(t *testing.T) {
	for _, c := range []struct {
		intent   string
		policy   RetryPolicy
		err      error
		attempts int // 0: as many as fit into the event's age
		want     map[string]string
	}{
		{"no attempts are left", RetryPolicy{MaximumRetryAttempts: intOf(2)}, errors.New("throttled"), 3, map[string]string{
			"ERROR_CODE": "ERROR_FROM_TARGET", "ERROR_MESSAGE": "throttled", "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
		}},
		{"the event is too old", RetryPolicy{MaximumEventAgeInSeconds: intOf(60)}, errors.New("throttled"), 0, map[string]string{
			"ERROR_CODE": "ERROR_FROM_TARGET", "ERROR_MESSAGE": "throttled", "EXHAUSTED_RETRY_CONDITION": "MaximumEventAgeInSeconds",
		}},
		{"the function does not permit it: not retried", RetryPolicy{}, awserr.Denied("AccessDeniedException", "no"), 1, map[string]string{
			"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "AccessDeniedException: no",
		}},
		{"the function is gone: not retried", RetryPolicy{}, awserr.NotFound(404, "ResourceNotFoundException", "gone"), 1, map[string]string{
			"ERROR_CODE": "NO_RESOURCE", "ERROR_MESSAGE": "ResourceNotFoundException: gone",
		}},
	} {
		t.Run(c.intent, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.answer = func(int) error { return c.err }
				w.rule(t, Rule{EventPattern: `{"source":["test"]}`})
				w.target(t, Target{DeadLetterConfig: w.deadLetters(t), RetryPolicy: &c.policy})
				put(t, w)
				buried := w.buried(t, time.Hour)
				require.Len(t, buried, 1)
				invoked := w.invocations()
				if c.attempts > 0 {
					assert.Len(t, invoked, c.attempts)
				} else {
					assert.Greater(t, len(invoked), 3)
					assert.LessOrEqual(t, buried[0].SentAt.Sub(invoked[0].at), time.Minute)
				}
				c.want["RULE_ARN"], c.want["TARGET_ARN"], c.want["RETRY_ATTEMPTS"] = ruleARN, function, strconv.Itoa(len(invoked)-1)
				assert.Equal(t, c.want, buried[0].Attributes)
				assert.JSONEq(t, w.invocations()[0].payload, buried[0].Body)
				synctest.Wait()
				assert.Equal(t, 1, w.counted(t, "FailedInvocations"))
				assert.Equal(t, 1, w.counted(t, "InvocationsSentToDlq"))
			})
		})
	}
}

func TestAQueueThatDoesNotAdmitTheRuleLosesTheEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.answer = func(int) error { return awserr.Denied("AccessDeniedException", "no") }
		w.rule(t, Rule{EventPattern: `{"source":["test"]}`})
		_, err := w.deps.SQS.CreateQueue(sqs.Queue{Name: "dead"})
		require.NoError(t, err)
		w.target(t, Target{DeadLetterConfig: &DeadLetterConfig{Arn: w.env.ARN("sqs", "dead")}})
		put(t, w)
		assert.Empty(t, w.buried(t, 0))
		assert.Equal(t, 1, w.counted(t, "InvocationsFailedToBeSentToDlq"))
	})
}

func TestCloudTrailRecordsReachATopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		topic := w.env.ARN("sns", "alerts")
		_, err := w.deps.SNS.CreateTopic(sns.Topic{Name: "alerts", Policy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow",
			"Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":"` + topic + `"}}`})
		require.NoError(t, err)
		_, err = w.deps.SNS.Subscribe(sns.Subscription{Topic: topic, Protocol: "sms", Endpoint: "+15550100"})
		require.NoError(t, err)
		w.rule(t, Rule{EventPattern: `{"source":["aws.dsql"],"detail-type":["AWS API Call via CloudTrail"],
			"detail":{"eventSource":["dsql.amazonaws.com"],"eventName":["DeleteCluster"]}}`})
		w.target(t, Target{Arn: topic, InputTransformer: &InputTransformer{
			InputPaths: map[string]string{"name": "$.detail.eventName", "id": "$.detail.requestParameters.identifier"}, InputTemplate: `"<name> of <id>"`,
		}})
		for _, name := range []string{"GetCluster", "DeleteCluster"} {
			require.NoError(t, w.CloudTrail("dsql.amazonaws.com", map[string]any{"eventName": name, "requestParameters": map[string]any{"identifier": "abc"}}))
		}
		m, err := w.deps.SNS.Inbox().Await(t.Context(), func(sns.Message) bool { return true })
		require.NoError(t, err)
		assert.Equal(t, sns.KindEvent, m.Kind)
		assert.Equal(t, `"DeleteCluster of abc"`, m.Body)
		synctest.Wait()
		assert.Equal(t, 1, w.counted(t, "TriggeredRules"))

		w.env.SetDown(true)
		require.ErrorIs(t, w.CloudTrail("dsql.amazonaws.com", map[string]any{"eventName": "DeleteCluster"}), awserr.ErrUnavailable)
		synctest.Wait()
		assert.Len(t, w.deps.SNS.Inbox().Messages(), 1, "best effort: none from a region that is down")
		w.env.SetDown(false)
		assert.Error(t, w.CloudTrail("dsql.amazonaws.com", "no object"))
	})
}

func TestWhatATargetReceives(t *testing.T) {
	for _, c := range []struct {
		intent string
		target Target
		want   string
	}{
		{"a constant", Target{Input: `{"probes":1}`}, `{"probes":1}`},
		{"a part of the event", Target{InputPath: "$.detail.list[1]"}, `2`},
		{"what is not there", Target{InputPath: "$.detail.list[7].x"}, `null`},
		{"text, as it is, within quotes", Target{InputTransformer: &InputTransformer{
			InputPaths: map[string]string{"s": "$.source", "l": "$.detail.list"}, InputTemplate: `{"text":"<s> and <l>"}`,
		}}, `{"text":"test and [1,2]"}`},
		{"what the event does not have is left out", Target{InputTransformer: &InputTransformer{
			InputPaths: map[string]string{"who": "$.detail.userIdentity.arn"}, InputTemplate: `"by <who>."`,
		}}, `"by ."`},
		{"values outside of quotes", Target{InputTransformer: &InputTransformer{
			InputPaths: map[string]string{"n": "$.detail.name"}, InputTemplate: `{"name":<n>,"rule":<aws.events.rule-name>,"arn":"<aws.events.rule-arn>"}`,
		}}, `{"name":"x \"y\"","rule":"r","arn":"` + ruleARN + `"}`},
	} {
		t.Run(c.intent, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.rule(t, Rule{EventPattern: `{"source":["test"]}`})
				w.target(t, c.target)
				put(t, w)
				require.Len(t, w.invocations(), 1)
				assert.JSONEq(t, c.want, w.invocations()[0].payload)
			})
		})
	}
}

// The detail's name has quotation marks, which nobody escapes within quotes.
func TestATemplateThatMakesNoJSONIsADeadLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.rule(t, Rule{EventPattern: `{"source":["test"]}`})
		w.target(t, Target{DeadLetterConfig: w.deadLetters(t), InputTransformer: &InputTransformer{
			InputPaths: map[string]string{"n": "$.detail.name"}, InputTemplate: `"by <n>"`,
		}})
		put(t, w)
		assert.Empty(t, w.invocations())
		messages, err := w.deps.SQS.Receive(t.Context(), w.env.ARN("sqs", "dead"), 10, -1, time.Second)
		require.NoError(t, err)
		require.Len(t, messages, 1)
	})
}

func TestARefusedTargetListsEveryProblem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.rule(t, Rule{EventPattern: `{"source":["test"]}`})
		_, err := w.PutTarget(Target{Rule: "r", Arn: "arn:aws:ec2:us-east-1:123456789012:x", Input: "?", InputPath: "detail",
			InputTransformer: &InputTransformer{InputPaths: map[string]string{"a": "x"}, InputTemplate: "<b>"},
			RetryPolicy:      &RetryPolicy{MaximumRetryAttempts: intOf(186), MaximumEventAgeInSeconds: intOf(59)}})
		for _, problem := range []string{
			"at 'targets.1.member.id' failed", "models functions, topics, queues and buses", "only one of input", "input: not JSON", `inputPath "detail"`,
			`inputPaths a is "x"`, "<b> is not in inputPaths", "0 to 185", "60 to 86400",
		} {
			assert.ErrorContains(t, err, problem)
		}
	})
}

func TestPutEventsRefusesWhatAWSRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for reason, e := range map[string]Entry{
			"NotAuthorizedForSource": {Source: "aws.dsql", DetailType: "x", Detail: "{}"},
			"Source and DetailType":  {Source: "x", Detail: "{}"},
			"MalformedDetail":        {Source: "x", DetailType: "x", Detail: "[]"},
			"bus other does not":     {Source: "x", DetailType: "x", Detail: "{}", EventBusName: "other"},
			"InvalidArgument: Parameter DetailType is not valid. Reason: Member must have length less than or equal to 128": {
				Source: "x", DetailType: strings.Repeat("x", 129), Detail: "{}",
			},
			"InvalidArgument: Parameter EventBusName is not valid": {
				Source: "x", DetailType: "x", Detail: "{}", EventBusName: strings.Repeat("x", 1601),
			},
		} {
			results, err := w.PutEvents(e, Entry{Source: "x", DetailType: "x", Detail: "{}"})
			require.NoError(t, err)
			require.ErrorContains(t, results[0].Err, reason)
			require.NotEmpty(t, results[1].EventID, "the other entry is on the bus all the same")
		}
		w.env.SetDown(true)
		_, err := w.PutEvents(Entry{Source: "x", DetailType: "x", Detail: "{}"})
		assert.ErrorIs(t, err, awserr.ErrUnavailable)
	})
}

func TestRulesAndTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for reason, r := range map[string]Rule{
			"at 'name' failed":            {},
			"Event bus other does not":    {Name: "x", EventBusName: "other", EventPattern: "{}"},
			`state "ON"`:                  {Name: "x", State: "ON", EventPattern: "{}"},
			"exactly one of EventPattern": {Name: "x"},
		} {
			_, err := w.PutRule(r)
			require.ErrorContains(t, err, reason)
		}
		w.rule(t, Rule{ScheduleExpression: "rate(1 minute)"})
		w.target(t, Target{})
		targets, err := w.Targets("", "r")
		require.NoError(t, err)
		assert.Equal(t, []Target{{Rule: "r", TargetID: "t", EventBusName: "default", Arn: function}}, targets)
		require.ErrorContains(t, w.DeleteRule("", "r"), "can't be deleted since it has targets")
		require.NoError(t, w.RemoveTarget("", "r", "t"))
		_, err = w.Target("", "r", "t")
		require.ErrorIs(t, err, awserr.ErrNotFound)
		require.NoError(t, w.DeleteRule("", "r"))
		rules, err := w.Rules("")
		require.NoError(t, err)
		assert.Empty(t, rules)
		_, err = w.Rule("", "r")
		assert.ErrorIs(t, err, awserr.ErrNotFound)
	})
}
