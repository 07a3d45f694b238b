package workload

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/sqs"
)

// queues are an account with a queue in each of two regions.
func queues(t *testing.T) (*sandbox.Sandbox, map[string]string) {
	t.Helper()
	s := &sandbox.Sandbox{Clock: clock.New(10)}
	s.Account = aws.NewAccount(aws.Options{Clock: s.Clock, Regions: []string{east, west}})
	t.Cleanup(func() { assert.NoError(t, s.Account.Close()) })
	urls := map[string]string{}
	for _, region := range []string{east, west} {
		q, err := s.Account.Region(region).SQS.CreateQueue(sqs.Queue{Name: "all"})
		require.NoError(t, err)
		urls[region] = q.URL
	}
	return s, urls
}

func send(t *testing.T, s *sandbox.Sandbox, queue, region, id string) {
	t.Helper()
	sendDetail(t, s, queue, region, contract.TransactionCreated{TransactionID: id})
}

func sendDetail(t *testing.T, s *sandbox.Sandbox, queue, region string, detail contract.TransactionCreated) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"detail": detail})
	require.NoError(t, err)
	_, err = s.Account.Region(region).SQS.Send(s.Account.IAM.Admin().Principal, queue, string(body), nil, nil)
	require.NoError(t, err)
}

// An event counts once in each region, however often it comes, also in a region that was lost meanwhile; one that came
// to one region only is missing in the other.
func TestEventsAreLookedForInBothRegions(t *testing.T) {
	s, urls := queues(t)
	events := NewEvents(s, urls)
	following, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); events.Follow(following) }()
	now := s.Clock.Now()
	acknowledged := map[string]time.Time{"a": now, "b": now}

	s.Account.Region(west).SetDown(true)
	for _, id := range []string{"a", "a", "b", "somebody else's"} {
		send(t, s, urls[east], east, id)
	}
	impatient, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	early := events.Await(impatient, acknowledged)
	assert.Len(t, early.Missing[west], 2)
	assert.Empty(t, early.Missing[east])

	s.Account.Region(west).SetDown(false)
	caughtUp := func(id string) {
		sendDetail(t, s, urls[west], west, contract.TransactionCreated{TransactionID: id, CaughtUpIn: west})
	}
	caughtUp("a")
	send(t, s, urls[west], west, "a")
	caughtUp("c")
	caughtUp("c")
	send(t, s, urls[west], west, "c")
	send(t, s, urls[west], west, "c")
	send(t, s, urls[west], west, "b")
	patient, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	all := events.Await(patient, acknowledged)
	assert.Empty(t, all.Missing)
	assert.Equal(t, 2, all.Repeated, "a in the east and c in the west")
	assert.Equal(t, 3, all.CaughtUp, "a once and c twice in the west")
	assert.Greater(t, all.Longest, 2*time.Second, "of the lost region's, in sandbox time")
	stop()
	<-ended
}
