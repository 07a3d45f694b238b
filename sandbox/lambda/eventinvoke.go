package lambda

import "time"

// PutEventInvokeConfig sets how asynchronous invocations are retried and where failed events go.
func (s *Service) PutEventInvokeConfig(c EventInvokeConfig) (EventInvokeConfig, error) {
	if err := c.validate(); err != nil {
		return EventInvokeConfig{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(c.FunctionName)
	if err != nil {
		return EventInvokeConfig{}, err
	}
	if queue := c.onFailure(); queue != "" && s.maySend(f.Function, queue) != nil {
		return EventInvokeConfig{}, invalid("The provided destination config DestinationConfig(onFailure=%s) is invalid: "+
			"The function's execution role does not have permissions to call SendMessage on %s", queue, queue)
	}
	f.eventInvoke = &c
	return c, nil
}

// EventInvokeConfig is the function's, a not-found error if it has none.
func (s *Service) EventInvokeConfig(name string) (EventInvokeConfig, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(name)
	if err != nil {
		return EventInvokeConfig{}, err
	}
	if f.eventInvoke == nil {
		return EventInvokeConfig{}, notFound("The function %s doesn't have an EventInvokeConfig", f.ARN)
	}
	return *f.eventInvoke, nil
}

// DeleteEventInvokeConfig returns the function to AWS's defaults.
func (s *Service) DeleteEventInvokeConfig(name string) error {
	if _, err := s.EventInvokeConfig(name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(name)
	if err == nil {
		f.eventInvoke = nil
	}
	return err
}

const (
	defaultRetries  = 2
	defaultEventAge = 6 * time.Hour
)

func (c EventInvokeConfig) retries() int {
	if c.MaximumRetryAttempts == nil {
		return defaultRetries
	}
	return *c.MaximumRetryAttempts
}

func (c EventInvokeConfig) maximumAge() time.Duration {
	if c.MaximumEventAgeInSeconds == nil {
		return defaultEventAge
	}
	return time.Duration(*c.MaximumEventAgeInSeconds) * time.Second
}

// onFailure is the ARN of the failure destination, "" without one.
func (c EventInvokeConfig) onFailure() string {
	if c.DestinationConfig == nil || c.DestinationConfig.OnFailure == nil {
		return ""
	}
	return c.DestinationConfig.OnFailure.Destination
}
