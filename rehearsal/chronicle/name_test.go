package chronicle

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/routing/routingtest"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/sns"
)

func TestWhereTheNameLeadsIsToldWhenItChanges(t *testing.T) {
	w := routingtest.New(t)
	c := New(Options{Account: w.Account, Domain: routingtest.Domain})
	c.Look()
	c.Look()
	assert.Empty(t, c.Record().Entries, "where it led at first is no news")
	require.Len(t, c.Record().Answers, 3)

	w.Turn(t, w.Leaf["us-east-1"])
	c.Look()
	w.Turn(t, w.Leaf["us-east-2"])
	c.Look()
	w.Turn(t, w.Leaf["us-east-1"])
	c.Look()
	var told []string
	for _, e := range c.Record().Entries {
		assert.Equal(t, Naming, e.Source)
		told = append(told, string(e.Tone)+" "+e.Lane+" "+e.Text)
	}
	assert.Equal(t, []string{
		"bad name in us-east-1 leads to us-east-2",
		"good name in us-east-1 leads to us-east-1, no region being fit",
		"bad name in us-east-2 leads to us-east-1",
		"bad name in us-west-2 leads to us-east-1",
	}, told)
	answers := c.Record().Answers[3:]
	assert.Equal(t, []bool{false, true, false, false},
		[]bool{answers[0].Forced, answers[1].Forced, answers[2].Forced, answers[3].Forced})
	assert.False(t, answers[0].First)
	assert.Equal(t, "pay.example.com leads to us-east-2 for us-east-1", c.Record().Entries[0].Title)
}

func TestAWithdrawalIsInForceUntilItEnds(t *testing.T) {
	w := routingtest.New(t)
	c := New(Options{Account: w.Account})
	changed := func(until time.Time) {
		line, err := json.Marshal(contract.ProbeLine{
			Message:    contract.LogWithdrawal,
			Withdrawal: contract.Withdrawal{Region: "us-east-1", By: "me", Reason: "a test", Until: until},
		})
		require.NoError(t, err)
		c.read("us-west-2", logs.Event{Time: w.Clock.Now(), Message: string(line)})
	}
	inForce := func() bool { _, yes := c.Withdrawal("us-east-1"); return yes }
	assert.False(t, inForce())
	changed(time.Now().Add(time.Hour))
	assert.True(t, inForce())
	changed(time.Now())
	assert.False(t, inForce(), "it was returned")
	changed(time.Now().Add(time.Hour))
	c.receive(sns.Message{Kind: sns.KindAlert, Attributes: map[string]string{
		contract.AttributeKind:   contract.AlertLapsed,
		contract.AttributeRegion: "us-east-1",
	}})
	assert.False(t, inForce(), "it has lapsed")
}
