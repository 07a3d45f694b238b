package chronicle

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/sns"
)

const (
	east = "us-east-1"
	west = "us-west-2"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func text(t *testing.T, line map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(line)
	require.NoError(t, err)
	return string(raw)
}

func finished(verdict string) map[string]any {
	targets := []contract.TargetHealth{{Region: east, Verdict: verdict}}
	return map[string]any{"msg": contract.LogFinished, "report": contract.HealthReport{Targets: targets}}
}

func about(message, region string) map[string]any {
	return map[string]any{"msg": message, "region": region}
}

func notUp(verdict, reason string) map[string]any {
	line := about(contract.LogNotUp, east)
	line["verdict"] = verdict
	line["reason"] = reason
	return line
}

func titles(c *Chronicle, source Source) (all []string) {
	for _, e := range c.Record().Entries {
		if e.Source == source {
			all = append(all, e.Title)
		}
	}
	return all
}

// Each observer's word follows from what its function logs.
func TestAnObserversWord(t *testing.T) {
	good := finished(contract.Up)
	down := notUp(contract.Down, "timeout")
	lost := about(contract.LogLost, east)
	serves := about(contract.LogServes, east)
	for intent, tt := range map[string]struct {
		lines   []map[string]any
		says    Says
		changes int
	}{
		"nothing yet":                    {nil, "", 0},
		"lines of others only":           {[]map[string]any{{"type": "platform.start"}}, "", 0},
		"a good check":                   {[]map[string]any{good}, SaysUp, 0},
		"one failure":                    {[]map[string]any{good, down}, SaysFailing, 1},
		"one failure, then a good check": {[]map[string]any{good, down, good}, SaysUp, 2},
		"lost":                           {[]map[string]any{good, down, down, lost}, SaysLost, 2},
		"lost for many probes": {
			[]map[string]any{good, down, down, lost, down, finished(contract.Down), down},
			SaysLost, 2,
		},
		"lost, and good again":             {[]map[string]any{good, down, lost, good}, SaysRecovering, 3},
		"lost and back":                    {[]map[string]any{good, down, lost, serves, good}, SaysUp, 3},
		"degraded":                         {[]map[string]any{good, notUp(contract.Degraded, "conflict")}, SaysDegraded, 1},
		"no conclusion":                    {[]map[string]any{finished(contract.Unknown)}, SaysUnknown, 0},
		"another line's region is another": {[]map[string]any{good, about(contract.LogLost, "us-east-2")}, SaysUp, 0},
	} {
		t.Run(intent, func(t *testing.T) {
			c := New(Options{})
			c.read(west, logs.Event{Time: epoch, Message: "START RequestId: 1"})
			for i, line := range tt.lines {
				at := epoch.Add(time.Duration(i) * time.Millisecond)
				c.read(west, logs.Event{Time: at, Message: text(t, line)})
			}
			word, known := c.Word(west, east)
			assert.Equal(t, tt.says != "", known)
			assert.Equal(t, tt.says, word.Says)
			assert.False(t, word.Heard.IsZero(), "every line says that it lives")
			assert.Len(t, titles(c, Verdict), tt.changes)
		})
	}
}

func TestProbesThatFindAnEndpointDownAreDetections(t *testing.T) {
	c := New(Options{Since: epoch})
	for i, line := range []map[string]any{
		notUp(contract.Down, "before"),
		notUp(contract.Degraded, "conflict"),
		notUp(contract.Down, "timeout"),
		about(contract.LogLost, east),
		about(contract.LogServes, east),
		finished(contract.Up),
	} {
		at := epoch.Add(time.Duration(i-1) * time.Second)
		c.read(west, logs.Event{Time: at, Message: text(t, line)})
	}
	assert.Equal(t, []time.Time{epoch.Add(time.Second)}, c.Record().Detected)
	assert.Equal(t, []string{
		"endpoint us-east-1 degraded conflict",
		"endpoint us-east-1 down timeout",
		"endpoint us-east-1 lost",
		"endpoint us-east-1 serves again",
	}, titles(c, Probe))
}

func TestWhatArrivesIsReadOnce(t *testing.T) {
	account := aws.NewAccount(aws.Options{Clock: clock.New(1), Regions: []string{east}})
	t.Cleanup(func() { assert.NoError(t, account.Close()) })
	topic, err := account.Region(east).SNS.CreateTopic(sns.Topic{Name: "alerts"})
	require.NoError(t, err)
	for _, to := range []string{"first@example.com", "second@example.com"} {
		_, err = account.Region(east).SNS.Subscribe(sns.Subscription{Topic: topic.Arn, Protocol: "email", Endpoint: to})
		require.NoError(t, err)
	}
	var told []Entry
	c := New(Options{
		Account:   account,
		Recipient: "first@example.com",
		Tell:      func(e Entry) { told = append(told, e) },
	})
	publish := func(subject string) {
		_, err := account.Region(east).SNS.Publish(account.IAM.Admin().Principal, sns.Publication{
			TopicARN: topic.Arn,
			Subject:  subject,
			Message:  "it is",
		}, nil)
		require.NoError(t, err)
		_, err = account.Inbox.Await(t.Context(), func(m sns.Message) bool { return m.Subject == subject })
		require.NoError(t, err)
	}
	publish("one")
	c.Look()
	c.Look()
	publish("two")
	c.Look()
	assert.Equal(t, []string{"one", "two"}, titles(c, Told), "and each to one of both")
	assert.Equal(t, c.Record().Entries, told)
	assert.Len(t, c.Record().Messages, 2)
}

func TestAHistoryIsReadOnWhereverItsBeginHasGone(t *testing.T) {
	item := func(name string, second int) cloudwatch.HistoryItem {
		return cloudwatch.HistoryItem{AlarmName: name, Timestamp: epoch.Add(time.Duration(second) * time.Second)}
	}
	var at cursor
	names := func(history ...cloudwatch.HistoryItem) (all []string) {
		for _, i := range at.next(history) {
			all = append(all, i.AlarmName)
		}
		return all
	}
	assert.Equal(t, []string{"a", "b"}, names(item("a", 1), item("b", 2)))
	assert.Empty(t, names(item("a", 1), item("b", 2)))
	assert.Equal(t, []string{"c"}, names(item("a", 1), item("b", 2), item("c", 2)), "at the same moment")
	assert.Equal(t, []string{"d"}, names(item("b", 2), item("c", 2), item("d", 2)))
	assert.Equal(t, []string{"e", "f"}, names(item("e", 3), item("f", 3)))
	assert.Empty(t, names(item("e", 3), item("f", 3)))
}

func TestFaultsAreToldWhoeverInjectedThem(t *testing.T) {
	c := New(Options{})
	lost := fault.Active{ID: 1, Spec: fault.Spec{Name: "witness-lost"}, Since: epoch}
	c.Compare([]fault.Active{lost}, epoch.Add(time.Second))
	c.Compare([]fault.Active{lost}, epoch.Add(2*time.Second))
	c.Compare(nil, epoch.Add(time.Minute))
	assert.Equal(t, []Entry{Injected(lost.Spec, epoch), Undone(lost.Spec, epoch.Add(time.Minute))}, c.Record().Entries)
}

func TestTheOldestOfASourceIsForgotten(t *testing.T) {
	c := New(Options{Keep: 2})
	for _, e := range []Entry{
		{Source: Fault, Title: "a fault"},
		{Source: Verdict, Title: "one"},
		{Source: Verdict, Title: "two"},
		{Source: Verdict, Title: "three"},
	} {
		c.Add(e)
	}
	assert.Equal(t, []string{"two", "three"}, titles(c, Verdict))
	assert.Equal(t, []string{"a fault"}, titles(c, Fault))
}
