// Package logs is the sandbox's CloudWatch Logs: groups with retention, lines, and metrics embedded in them.
package logs

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/constraint"
	"aurora-dsql-dr/sandbox/region"
)

// Service is the CloudWatch Logs of one region. Create it with New; it is safe for concurrent use.
type Service struct {
	env     *region.Env
	iam     *iam.Service
	metrics *cloudwatch.Service

	mu     sync.Mutex
	groups map[string]*group
	// policies are the resource policies by name.
	policies map[string]ResourcePolicy
	// delivered are the resources that other services may write to, of groups that are gone as well.
	delivered []string
}

// Group is a log group. Arn is given by CloudWatch Logs, without the trailing ":*" of some APIs.
type Group struct {
	Name            string            `json:"name"`
	RetentionInDays int               `json:"retentionInDays,omitempty"` // 0 keeps lines forever
	LogGroupClass   string            `json:"logGroupClass,omitempty"`   // STANDARD by default
	SkipDestroy     bool              `json:"skipDestroy,omitempty"`
	Tags            map[string]string `json:"tags,omitempty"`

	Arn string `json:"arn"`
}

// Event is one line of a log.
type Event struct {
	Time    time.Time
	Stream  string
	Message string
}

// retentions are the days CloudWatch Logs accepts (API Reference, PutRetentionPolicy); 0 is no retention policy.
var retentions = []int{
	0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// maxEvents bounds a group beyond its retention, as the sandbox keeps lines in memory; the oldest go first.
const maxEvents = 20_000

type group struct {
	Group
	streams map[string]bool
	events  []Event
	dropped int
	changed chan struct{} // closed and replaced when lines arrive
}

// New returns the CloudWatch Logs of a region without groups. Metrics embedded in lines go to its CloudWatch.
func New(env *region.Env, identities *iam.Service, metrics *cloudwatch.Service) *Service {
	return &Service{
		env:      env,
		iam:      identities,
		metrics:  metrics,
		groups:   map[string]*group{},
		policies: map[string]ResourcePolicy{},
	}
}

// CreateGroup creates a log group.
func (s *Service) CreateGroup(g Group) (Group, error) {
	g.Arn = s.env.ARN("logs", "log-group:"+g.Name)
	if err := complete(&g); err != nil {
		return Group{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.groups[g.Name]; taken {
		return Group{}, awserr.Invalid("ResourceAlreadyExistsException", "The specified log group already exists: %s", g.Name)
	}
	s.groups[g.Name] = &group{Group: g, streams: map[string]bool{}, changed: make(chan struct{})}
	return g, nil
}

// groupName is what CreateLogGroup takes (CloudWatch Logs API Reference, CreateLogGroup).
var groupName = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]+$`)

func complete(g *Group) error {
	var c constraint.Check
	c.Pattern("logGroupName", g.Name, 1, 512, groupName)
	c.Tags(g.Tags)
	if err := c.Err("InvalidParameterException"); err != nil {
		return err
	}
	if g.LogGroupClass == "" {
		g.LogGroupClass = "STANDARD"
	}
	if !slices.Contains(retentions, g.RetentionInDays) {
		return awserr.Invalid(
			"InvalidParameterException",
			"retention of %d days: want %v",
			g.RetentionInDays,
			retentions,
		)
	}
	return nil
}

// Group finds a log group by its name.
func (s *Service) Group(name string) (Group, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(name)
	if err != nil {
		return Group{}, err
	}
	return g.Group, nil
}

// Groups lists the log groups by name.
func (s *Service) Groups() []Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	var groups []Group
	for _, g := range s.groups {
		groups = append(groups, g.Group)
	}
	slices.SortFunc(groups, func(a, b Group) int { return strings.Compare(a.Name, b.Name) })
	return groups
}

// UpdateGroup replaces retention, class and tags of a group.
func (s *Service) UpdateGroup(g Group) (Group, error) {
	if err := complete(&g); err != nil {
		return Group{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.find(g.Name)
	if err != nil {
		return Group{}, err
	}
	g.Arn = old.Arn
	old.Group = g
	return g, nil
}

// DeleteGroup deletes a group with its lines.
func (s *Service) DeleteGroup(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(name)
	if err != nil {
		return err
	}
	close(g.changed)
	delete(s.groups, name)
	return nil
}

func (s *Service) find(name string) (*group, error) {
	g, ok := s.groups[name]
	if !ok {
		return nil, awserr.NotFound(400, "ResourceNotFoundException", "The specified log group does not exist: %s", name)
	}
	return g, nil
}

// Write appends a line to a stream of a group, which begins with its first line, for a caller that may. A line in the
// embedded metric format also becomes samples of the region's CloudWatch; a malformed one stays a line, and the error
// says what is wrong with it.
func (s *Service) Write(caller iam.Principal, name, stream string, at time.Time, message string) error {
	if err := s.env.Available("logs"); err != nil {
		return err
	}
	if err := s.append(caller, name, Event{at, stream, message}); err != nil {
		return err
	}
	if err := s.extract(message, at); err != nil {
		return fmt.Errorf("embedded metrics in %s: %w", name, err)
	}
	return nil
}

func (s *Service) append(caller iam.Principal, name string, e Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(name)
	if err != nil {
		return err
	}
	if err := s.authorize(caller, g, e.Stream); err != nil {
		return err
	}
	g.events = append(g.events, e)
	g.streams[e.Stream] = true
	g.expire(s.env.Now())
	close(g.changed)
	g.changed = make(chan struct{})
	return nil
}

// authorize asks for the permission to begin a stream as well when there is none of this name.
func (s *Service) authorize(caller iam.Principal, g *group, stream string) error {
	actions := []string{"logs:PutLogEvents"}
	if !g.streams[stream] {
		actions = append(actions, "logs:CreateLogStream")
	}
	for _, action := range actions {
		if err := s.iam.Authorize(caller, action, g.Arn+":log-stream:"+stream, nil); err != nil {
			return err
		}
	}
	return nil
}

func (g *group) expire(now time.Time) {
	old := max(0, len(g.events)-maxEvents)
	if g.RetentionInDays > 0 {
		limit := now.AddDate(0, 0, -g.RetentionInDays)
		for old < len(g.events) && g.events[old].Time.Before(limit) {
			old++
		}
	}
	if old == 0 {
		return
	}
	g.events = slices.Delete(g.events, 0, old)
	g.dropped += old
	kept := map[string]bool{}
	for _, e := range g.events {
		kept[e.Stream] = true
	}
	g.streams = kept
}

// Events returns the lines of a group from a time on, oldest first.
func (s *Service) Events(name string, from time.Time) ([]Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(name)
	if err != nil {
		return nil, err
	}
	g.expire(s.env.Now())
	return slices.DeleteFunc(slices.Clone(g.events), func(e Event) bool { return e.Time.Before(from) }), nil
}

// Tail calls show for each line of a group, those there are first, until the context ends, which is no error, or the
// group is deleted, which is.
func (s *Service) Tail(ctx context.Context, name string, show func(Event)) error {
	seen := 0
	for {
		events, next, changed, err := s.since(name, seen)
		if err != nil {
			return err
		}
		for _, e := range events {
			show(e)
		}
		seen = next
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *Service) since(name string, seen int) (events []Event, next int, changed <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(name)
	if err != nil {
		return nil, 0, nil, err
	}
	from := min(max(0, seen-g.dropped), len(g.events))
	return slices.Clone(g.events[from:]), g.dropped + len(g.events), g.changed, nil
}
