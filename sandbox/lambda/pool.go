package lambda

import (
	"encoding/json"
	"os"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
)

// idleAfter is how long an unused execution environment is kept. Lambda does not promise a time.
const idleAfter = 10 * time.Minute

// enter takes one of the function's concurrent executions, or is throttled.
func (s *Service) enter(name string) (*function, error) {
	if err := s.env.Available("lambda"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	f, err := s.find(name)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	if s.full(f) {
		s.mu.Unlock()
		s.measureThrottle(f.Name)
		return nil, errThrottled
	}
	f.executing++
	executing, name := f.executing, f.Name
	s.mu.Unlock()
	s.measureConcurrency(name, executing)
	return f, nil
}

func (s *Service) leave(f *function) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.executing--
}

// lease takes an idle environment of the function as it is now, or a new one that is still to be started (cold).
func (s *Service) lease(f *function) (e *environment, cold bool, err error) {
	platform := map[string]string{}
	if s.deps.Platform != nil {
		platform = s.deps.Platform()
	}
	encoded, err := json.Marshal(platform)
	if err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	want := blueprint{
		revision: f.Revision,
		function: f.Function,
		taskRoot: f.taskRoot,
		platform: string(encoded),
	}
	for e, idle := range f.environments {
		switch {
		case !idle:
		case e.blueprint.same(want) && !e.expires(s.env.Now()):
			f.environments[e] = false
			e.leases++
			return e, false, nil
		default: // started for an older function, with other variables, or with credentials about to expire
			delete(f.environments, e)
			e.stop()
		}
	}
	credentials, err := s.deps.IAM.AssumeRole(servicePrincipal, f.Role, f.Name)
	if err != nil {
		return nil, false, awserr.Denied(
			"AccessDeniedException",
			"The role defined for the function cannot be assumed by Lambda.",
		)
	}
	s.deps.IAM.Place(credentials.AccessKeyID, s.env.Name)
	e = &environment{blueprint: want, credentials: credentials, logs: s.newStream(f.Function)}
	e.variables = s.variables(e, platform)
	f.environments[e] = false
	return e, true, nil
}

// release makes a leased environment idle, or ends it.
func (s *Service) release(f *function, e *environment, reusable bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, current := f.environments[e]
	if !current || !reusable || e.exited() {
		delete(f.environments, e)
		e.stop()
		return
	}
	f.environments[e] = true
	lease := e.leases
	s.env.Clock.AfterFunc(idleAfter, func() { s.reap(f, e, lease) })
}

// reap ends an environment that has been idle since this lease.
func (s *Service) reap(f *function, e *environment, lease int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.environments[e] && e.leases == lease {
		delete(f.environments, e)
		e.stop()
	}
}

// retire ends the function's idle environments and disowns the working ones, which end with their invocation. It is
// called with the lock held. Processes that still run keep the files they have open.
func (s *Service) retire(f *function) {
	for e, idle := range f.environments {
		delete(f.environments, e)
		if idle {
			e.stop()
		}
	}
	if f.taskRoot != "" {
		_ = os.RemoveAll(f.taskRoot) // a temporary directory; what is left goes with the machine's next cleanup
		f.taskRoot = ""
	}
}
