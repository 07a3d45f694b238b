package sns

// Counts are what SNS publishes of a topic to CloudWatch, namespace AWS/SNS, dimension TopicName (SNS Developer Guide,
// "Monitoring Amazon SNS topics using CloudWatch"). Redrive is not counted: the sandbox refuses redrive policies.
type Counts struct {
	// Published are messages, Delivered and Failed are notifications of single subscriptions.
	Published, Delivered, Failed int
}

// TakeCounts returns what happened to each topic, by ARN, since it was last called.
func (s *Service) TakeCounts() map[string]Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.counts
	s.counts = map[string]Counts{}
	return taken
}

func (s *Service) count(topicARN string, c Counts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := s.counts[topicARN]
	sum.Published += c.Published
	sum.Delivered += c.Delivered
	sum.Failed += c.Failed
	s.counts[topicARN] = sum
}
