package sqs

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
)

// queue is a Queue with its messages, oldest first.
type queue struct {
	Queue
	policy   *iam.Policy
	messages []message
	sent     int           // since Metrics were last asked for
	purged   time.Time     // last
	changed  chan struct{} // closed and replaced when messages arrive
}

type message struct {
	Message
	visibleAt time.Time
}

func (q *queue) signal() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// expire forgets the messages whose retention is over.
func (q *queue) expire(now time.Time) {
	kept := time.Duration(*q.MessageRetentionSeconds) * time.Second
	q.messages = slices.DeleteFunc(q.messages, func(m message) bool { return now.Sub(m.SentAt) >= kept })
}

// Send puts a message into a queue, named by URL or ARN, for a caller that the queue's policy or its own policies let.
func (s *Service) Send(
	caller iam.Principal,
	name, body string,
	attributes map[string]string,
	ctx iam.Context,
) (messageID string, err error) {
	if err := s.env.Available("sqs"); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(name)
	if err != nil {
		return "", err
	}
	if err := s.iam.AuthorizeResource(caller, "sqs:SendMessage", q.Arn, ctx, q.policy); err != nil {
		return "", err
	}
	if len(body) > *q.MaxMessageSize {
		return "", awserr.Invalid(
			"InvalidParameterValue",
			"One or more parameters are invalid. Reason: Message must be shorter than %d bytes.",
			*q.MaxMessageSize,
		)
	}
	now := s.env.Now()
	m := message{
		Message: Message{
			MessageID:  rand.Text(),
			Body:       body,
			Attributes: attributes,
			SentAt:     now,
		},
		visibleAt: now,
	}
	q.expire(now)
	q.messages = append(q.messages, m)
	q.sent++
	q.signal()
	return m.MessageID, nil
}

// Receive takes up to limit messages (1 to 10) out of sight for the visibility timeout, the queue's own if it is
// negative. If there are none it waits for as long as wait of sandbox time, and may then return none.
func (s *Service) Receive(
	ctx context.Context,
	name string,
	limit int,
	visibility, wait time.Duration,
) ([]Message, error) {
	if err := s.env.Available("sqs"); err != nil {
		return nil, err
	}
	deadline, cancel := context.WithTimeout(ctx, s.env.Clock.Wall(wait))
	defer cancel()
	for {
		messages, changed, err := s.take(name, limit, visibility)
		if err != nil || len(messages) > 0 {
			return messages, err
		}
		select {
		case <-changed:
		case <-deadline.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *Service) take(name string, limit int, visibility time.Duration) ([]Message, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(name)
	if err != nil {
		return nil, nil, err
	}
	if visibility < 0 {
		visibility = time.Duration(*q.VisibilityTimeoutSeconds) * time.Second
	}
	now := s.env.Now()
	q.expire(now)
	var taken []Message
	for i := range q.messages {
		m := &q.messages[i]
		if len(taken) == limit {
			break
		}
		if now.Before(m.visibleAt) {
			continue
		}
		m.ReceiptHandle, m.visibleAt = rand.Text(), now.Add(visibility)
		m.ReceiveCount++
		taken = append(taken, m.Message)
	}
	return taken, q.changed, nil
}

// Delete removes a received message.
func (s *Service) Delete(name, receiptHandle string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(name)
	if err != nil {
		return err
	}
	i, err := q.byReceipt(receiptHandle)
	if err != nil {
		return err
	}
	q.messages = slices.Delete(q.messages, i, i+1)
	return nil
}

// ChangeVisibility makes a received message visible again after this time.
func (s *Service) ChangeVisibility(name, receiptHandle string, visibility time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(name)
	if err != nil {
		return err
	}
	i, err := q.byReceipt(receiptHandle)
	if err != nil {
		return err
	}
	q.messages[i].visibleAt = s.env.Now().Add(visibility)
	return nil
}

func (q *queue) byReceipt(handle string) (int, error) {
	i := slices.IndexFunc(q.messages, func(m message) bool { return handle != "" && m.ReceiptHandle == handle })
	if i < 0 {
		return 0, awserr.Invalid("ReceiptHandleIsInvalid", "The input receipt handle %q is invalid.", handle)
	}
	return i, nil
}

// purgeInterval is how long a queue that was purged refuses to be purged again (API Reference, PurgeQueue).
const purgeInterval = time.Minute

// Purge deletes all messages of a queue, those in flight as well.
func (s *Service) Purge(name string) error {
	if err := s.env.Available("sqs"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(name)
	if err != nil {
		return err
	}
	now := s.env.Now()
	if !q.purged.IsZero() && now.Sub(q.purged) < purgeInterval {
		return &awserr.Error{
			Code:    "AWS.SimpleQueueService.PurgeQueueInProgress",
			Message: "Only one PurgeQueue operation on " + q.Name + " is allowed every 60 seconds.",
			Status:  http.StatusForbidden,
		}
	}
	q.messages, q.purged = nil, now
	return nil
}

// Depth is the number of messages of a queue that can be received now, and of those that are in flight.
func (s *Service) Depth(name string) (visible, inFlight int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(name)
	if err != nil {
		return 0, 0, err
	}
	visible, inFlight = q.depth(s.env.Now())
	return visible, inFlight, nil
}

func (q *queue) depth(now time.Time) (visible, inFlight int) {
	q.expire(now)
	for _, m := range q.messages {
		if now.Before(m.visibleAt) {
			inFlight++
		} else {
			visible++
		}
	}
	return visible, inFlight
}
