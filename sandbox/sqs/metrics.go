package sqs

import (
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

// Metrics are what SQS publishes to CloudWatch, namespace AWS/SQS, once a minute for every queue. AWS stops six hours
// after a queue was last used; the sandbox does not. NumberOfMessagesSent counts calls of SendMessage since the last
// time: those of Lambda, EventBridge and SNS that bury what they could not deliver too, which is why each needs
// sqs:SendMessage. What SQS itself moves after maxReceiveCount it does not count (SQS Developer Guide, "Using
// dead-letter queues"); the sandbox refuses redrive policies.
func (s *Service) Metrics(now time.Time) []cloudwatch.Datum {
	s.mu.Lock()
	defer s.mu.Unlock()
	var data []cloudwatch.Datum
	for _, q := range s.queues {
		visible, inFlight := q.depth(now)
		dimensions := map[string]string{"QueueName": q.Name}
		data = append(data,
			cloudwatch.Sample("ApproximateNumberOfMessagesVisible", dimensions, float64(visible), "Count", now),
			cloudwatch.Sample("ApproximateNumberOfMessagesNotVisible", dimensions, float64(inFlight), "Count", now),
			cloudwatch.Sample("NumberOfMessagesSent", dimensions, float64(q.sent), "Count", now))
		q.sent = 0
	}
	return data
}
