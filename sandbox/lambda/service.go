// Package lambda is the sandbox's AWS Lambda: functions with their policies and invocation settings, and a host that
// runs their real binaries through the Lambda Runtime API, one process for each concurrent execution.
//
// Not modelled: versions and aliases, layers, container images, VPCs, provisioned concurrency, event source mappings,
// freezing between invocations, CPU share by memory, and the second try of a failed init phase.
package lambda

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"

	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sqs"
)

const servicePrincipal = "lambda.amazonaws.com"

// Deps are the services a function's host relies on, all of the same region but for IAM.
type Deps struct {
	IAM        *iam.Service
	Logs       *logs.Service
	CloudWatch *cloudwatch.Service
	SQS        *sqs.Service

	// Concurrency is the account's limit of concurrent executions in the region; 0 is 1,000, Lambda's default. New
	// accounts have less, often 10.
	Concurrency int

	// Platform returns the variables the sandbox adds to every function, such as AWS_ENDPOINT_URL. It is asked before
	// each invocation; execution environments started with other values are not used again. Nil means none.
	Platform func() map[string]string
	// Dir is where deployment packages are unpacked; "" is the system's directory for temporary files.
	Dir string
	// ScaledVariables are the configured variables whose values are Go durations that the host divides by the clock's
	// speed, since a function measures time by the wall.
	ScaledVariables []string
}

// Service is the Lambda of one region. Create it with New, end it with Close; it is safe for concurrent use.
type Service struct {
	env  *region.Env
	deps Deps

	running context.Context // ends with Close
	cancel  context.CancelFunc
	tasks   sync.WaitGroup // invocations, queued events and idle timers at work

	mu        sync.Mutex
	functions map[string]*function // by name
	closed    bool
}

// function is a Function with what belongs to it.
type function struct {
	Function
	eventInvoke *EventInvokeConfig
	permissions []Permission
	policy      *iam.Policy
	taskRoot    string // of this revision's unpacked code

	failing      Failing
	executing    int
	environments map[*environment]bool // true: idle
}

// New returns the Lambda of a region without functions.
func New(env *region.Env, deps Deps) *Service {
	if deps.Concurrency != 0 {
		env.SetLimit(ConcurrencyQuota, deps.Concurrency)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Service{
		env:       env,
		deps:      deps,
		running:   ctx,
		cancel:    cancel,
		functions: map[string]*function{},
	}
}

// Close ends every function process and every waiting event, and returns when all are gone.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.tasks.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.functions {
		s.retire(f)
	}
}

// CreateFunction creates a function. The role must let Lambda assume it, and send to the dead-letter queue if there is
// one.
func (s *Service) CreateFunction(f Function) (Function, error) {
	f = f.withDefaults()
	if err := s.check(f); err != nil {
		return Function{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.functions[f.Name]; taken {
		return Function{}, conflict("Function already exist: %s", f.Name)
	}
	created := &function{policy: &iam.Policy{}, environments: map[*environment]bool{}}
	if err := s.configure(created, f); err != nil {
		return Function{}, err
	}
	s.functions[f.Name] = created
	return created.Function, nil
}

// UpdateFunction replaces configuration and code. Invocations under way finish with the old ones.
func (s *Service) UpdateFunction(f Function) (Function, error) {
	f = f.withDefaults()
	if err := s.check(f); err != nil {
		return Function{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	updated, err := s.find(f.Name)
	if err != nil {
		return Function{}, err
	}
	if err := s.configure(updated, f); err != nil {
		return Function{}, err
	}
	return updated.Function, nil
}

// configure gives the target a new revision, or leaves it as it was. It is called with the lock held.
func (s *Service) configure(target *function, f Function) error {
	if err := s.checkConcurrency(f); err != nil {
		return err
	}
	root := ""
	if f.Stub == nil {
		var err error
		if root, err = os.MkdirTemp(s.deps.Dir, "function-"); err != nil {
			return err
		}
		if err := unpack(f.Code, root); err != nil {
			return errors.Join(err, os.RemoveAll(root))
		}
		f.SourceCodeHash = codeHash(f.Code)
	}
	f.ARN, f.LastModified, f.Revision = s.env.ARN("lambda", "function:"+f.Name), s.env.Now().UTC(), target.Revision+1
	s.retire(target)
	target.Function, target.taskRoot = f, root
	return nil
}

// check is what can be said about a function without regard to the others.
func (s *Service) check(f Function) error {
	if err := f.validate(); err != nil {
		return err
	}
	if f.Stub == nil {
		pkg, err := openPackage(f.Code)
		if err != nil {
			return err
		}
		if err := checkHost(f, pkg); err != nil {
			return err
		}
	}
	if _, err := s.deps.IAM.Act(servicePrincipal, f.Role, f.Name); err != nil {
		return invalid("The role defined for the function cannot be assumed by Lambda.")
	}
	if f.DeadLetter != nil && s.maySend(f, f.DeadLetter.TargetARN) != nil {
		return invalid("The provided execution role does not have permissions to call SendMessage on SQS")
	}
	return nil
}

func (s *Service) maySend(f Function, queue string) error {
	return s.deps.IAM.Authorize(iam.Session(f.Role, f.Name), "sqs:SendMessage", queue, nil)
}

// Function finds a function by name or ARN.
func (s *Service) Function(name string) (Function, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(name)
	if err != nil {
		return Function{}, err
	}
	return f.Function, nil
}

// Functions lists all functions by name.
func (s *Service) Functions() []Function {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Function
	for _, f := range s.functions {
		all = append(all, f.Function)
	}
	slices.SortFunc(all, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// DeleteFunction deletes a function with its policy and settings.
func (s *Service) DeleteFunction(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(name)
	if err != nil {
		return err
	}
	s.retire(f)
	delete(s.functions, f.Name)
	return nil
}

// find is called with the lock held.
func (s *Service) find(name string) (*function, error) {
	if _, suffix, isARN := strings.Cut(name, ":function:"); isARN {
		name = strings.TrimSuffix(suffix, ":$LATEST")
	}
	if f, ok := s.functions[name]; ok {
		return f, nil
	}
	return nil, notFound("Function not found: %s", s.env.ARN("lambda", "function:"+name))
}
