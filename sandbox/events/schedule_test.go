package events

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAScheduleRunsAtAFixedRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		start := w.env.Now()
		w.rule(t, Rule{ScheduleExpression: "rate(1 minute)"})
		w.target(t, Target{})
		time.Sleep(3*time.Minute + time.Second)
		synctest.Wait()
		require.Len(t, w.invocations(), 3)
		for i, run := range w.invocations() {
			assert.Equal(t, start.Add(time.Duration(i+1)*time.Minute), run.at)
			assert.Equal(t, "events.amazonaws.com", run.principal)
			assert.Equal(t, ruleARN, run.source)
		}
		var e map[string]any
		require.NoError(t, json.Unmarshal([]byte(w.invocations()[0].payload), &e))
		assert.NotEmpty(t, e["id"])
		delete(e, "id")
		assert.Equal(t, map[string]any{
			"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "account": account, "time": "2000-01-01T00:01:00Z",
			"region": "us-east-1", "resources": []any{ruleARN}, "detail": map[string]any{},
		}, e)
		assert.Equal(t, 3, w.counted(t, "TriggeredRules"))
		assert.Equal(t, 3, w.counted(t, "Invocations"))
		assert.Zero(t, w.counted(t, "FailedInvocations"))
	})
}

func TestAScheduleStopsWhenDisabledDownOrClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		runs := func() int {
			before := len(w.invocations())
			time.Sleep(time.Minute)
			synctest.Wait()
			return len(w.invocations()) - before
		}
		w.rule(t, Rule{ScheduleExpression: "rate(1 minute)"})
		w.target(t, Target{})
		assert.Equal(t, 1, runs())
		w.rule(t, Rule{ScheduleExpression: "rate(1 minute)", Description: "the same schedule"})
		assert.Equal(t, 1, runs(), "an update does not disturb the rhythm")

		w.env.SetDown(true)
		assert.Equal(t, 0, runs(), "the region is down")
		w.env.SetDown(false)
		assert.Equal(t, 1, runs(), "and back: missed runs are not made up for")

		w.rule(t, Rule{ScheduleExpression: "rate(1 minute)", State: "DISABLED"})
		assert.Equal(t, 0, runs())
		w.rule(t, Rule{ScheduleExpression: "rate(1 minute)"})
		assert.Equal(t, 1, runs())

		name := ruleARN[strings.LastIndex(ruleARN, "/")+1:]
		require.NoError(t, w.SetRuleState("", name, "DISABLED"))
		assert.Equal(t, 0, runs())
		require.NoError(t, w.SetRuleState("", name, "ENABLED"))
		assert.Equal(t, 1, runs())
		w.Close()
		assert.Equal(t, 0, runs())
	})
}

func TestRates(t *testing.T) {
	for expression, want := range map[string]time.Duration{
		"rate(1 minute)": time.Minute, "rate(5 minutes)": 5 * time.Minute, "rate(1 hour)": time.Hour, "rate(2 days)": 48 * time.Hour,
	} {
		got, err := parseRate(expression)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, expression := range []string{"rate(1 minutes)", "rate(2 minute)", "rate(0 minutes)", "rate(30 seconds)", "cron(0 * * * ? *)", "1 minute"} {
		_, err := parseRate(expression)
		assert.ErrorContains(t, err, "ScheduleExpression is not valid", expression)
	}
}
