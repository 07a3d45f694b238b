package scheduler

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// Group is a group of schedules, which share metrics, tags and deletion. What follows the tags is given by Scheduler.
type Group struct {
	Name string            `json:"name"`
	Tags map[string]string `json:"tags,omitempty"`

	Arn        string    `json:"arn"`
	State      string    `json:"state"` // ACTIVE
	CreatedAt  time.Time `json:"creationDate"`
	ModifiedAt time.Time `json:"lastModificationDate"`
}

func (k key) compare(other key) int {
	return cmp.Or(cmp.Compare(k.group, other.group), cmp.Compare(k.name, other.name))
}

func (s *Service) newGroup(name string, tags map[string]string) Group {
	now := s.env.Now().UTC().Truncate(time.Second)
	return Group{
		Name:       name,
		Tags:       tags,
		Arn:        s.groupARN(name),
		State:      "ACTIVE",
		CreatedAt:  now,
		ModifiedAt: now,
	}
}

func (s *Service) groupARN(name string) string { return s.env.ARN("scheduler", "schedule-group/"+name) }

// CreateGroup creates a group.
func (s *Service) CreateGroup(g Group) (Group, error) {
	var c constraint.Check
	c.Pattern("name", g.Name, 1, maxName, nameForm)
	c.Tags(g.Tags)
	if err := c.Err(validation); err != nil {
		return Group{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.groups[g.Name]; taken {
		return Group{}, conflict("Schedule group %s already exists.", g.Name)
	}
	g = s.newGroup(g.Name, g.Tags)
	s.groups[g.Name] = g
	return g, nil
}

// TagGroup replaces the tags of a group.
func (s *Service) TagGroup(name string, tags map[string]string) (Group, error) {
	var c constraint.Check
	c.Tags(tags)
	if err := c.Err(validation); err != nil {
		return Group{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(name)
	if err != nil {
		return Group{}, err
	}
	g.Tags = tags
	s.groups[name] = g
	return g, nil
}

// DeleteGroup deletes a group with its schedules.
func (s *Service) DeleteGroup(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.group(name); err != nil {
		return err
	}
	if name == DefaultGroup {
		return awserr.Invalid(validation, "The %s schedule group cannot be deleted.", DefaultGroup)
	}
	for k, c := range s.schedules {
		if k.group == name {
			c.end()
			delete(s.schedules, k)
		}
	}
	delete(s.groups, name)
	return nil
}

// Group finds a group.
func (s *Service) Group(name string) (Group, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.group(name)
}

// group finds a group. The caller holds the lock.
func (s *Service) group(name string) (Group, error) {
	g, ok := s.groups[name]
	if !ok {
		return Group{}, notFound("Schedule group %s does not exist.", name)
	}
	return g, nil
}

// Groups lists the groups by name.
func (s *Service) Groups() []Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Group
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		all = append(all, s.groups[name])
	}
	return all
}
