// Package stepfunctions is the sandbox's AWS Step Functions: standard state machines in the Amazon States Language,
// which package asl reads, and their executions on the sandbox's clock.
//
// Not modelled: express machines, versions and aliases, redrives, activities, task tokens, logging, encryption with a
// key of the account, and what package asl refuses.
package stepfunctions

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/stepfunctions/asl"
)

// principal is whom Step Functions acts as when it assumes a machine's role.
const principal = "states.amazonaws.com"

// Deps are the services that executions rely on, of the same region but for IAM.
type Deps struct {
	IAM        *iam.Service
	Lambda     *lambda.Service
	Events     *events.Service
	CloudWatch *cloudwatch.Service
}

// Service is the Step Functions of one region. Create it with New and end it with Close; it is safe for concurrent use.
type Service struct {
	env  *region.Env
	deps Deps

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu         sync.Mutex
	machines   map[string]*machine   // by ARN
	executions map[string]*execution // by ARN
}

// States of machines.
const (
	Active   = "ACTIVE"
	Deleting = "DELETING"
)

// Machine is a state machine. What follows the tags is given by Step Functions.
type Machine struct {
	Name       string            `json:"name"`
	Definition string            `json:"definition"`
	RoleArn    string            `json:"roleArn"`
	Type       string            `json:"type,omitempty"` // STANDARD
	Publish    bool              `json:"publish,omitempty"`
	Logging    *Logging          `json:"loggingConfiguration,omitempty"`
	Tracing    *Tracing          `json:"tracingConfiguration,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`

	Arn          string    `json:"arn"`
	CreationDate time.Time `json:"creationDate"`
	Status       string    `json:"status"`
	// RevisionID is that of the last update; "" before the first.
	RevisionID string `json:"revisionId,omitempty"`
}

// Logging says what of executions is logged.
type Logging struct {
	Level                string `json:"level,omitempty"` // OFF
	IncludeExecutionData bool   `json:"includeExecutionData,omitempty"`
	LogDestination       string `json:"logDestination,omitempty"`
}

// Tracing says whether X-Ray traces executions, which the sandbox keeps and does not do.
type Tracing struct {
	Enabled bool `json:"enabled,omitempty"`
}

// machine is a Machine as it runs.
type machine struct {
	Machine
	program *asl.Machine
}

// New returns the Step Functions of a region without machines.
func New(env *region.Env, deps Deps) *Service {
	ctx, cancel := context.WithCancel(context.Background())
	return &Service{
		env:        env,
		deps:       deps,
		ctx:        ctx,
		cancel:     cancel,
		machines:   map[string]*machine{},
		executions: map[string]*execution{},
	}
}

// Close ends everything that runs, and returns when it has ended. Executions stay as they are.
func (s *Service) Close() {
	s.mu.Lock()
	s.cancel()
	s.mu.Unlock()
	s.work.Wait()
}

// CreateMachine creates a machine. To create it again, but for its role and its tags, is to find it.
func (s *Service) CreateMachine(m Machine) (Machine, error) {
	m = m.withDefaults()
	if err := m.check(); err != nil {
		return Machine{}, err
	}
	program, err := s.read(m)
	if err != nil {
		return Machine{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m.Arn = s.env.ARN("states", "stateMachine:"+m.Name)
	if found, ok := s.machines[m.Arn]; ok {
		switch {
		case found.Status == Deleting:
			return Machine{}, deleting(m.Arn)
		case found.sameAs(m):
			return found.Machine, nil
		}
		return Machine{}, awserr.Conflict(400, "StateMachineAlreadyExists", "State Machine Already Exists: '%s'", m.Arn)
	}
	m.CreationDate, m.Status = s.env.Now().UTC().Truncate(time.Second), Active
	s.machines[m.Arn] = &machine{m, program}
	return m, nil
}

// read reads a machine's definition and looks whether Step Functions may assume its role.
func (s *Service) read(m Machine) (*asl.Machine, error) {
	program, problems := asl.Parse(m.Definition)
	if len(problems) > 0 {
		words := make([]string, len(problems))
		for i, p := range problems {
			words[i] = p.String()
		}
		return nil, awserr.Invalid("InvalidDefinition", "Invalid State Machine Definition: '%s'", strings.Join(words, ", "))
	}
	if _, err := s.act(m, m.Name); err != nil {
		return nil, awserr.Invalid("AccessDeniedException", "Neither the global service principal %s, nor the regional "+
			"one is authorized to assume the provided role.", principal)
	}
	return program, nil
}

// act is the session of a machine's role for a purpose.
func (s *Service) act(m Machine, session string) (iam.Principal, error) {
	return s.deps.IAM.ActFor(principal, m.RoleArn, session[:min(len(session), maxSession)], iam.Context{
		"aws:SourceArn":     s.env.ARN("states", "stateMachine:"+m.Name),
		"aws:SourceAccount": s.env.Account,
	})
}

// maxSession is the most characters of a session's name (IAM User Guide, "IAM and STS quotas").
const maxSession = 64

func (m Machine) sameAs(other Machine) bool {
	return m.Definition == other.Definition && m.Type == other.Type && *m.Logging == *other.Logging &&
		*m.Tracing == *other.Tracing
}

// UpdateMachine replaces definition, role and what is beside them. Executions under way go on with the old ones.
func (s *Service) UpdateMachine(m Machine) (Machine, error) {
	m = m.withDefaults()
	if err := m.check(); err != nil {
		return Machine{}, err
	}
	program, err := s.read(m)
	if err != nil {
		return Machine{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.machine(s.env.ARN("states", "stateMachine:"+m.Name))
	switch {
	case err != nil:
		return Machine{}, err
	case found.Status == Deleting:
		return Machine{}, deleting(found.Arn)
	}
	if !found.sameAs(m) || found.RoleArn != m.RoleArn {
		found.RevisionID = uuid.NewString()
	}
	m.Arn, m.CreationDate, m.Status, m.RevisionID = found.Arn, found.CreationDate, found.Status, found.RevisionID
	found.Machine, found.program = m, program
	return m, nil
}

// DeleteMachine deletes a machine once its executions have ended; at their next transition they are aborted. Deleting
// one that there is not is nothing (API Reference, DeleteStateMachine).
func (s *Service) DeleteMachine(arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.machines[arn]; ok {
		found.Status = Deleting
		s.removeIfIdle(found)
	}
}

// removeIfIdle removes a machine that is to be deleted when none of its executions runs. The caller holds the lock.
func (s *Service) removeIfIdle(m *machine) {
	if m.Status != Deleting {
		return
	}
	for _, e := range s.executions {
		if e.StateMachineArn == m.Arn && e.Status == Running {
			return
		}
	}
	delete(s.machines, m.Arn)
}

// Machine finds a machine by its ARN.
func (s *Service) Machine(arn string) (Machine, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.machine(arn)
	if err != nil {
		return Machine{}, err
	}
	return found.Machine, nil
}

// Machines lists the machines by name.
func (s *Service) Machines() []Machine {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Machine
	for _, m := range s.machines {
		all = append(all, m.Machine)
	}
	slices.SortFunc(all, func(a, b Machine) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// machine finds a machine. The caller holds the lock.
func (s *Service) machine(arn string) (*machine, error) {
	if err := checkARN(arn); err != nil {
		return nil, err
	}
	if found, ok := s.machines[arn]; ok {
		return found, nil
	}
	return nil, awserr.NotFound(400, "StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
}

func deleting(arn string) error {
	return awserr.Conflict(400, "StateMachineDeleting", "State Machine is Deleting: '%s'", arn)
}
