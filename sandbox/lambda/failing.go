package lambda

import "context"

// Failing is how a function fails whatever it is asked.
type Failing string

// The ways in which a function fails.
const (
	// Crashing ends the function's process as soon as it is invoked.
	Crashing Failing = "crashing"
	// Hanging keeps it from answering, so that it runs into its timeout.
	Hanging Failing = "hanging"
)

// SetFailing makes a function, by name or ARN, fail from its next invocation on, or with "" work again.
func (s *Service) SetFailing(name string, how Failing) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(name)
	if err != nil {
		return err
	}
	f.failing = how
	return nil
}

func (s *Service) failingOf(e *environment) Failing {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, err := s.find(e.blueprint.function.Name); err == nil {
		return f.failing
	}
	return ""
}

// run has the environment do the work, unless the function is failing.
func (how Failing) run(ctx context.Context, e *environment, job work) (reply, error) {
	switch how {
	case Crashing:
		return reply{}, &fault{"Runtime.ExitError", "Runtime exited with error: exit status 2"}
	case Hanging:
		<-ctx.Done()
		return reply{}, context.Cause(ctx)
	default:
		return e.run(ctx, job)
	}
}
