package sqs

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/region"
)

const rule = "arn:aws:events:us-east-1:123456789012:rule/schedule"

func newQueue(t *testing.T, q Queue) (*Service, Queue) {
	t.Helper()
	clk := clock.New(1)
	s := New(region.New("us-east-1", "123456789012", clk), iam.New("123456789012", clk))
	q.Name = "dead"
	created, err := s.CreateQueue(q)
	require.NoError(t, err)
	return s, created
}

func send(t *testing.T, s *Service, q Queue, body string) {
	t.Helper()
	_, err := s.Send(s.iam.Admin().Principal, q.URL, body, map[string]string{"k": "v"}, nil)
	require.NoError(t, err)
}

func receive(t *testing.T, s *Service, q Queue) []Message {
	t.Helper()
	messages, err := s.Receive(t.Context(), q.URL, 10, -1, 0)
	require.NoError(t, err)
	return messages
}

func TestEventBridgeNeedsTheQueuesPolicy(t *testing.T) {
	s, q := newQueue(t, Queue{})
	events := iam.ServicePrincipal("events.amazonaws.com")
	from := func(source string) error {
		_, err := s.Send(events, q.Arn, "m", nil, iam.Context{"aws:SourceArn": source})
		return err
	}
	require.ErrorIs(t, from(rule), awserr.ErrDenied, "without a policy")
	_, err := s.PutQueuePolicy(QueuePolicy{QueueURL: q.URL, Policy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow",
		"Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + q.Arn + `",
		"Condition":{"ArnEquals":{"aws:SourceArn":"` + rule + `"}}}}`})
	require.NoError(t, err)
	assert.NoError(t, from(rule))
	require.ErrorIs(t, from(rule+"-other"), awserr.ErrDenied)

	_, err = s.PutQueuePolicy(QueuePolicy{QueueURL: q.URL})
	require.NoError(t, err)
	_, err = s.QueuePolicy(q.URL)
	assert.ErrorIs(t, err, awserr.ErrNotFound)
}

func TestAReceivedMessageIsInvisibleUntilItsTimeoutOrItsDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, q := newQueue(t, Queue{})
		send(t, s, q, "first")
		send(t, s, q, "second")
		messages := receive(t, s, q)
		require.Len(t, messages, 2)
		assert.Equal(t, []string{"first", "second"}, []string{messages[0].Body, messages[1].Body})
		assert.Equal(t, map[string]string{"k": "v"}, messages[0].Attributes)
		assert.Empty(t, receive(t, s, q))
		visible, inFlight, err := s.Depth(q.URL)
		require.NoError(t, err)
		assert.Equal(t, []int{0, 2}, []int{visible, inFlight})

		require.NoError(t, s.Delete(q.URL, messages[0].ReceiptHandle))
		require.ErrorContains(t, s.Delete(q.URL, messages[0].ReceiptHandle), "ReceiptHandleIsInvalid")
		time.Sleep(30 * time.Second)
		again := receive(t, s, q)
		require.Len(t, again, 1)
		assert.Equal(t, "second", again[0].Body)
		assert.Equal(t, 2, again[0].ReceiveCount)

		require.NoError(t, s.ChangeVisibility(q.URL, again[0].ReceiptHandle, 0))
		assert.Len(t, receive(t, s, q), 1)
		require.NoError(t, s.Purge(q.URL), "those in flight as well")
		time.Sleep(59 * time.Second)
		assert.Empty(t, receive(t, s, q))
		require.ErrorContains(t, s.Purge(q.URL), "is allowed every 60 seconds")
		time.Sleep(time.Second)
		require.NoError(t, s.Purge(q.URL))
	})
}

func TestALongPollEndsWithTheFirstMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, q := newQueue(t, Queue{})
		start := time.Now()
		time.AfterFunc(5*time.Second, func() { send(t, s, q, "late") })
		messages, err := s.Receive(t.Context(), q.URL, 1, -1, 20*time.Second)
		require.NoError(t, err)
		assert.Len(t, messages, 1)
		assert.Equal(t, 5*time.Second, time.Since(start))

		messages, err = s.Receive(t.Context(), q.URL, 1, -1, 20*time.Second)
		require.NoError(t, err)
		assert.Empty(t, messages)
		assert.Equal(t, 25*time.Second, time.Since(start))

		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = s.Receive(cancelled, q.URL, 1, -1, 20*time.Second)
		assert.ErrorIs(t, err, context.Canceled)
	})
}

func TestMessagesExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hour := 3600
		s, q := newQueue(t, Queue{MessageRetentionSeconds: &hour})
		send(t, s, q, "m")
		time.Sleep(time.Hour)
		assert.Empty(t, receive(t, s, q))
	})
}

func TestTheDepthAndWhatWasSentArePublished(t *testing.T) {
	s, q := newQueue(t, Queue{})
	send(t, s, q, "m")
	published := func() map[string]float64 {
		values := map[string]float64{}
		for _, d := range s.Metrics(s.env.Now()) {
			assert.Equal(t, map[string]string{"QueueName": "dead"}, d.Dimensions)
			values[d.MetricName] = *d.Value
		}
		return values
	}
	assert.Equal(t, map[string]float64{
		"ApproximateNumberOfMessagesVisible": 1, "ApproximateNumberOfMessagesNotVisible": 0, "NumberOfMessagesSent": 1,
	}, published())
	assert.Equal(t, map[string]float64{
		"ApproximateNumberOfMessagesVisible": 1, "ApproximateNumberOfMessagesNotVisible": 0, "NumberOfMessagesSent": 0,
	}, published(), "what stays was sent once")
}

func TestQueues(t *testing.T) {
	s, q := newQueue(t, Queue{})
	assert.Equal(t, "https://sqs.us-east-1.amazonaws.com/123456789012/dead", q.URL)
	assert.True(t, *q.SqsManagedSseEnabled)
	assert.Equal(t, 345600, *q.MessageRetentionSeconds)
	_, err := s.CreateQueue(Queue{Name: "dead"})
	require.ErrorContains(t, err, "QueueAlreadyExists")
	_, err = s.CreateQueue(Queue{Name: "other", Policy: "?"})
	require.ErrorContains(t, err, "InvalidAttributeValue")

	off := false
	updated, err := s.UpdateQueue(Queue{URL: q.URL, SqsManagedSseEnabled: &off})
	require.NoError(t, err)
	assert.Equal(t, q.Arn, updated.Arn)
	byARN, err := s.Queue(q.Arn)
	require.NoError(t, err)
	assert.Equal(t, updated, byARN)

	_, err = s.Send(s.iam.Admin().Principal, q.URL, strings.Repeat("x", 262145), nil, nil)
	require.ErrorContains(t, err, "shorter than 262144 bytes")
	s.env.SetDown(true)
	_, err = s.Send(s.iam.Admin().Principal, q.URL, "m", nil, nil)
	require.ErrorIs(t, err, awserr.ErrUnavailable)

	require.NoError(t, s.DeleteQueue(q.URL))
	_, err = s.Queue(q.URL)
	assert.ErrorIs(t, err, awserr.ErrNotFound)
}
