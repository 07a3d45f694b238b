package backup

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/internal/constraint"
	"aurora-dsql-dr/sandbox/internal/cron"
)

// Plan says when what is selected is backed up.
type Plan struct {
	Name  string            `json:"name"`
	Rules []Rule            `json:"rules"`
	Tags  map[string]string `json:"tags,omitempty"`

	ID        string    `json:"-"`
	Arn       string    `json:"arn"`
	Version   string    `json:"version"`
	CreatedAt time.Time `json:"-"`
	// Stopped tells that a fault keeps it from firing.
	Stopped bool `json:"-"`
}

// Rule makes backups on a schedule.
type Rule struct {
	Name      string `json:"ruleName"`
	VaultName string `json:"targetVaultName"`
	// Schedule is a cron expression; by default every day at five.
	Schedule string `json:"schedule,omitempty"`
	// TimeZone is what the schedule is in; Etc/UTC by default.
	TimeZone string `json:"scheduleExpressionTimezone,omitempty"`
	// StartWindow is for how many minutes a job may wait until it begins, and CompletionWindow by when it has to end; both
	// count from the schedule. By default an hour and three.
	StartWindow       int               `json:"startWindow,omitempty"`
	CompletionWindow  int               `json:"completionWindow,omitempty"`
	Lifecycle         *Lifecycle        `json:"lifecycle,omitempty"`
	CopyActions       []CopyAction      `json:"copyActions,omitempty"`
	RecoveryPointTags map[string]string `json:"recoveryPointTags,omitempty"`

	ID string `json:"-"`
}

// CopyAction copies every backup of a rule to another vault, to be kept as long as the backup unless it says otherwise.
type CopyAction struct {
	VaultArn  string     `json:"destinationVaultArn"`
	Lifecycle *Lifecycle `json:"lifecycle,omitempty"`
}

// The API's and the provider's defaults.
const (
	defaultSchedule   = "cron(0 5 ? * * *)"
	defaultZone       = "Etc/UTC"
	defaultStart      = 60
	defaultCompletion = 180
)

// Windows, in minutes (API Reference, BackupRuleInput). A completion window beyond the start window by an hour is what
// the API has wanted, without a page that says so.
const (
	leastWindow = 60
	mostWindow  = 52_560_000
)

// leastInterval is the shortest time between two backups of a rule, which the console offers; the sandbox takes it for
// the API's as well.
const leastInterval = time.Hour

var displayName = regexp.MustCompile(`^[a-zA-Z0-9\-_.]{1,50}$`)

type plan struct {
	Plan
	rules      []rule
	selections map[string]Selection
	stop       func() // ends the schedules
}

// rule is a Rule that has been read.
type rule struct {
	Rule
	schedule cron.Schedule
	zone     *time.Location
}

func (r Rule) withDefaults() Rule {
	if r.Schedule == "" {
		r.Schedule = defaultSchedule
	}
	if r.TimeZone == "" {
		r.TimeZone = defaultZone
	}
	if r.StartWindow == 0 {
		r.StartWindow = defaultStart
	}
	if r.CompletionWindow == 0 {
		r.CompletionWindow = max(defaultCompletion, r.StartWindow+leastWindow)
	}
	if r.Lifecycle == nil {
		r.Lifecycle = &Lifecycle{}
	}
	r.ID = newID()
	return r
}

// read reads a rule with defaults.
func (r Rule) read(now time.Time) (rule, error) {
	var k constraint.Check
	k.Pattern("ruleName", r.Name, 1, 50, displayName)
	k.Pattern("targetBackupVaultName", r.VaultName, 2, 50, vaultName)
	k.Range("startWindowMinutes", r.StartWindow, leastWindow, mostWindow)
	k.Range("completionWindowMinutes", r.CompletionWindow, r.StartWindow+leastWindow, mostWindow)
	k.Tags(r.RecoveryPointTags)
	if err := k.Err("InvalidParameterValueException"); err != nil {
		return rule{}, err
	}
	schedule, err := cron.Parse(r.Schedule)
	if err != nil {
		return rule{}, invalidValue("schedule of rule %s: %v", r.Name, err)
	}
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return rule{}, invalidValue("time zone of rule %s is %q: want one such as Europe/Berlin", r.Name, r.TimeZone)
	}
	if tooOften(schedule, now.In(zone)) {
		return rule{}, invalidValue("schedule of rule %s is %s: want at most one backup an hour", r.Name, r.Schedule)
	}
	for _, life := range r.lifecycles() {
		if err := life.check(); err != nil {
			return rule{}, err
		}
	}
	for _, c := range r.CopyActions {
		if _, _, err := splitVault(c.VaultArn); err != nil {
			return rule{}, err
		}
	}
	return rule{Rule: r, schedule: schedule, zone: zone}, nil
}

func (r Rule) lifecycles() []Lifecycle {
	all := []Lifecycle{*r.Lifecycle}
	for _, c := range r.CopyActions {
		if c.Lifecycle != nil {
			all = append(all, *c.Lifecycle)
		}
	}
	return all
}

// tooOften looks at the first hundred times.
func tooOften(schedule cron.Schedule, from time.Time) bool {
	before, ok := schedule.Next(from)
	for i := 0; ok && i < 100; i++ {
		next, more := schedule.Next(before)
		if more && next.Sub(before) < leastInterval {
			return true
		}
		before, ok = next, more
	}
	return false
}

// splitVault takes the ARN of a vault apart.
func splitVault(arn string) (region, name string, err error) {
	parts := strings.Split(arn, ":")
	if len(parts) != 7 || parts[2] != "backup" || parts[5] != "backup-vault" || !vaultName.MatchString(parts[6]) {
		return "", "", invalidValue("destination vault is %q: want arn:aws:backup:<region>:<account>:backup-vault:<name>",
			arn)
	}
	return parts[3], parts[6], nil
}

// complete fills in and reads what a plan says.
func (s *Service) complete(p Plan) (Plan, []rule, error) {
	var k constraint.Check
	k.Pattern("backupPlanName", p.Name, 1, 50, displayName)
	k.Tags(p.Tags)
	if err := k.Err("InvalidParameterValueException"); err != nil {
		return p, nil, err
	}
	if len(p.Rules) == 0 {
		return p, nil, invalidValue("plan %s has no rules", p.Name)
	}
	rules := make([]rule, len(p.Rules))
	p.Rules = slices.Clone(p.Rules)
	for i := range p.Rules {
		p.Rules[i] = p.Rules[i].withDefaults()
		read, err := p.Rules[i].read(s.now())
		if err != nil {
			return p, nil, err
		}
		rules[i] = read
	}
	p.Version = newID()
	return p, rules, nil
}

// CreatePlan creates a plan, which from now on does what its rules say.
func (s *Service) CreatePlan(p Plan) (Plan, error) {
	p, rules, err := s.complete(p)
	if err != nil {
		return p, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if most := s.env.Limit(PlanQuota); len(s.plans) >= most {
		return p, limitExceeded("backup plans", most)
	}
	p.ID, p.CreatedAt = newID(), s.now()
	p.Arn = s.env.ARN("backup", "backup-plan:"+p.ID)
	created := &plan{Plan: p, rules: rules, selections: map[string]Selection{}}
	s.plans[p.ID] = created
	s.follow(created)
	return p, nil
}

// plan finds a plan. The caller holds the lock.
func (s *Service) plan(id string) (*plan, error) {
	if p := s.plans[id]; p != nil {
		return p, nil
	}
	return nil, notFound("Cannot find Backup plan with ID %s", id)
}

// Plan finds a plan by its id.
func (s *Service) Plan(id string) (Plan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.plan(id)
	if err != nil {
		return Plan{}, err
	}
	return p.Plan, nil
}

// Plans lists the plans by their ids.
func (s *Service) Plans() []Plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Plan
	for _, id := range slices.Sorted(maps.Keys(s.plans)) {
		all = append(all, s.plans[id].Plan)
	}
	return all
}

// UpdatePlan replaces what a plan says; its selections stay.
func (s *Service) UpdatePlan(p Plan) (Plan, error) {
	p, rules, err := s.complete(p)
	if err != nil {
		return p, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known, err := s.plan(p.ID)
	if err != nil {
		return p, err
	}
	known.stop()
	p.Arn, p.CreatedAt, p.Stopped = known.Arn, known.CreatedAt, known.Stopped
	known.Plan, known.rules = p, rules
	s.follow(known)
	return p, nil
}

// DeletePlan deletes a plan without selections.
func (s *Service) DeletePlan(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.plan(id)
	if err != nil {
		return err
	}
	if len(p.selections) > 0 {
		return invalidRequest("Related backup plan selections must be deleted prior to backup plan deletion: %s", p.Arn)
	}
	p.stop()
	delete(s.plans, id)
	return nil
}

// SetPlanStopped keeps a plan from firing, or lets it fire again: a fault, which AWS has no switch for.
func (s *Service) SetPlanStopped(id string, stopped bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.plan(id)
	if err == nil {
		p.Stopped = stopped
	}
	return err
}
