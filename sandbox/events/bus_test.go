package events

import (
	"encoding/json"
	"strings"
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

const east, west = "us-east-1", "us-west-2"

// pair are two regions of one account, each with a bus "b" whose rule "all" feeds a queue "q", and a queue "dead".
type pair struct {
	identities *iam.Service
	regions    map[string]*Service
}

// newPair must be called inside a bubble; everything ends with the test.
func newPair(t *testing.T) *pair {
	t.Helper()
	clk := clock.New(1)
	p := &pair{identities: iam.New(account, clk), regions: map[string]*Service{}}
	for _, name := range []string{east, west} {
		env := region.New(name, account, clk)
		keys, queues := kms.New(env, p.identities), sqs.New(env, p.identities)
		topics := sns.New(env, p.identities, keys, queues, &sns.Inbox{})
		s := New(env, Deps{
			IAM: p.identities, KMS: keys, CloudWatch: cloudwatch.New(env, topics), SNS: topics, SQS: queues,
			Peer: func(name string) *Service { return p.regions[name] },
		})
		t.Cleanup(s.Close)
		p.regions[name] = s
		for _, queue := range []string{"q", "dead"} {
			_, err := queues.CreateQueue(sqs.Queue{Name: queue, Policy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow",
				"Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}}`})
			require.NoError(t, err)
		}
		_, err := s.CreateBus(Bus{Name: "b"})
		require.NoError(t, err)
		s.mustRule(t, "all", `{"source":["app"]}`, Target{Arn: env.ARN("sqs", "q")})
	}
	return p
}

func (s *Service) mustRule(t *testing.T, name, pattern string, target Target) {
	t.Helper()
	_, err := s.PutRule(Rule{Name: name, EventBusName: "b", EventPattern: pattern})
	require.NoError(t, err)
	target.Rule, target.EventBusName, target.TargetID = name, "b", "t"
	_, err = s.PutTarget(target)
	require.NoError(t, err)
}

// forward sends what was published in a region to the other region's bus, with a role that may put events there if allowed.
func (p *pair) forward(t *testing.T, from, to, effect string) {
	t.Helper()
	role, err := p.identities.CreateRole(iam.Role{Name: "forward-" + from, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
	require.NoError(t, err)
	_, err = p.identities.PutRolePolicy(iam.RolePolicy{Role: role.Name, Name: "put", Policy: `{"Version":"2012-10-17","Statement":{
		"Effect":"` + effect + `","Action":"events:PutEvents","Resource":"` + p.regions[to].busARN("b") + `"}}`})
	require.NoError(t, err)
	p.regions[from].mustRule(t, "forward", `{"detail":{"publishedIn":["`+from+`"]}}`, Target{
		Arn: p.regions[to].busARN("b"), RoleArn: role.Arn, DeadLetterConfig: &DeadLetterConfig{Arn: p.regions[from].env.ARN("sqs", "dead")},
	})
}

func (p *pair) put(t *testing.T, region string) string {
	t.Helper()
	results, err := p.regions[region].PutEvents(Entry{EventBusName: "b", Source: "app", DetailType: "x", Detail: `{"publishedIn":"` + region + `"}`})
	require.NoError(t, err)
	require.Nil(t, results[0].Err)
	time.Sleep(crossing)
	synctest.Wait()
	return results[0].EventID
}

func (p *pair) received(t *testing.T, region, queue string) []sqs.Message {
	t.Helper()
	messages, err := p.regions[region].deps.SQS.Receive(t.Context(), p.regions[region].env.ARN("sqs", queue), 10, -1, 0)
	require.NoError(t, err)
	for _, m := range messages {
		require.NoError(t, p.regions[region].deps.SQS.Delete(p.regions[region].env.ARN("sqs", queue), m.ReceiptHandle))
	}
	return messages
}

func (p *pair) counted(t *testing.T, region, rule, metric string) int {
	t.Helper()
	now := p.regions[region].env.Now()
	points, err := p.regions[region].deps.CloudWatch.GetMetricStatistics(cloudwatch.Metric{Namespace: "AWS/Events", Name: metric,
		Dimensions: map[string]string{"EventBusName": "b", "RuleName": rule}}, now.Add(-48*time.Hour), now.Add(time.Hour), time.Hour, "")
	require.NoError(t, err)
	total := 0.0
	for _, point := range points {
		total += point.Sum
	}
	return int(total)
}

func TestEventsCrossOnceInBothDirections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		p.forward(t, east, west, "Allow")
		p.forward(t, west, east, "Allow")
		ids := []string{p.put(t, east), p.put(t, west)}
		for _, name := range []string{east, west} {
			messages := p.received(t, name, "q")
			require.Len(t, messages, 2, "its own and the other's, and neither twice")
			assert.Empty(t, p.received(t, name, "dead"))
			for _, m := range messages {
				var e event
				require.NoError(t, json.Unmarshal([]byte(m.Body), &e))
				assert.Contains(t, ids, e.ID, "an event keeps its id")
				assert.JSONEq(t, `{"publishedIn":"`+e.Region+`"}`, string(e.Detail), "and its region")
			}
			assert.Equal(t, 1, p.counted(t, name, "forward", "Invocations"))
			assert.Equal(t, 2, p.counted(t, name, "all", "TriggeredRules"))
		}
	})
}

func TestAnEventIsOnItsWayIntoAnotherRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		p.forward(t, east, west, "Allow")
		_, err := p.regions[east].PutEvents(Entry{
			EventBusName: "b",
			Source:       "app",
			DetailType:   "x",
			Detail:       `{"publishedIn":"` + east + `"}`,
		})
		require.NoError(t, err)
		time.Sleep(crossing - time.Nanosecond)
		synctest.Wait()
		assert.Len(t, p.received(t, east, "q"), 1)
		assert.Empty(t, p.received(t, west, "q"))
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.Len(t, p.received(t, west, "q"), 1)
	})
}

func TestABusThatIsDownIsTriedAgainForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		p.forward(t, east, west, "Allow")
		p.regions[west].env.SetDown(true)
		p.put(t, east)
		time.Sleep(20 * time.Hour)
		assert.Empty(t, p.received(t, east, "dead"))
		p.regions[west].env.SetDown(false)
		time.Sleep(longestPause)
		synctest.Wait()
		assert.Len(t, p.received(t, west, "q"), 1, "the region is back within the day")

		p.regions[west].env.SetDown(true)
		p.put(t, east)
		time.Sleep(25 * time.Hour)
		dead := p.received(t, east, "dead")
		require.Len(t, dead, 1)
		assert.NotEmpty(t, dead[0].Attributes["EXHAUSTED_RETRY_CONDITION"])
	})
}

func TestARegionThatCannotBeReachedGetsItsEventsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		p.forward(t, east, west, "Allow")
		p.regions[west].env.SetCutOff(east, true)
		p.put(t, east)
		require.Empty(t, p.received(t, west, "q"))
		p.regions[west].env.SetCutOff(east, false)
		time.Sleep(longestPause)
		synctest.Wait()
		assert.Len(t, p.received(t, west, "q"), 1)
	})
}

func TestTheRoleOfABusTargetNeedsPermission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		p.forward(t, east, west, "Deny")
		p.put(t, east)
		assert.Empty(t, p.received(t, west, "q"))
		dead := p.received(t, east, "dead")
		require.Len(t, dead, 1, "a denial is not retried")
		assert.Equal(t, "NO_PERMISSIONS", dead[0].Attributes["ERROR_CODE"])
		assert.Equal(t, p.regions[east].env.ARN("events", "rule/b/forward"), dead[0].Attributes["RULE_ARN"])
		assert.Equal(t, 1, p.counted(t, east, "forward", "FailedInvocations"))
	})
}

func TestABusTargetIsChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPair(t).regions[east]
		_, err := s.PutTarget(Target{Rule: "all", EventBusName: "b", TargetID: "x", Arn: s.busARN("b"), Input: "{}", RetryPolicy: &RetryPolicy{}})
		for _, problem := range []string{"buses of the account's other regions", "roleArn is required", "input, inputPath and inputTransformer", "retryPolicy is not supported"} {
			require.ErrorContains(t, err, problem)
		}
		_, err = s.PutTarget(Target{Rule: "all", EventBusName: "b", TargetID: "x", Arn: function, RoleArn: "arn"})
		assert.ErrorContains(t, err, "roleArn: the sandbox models it for buses only")
	})
}

func TestWhatTheKeyOfABusRefusesIsADeadLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		s := p.regions[east]
		statement := func(context string) string {
			return `{"Version":"2012-10-17","Statement":[
				{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"kms:*","Resource":"*"},
				{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":["kms:Decrypt","kms:GenerateDataKey*"],"Resource":"*",
				 "Condition":{"StringLike":{"kms:EncryptionContext:aws:events:event-bus:arn":"` + context + `"}}}]}`
		}
		key, err := s.deps.KMS.CreateKey(kms.Key{Policy: statement(s.env.ARN("events", "event-bus/*"))})
		require.NoError(t, err)
		encrypted := Bus{Name: "b", KmsKeyIdentifier: key.Arn, DeadLetterConfig: &DeadLetterConfig{Arn: s.env.ARN("sqs", "dead")}}
		_, err = s.UpdateBus(encrypted)
		require.NoError(t, err)
		p.put(t, east)
		require.Len(t, p.received(t, east, "q"), 1, "the key lets EventBridge encrypt")

		key.Policy = statement("another bus")
		_, err = s.deps.KMS.UpdateKey(key)
		require.NoError(t, err)
		id := p.put(t, east)
		require.Empty(t, p.received(t, east, "q"))
		dead := p.received(t, east, "dead")
		require.Len(t, dead, 1)
		assert.Contains(t, dead[0].Body, id)
		assert.Equal(t, "NO_PERMISSIONS", dead[0].Attributes["ERROR_CODE"])
		require.Empty(t, s.Losses())

		encrypted.DeadLetterConfig = nil
		_, err = s.UpdateBus(encrypted)
		require.NoError(t, err)
		id = p.put(t, east)
		require.Len(t, s.Losses(), 1, "without a queue the event is lost, but not unseen")
		assert.Equal(t, id, s.Losses()[0].EventID)
		assert.ErrorIs(t, s.Losses()[0].Err, awserr.ErrDenied)

		s.env.SetBroken("kms", true)
		results, err := s.PutEvents(Entry{EventBusName: "b", Source: "app", DetailType: "x", Detail: "{}"})
		require.NoError(t, err)
		assert.Equal(t, "InternalFailure", results[0].Err.Code, "KMS down is worth a retry of the entry")
	})
}

func TestAnArchiveIsReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		s := p.regions[east]
		_, err := s.CreateArchive(Archive{Name: "a", EventSourceArn: s.busARN("b"), EventPattern: `{"source":["app"]}`, RetentionDays: 1})
		require.NoError(t, err)
		begin := s.env.Now().Truncate(time.Second)
		first := p.put(t, east)
		time.Sleep(12 * time.Hour)
		p.put(t, east)
		require.Len(t, p.received(t, east, "q"), 2)

		replay := Replay{Name: "again", ArchiveArn: s.env.ARN("events", "archive/a"), BusArn: s.busARN("b"), From: begin, To: begin.Add(time.Hour)}
		done, err := s.StartReplay(replay)
		require.NoError(t, err)
		assert.Equal(t, "COMPLETED", done.State)
		assert.Equal(t, 1, done.Sent, "one event is of that hour")
		synctest.Wait()
		messages := p.received(t, east, "q")
		require.Len(t, messages, 1)
		assert.Contains(t, messages[0].Body, first)
		assert.Contains(t, messages[0].Body, `"replay-name":"again"`)

		replay.Name, replay.RuleArns = "nobody", []string{"arn:of:another:rule"}
		_, err = s.StartReplay(replay)
		require.NoError(t, err)
		synctest.Wait()
		assert.Empty(t, p.received(t, east, "q"))

		time.Sleep(13 * time.Hour)
		replay.Name, replay.RuleArns, replay.To = "later", nil, s.env.Now()
		done, err = s.StartReplay(replay)
		require.NoError(t, err)
		assert.Equal(t, 1, done.Sent, "what is older than the retention is gone, what was replayed is not there twice")

		_, err = s.StartReplay(replay)
		require.ErrorContains(t, err, "Replay later already exists")
		replay.Name, replay.BusArn = "elsewhere", s.busARN("default")
		_, err = s.StartReplay(replay)
		assert.ErrorContains(t, err, "Parameter Destination is not valid")
	})
}

func TestRequestsAboveTheLimitsAreRefusedAsAWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPair(t).regions[east]
		big := Entry{Source: "app", DetailType: "x", Detail: `{"x":"` + strings.Repeat("x", 128<<10) + `"}`}
		_, err := s.PutEvents(big)
		require.NoError(t, err)
		_, err = s.PutEvents(big, big)
		require.ErrorContains(t, err, "ValidationException: Total size of the entries in the request is over the limit.")
		_, err = s.PutEvents(make([]Entry, 11)...)
		require.ErrorContains(t, err, "want 1 to 10")

		s.Throttle(1)
		small := Entry{Source: "app", DetailType: "x", Detail: `{}`}
		results, err := s.PutEvents(small, small)
		require.NoError(t, err)
		assert.Equal(t, "ThrottlingException", results[0].Err.Code)
		assert.Nil(t, results[1].Err)
	})
}

func TestBusesAreManaged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPair(t).regions[east]
		for reason, b := range map[string]Bus{
			"at 'name' failed": {Name: "a/b"}, "already exists": {Name: "b"}, "KMS key of event bus": {Name: "c", KmsKeyIdentifier: "nothing"},
		} {
			_, err := s.CreateBus(b)
			require.ErrorContains(t, err, reason)
		}
		require.ErrorContains(t, s.DeleteBus("b"), "since it has rules")
		require.ErrorContains(t, s.DeleteBus(DefaultBus), "Cannot delete")
		_, err := s.PutRule(Rule{Name: "x", EventBusName: "b", ScheduleExpression: "rate(1 minute)"})
		require.ErrorContains(t, err, "only on the default event bus")
		require.NoError(t, s.RemoveTarget("b", "all", "t"))
		require.NoError(t, s.DeleteRule("b", "all"))
		require.NoError(t, s.DeleteBus(s.busARN("b")))
		_, err = s.Bus("b")
		assert.ErrorIs(t, err, awserr.ErrNotFound)
	})
}

// Numbers that no float64 holds are valid JSON: they pass as they were written.
func TestNumbersOfAnEventPassAsTheyWereWritten(t *testing.T) {
	for _, detail := range []string{`{"amount":1e400}`, `{"amount":-1e-400}`, `{"amount":12345678901234567890.10}`} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.rule(t, Rule{EventPattern: `{"source":["test"]}`})
			w.target(t, Target{InputTransformer: &InputTransformer{InputPaths: map[string]string{"d": "$.detail"}, InputTemplate: "<d>"}})
			results, err := w.PutEvents(Entry{Source: "test", DetailType: "Test", Detail: detail})
			require.NoError(t, err)
			require.Nil(t, results[0].Err)
			synctest.Wait()
			require.Len(t, w.invocations(), 1)
			assert.Equal(t, detail, w.invocations()[0].payload)
		})
	}
}
