package events

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
)

// Archive keeps events of a bus so that they can be replayed. Arn is given by EventBridge.
type Archive struct {
	Name           string `json:"name"`
	Description    string `json:"description,omitempty"`
	EventSourceArn string `json:"eventSourceArn"`          // of the bus
	EventPattern   string `json:"eventPattern,omitempty"`  // "" keeps every event
	RetentionDays  int    `json:"retentionDays,omitempty"` // 0 keeps events forever

	Arn string `json:"arn"`
}

type archive struct {
	Archive
	pattern *pattern // nil keeps every event
	events  []archived
}

type archived struct {
	arrived, time time.Time // on the bus, and the event's own
	body          []byte
}

// maxArchived bounds an archive beyond its retention, as the sandbox keeps events in memory; the oldest go first.
const maxArchived = 20_000

// CreateArchive begins to keep the events of a bus.
func (s *Service) CreateArchive(a Archive) (Archive, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.bus(a.EventSourceArn); err != nil {
		return Archive{}, err
	}
	if _, taken := s.archives[a.Name]; taken {
		return Archive{}, awserr.Conflict(
			http.StatusBadRequest,
			"ResourceAlreadyExistsException",
			"Archive %s already exists.",
			a.Name,
		)
	}
	a.Arn = s.env.ARN("events", "archive/"+a.Name)
	stored := &archive{}
	if err := stored.configure(a, s.env.Limit(PatternQuota)); err != nil {
		return Archive{}, err
	}
	s.archives[a.Name] = stored
	return a, nil
}

// configure takes settings whose pattern has so many characters at most.
func (a *archive) configure(settings Archive, longest int) (err error) {
	if err := settings.check(); err != nil {
		return err
	}
	var p *pattern
	if settings.EventPattern != "" {
		if p, err = parsePattern(settings.EventPattern, longest); err != nil {
			return err
		}
	}
	a.Archive, a.pattern = settings, p
	return nil
}

// Archive finds an archive by its name.
func (s *Service) Archive(name string) (Archive, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.findArchive(name)
	if err != nil {
		return Archive{}, err
	}
	return a.Archive, nil
}

// Archives lists the archives by name.
func (s *Service) Archives() []Archive {
	s.mu.Lock()
	defer s.mu.Unlock()
	var archives []Archive
	for _, name := range slices.Sorted(maps.Keys(s.archives)) {
		archives = append(archives, s.archives[name].Archive)
	}
	return archives
}

// UpdateArchive replaces description, pattern and retention of an archive.
func (s *Service) UpdateArchive(a Archive) (Archive, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, err := s.findArchive(a.Name)
	if err != nil {
		return Archive{}, err
	}
	a.Arn, a.EventSourceArn = stored.Arn, stored.EventSourceArn
	return a, stored.configure(a, s.env.Limit(PatternQuota))
}

// DeleteArchive deletes an archive with its events.
func (s *Service) DeleteArchive(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.findArchive(name); err != nil {
		return err
	}
	delete(s.archives, name)
	return nil
}

// findArchive finds an archive by its name. The caller holds the lock.
func (s *Service) findArchive(name string) (*archive, error) {
	a, ok := s.archives[name]
	if !ok {
		return nil, awserr.NotFound(http.StatusBadRequest, "ResourceNotFoundException", "Archive %s does not exist.", name)
	}
	return a, nil
}

// archive keeps an event of a bus; a replayed one is there already. The caller holds the lock.
func (s *Service) archive(b Bus, body []byte, document map[string]any) {
	if _, replayed := document[replayName]; replayed {
		return
	}
	for _, a := range s.archives {
		if a.EventSourceArn == b.Arn && (a.pattern == nil || a.pattern.matches(document)) {
			now := s.env.Now()
			at, _ := time.Parse(time.RFC3339, document["time"].(string)) // written by complete
			a.events = append(a.events, archived{arrived: now, time: at, body: body})
			a.expire(now)
		}
	}
}

func (a *archive) expire(now time.Time) {
	old := max(0, len(a.events)-maxArchived)
	if a.RetentionDays > 0 {
		limit := now.AddDate(0, 0, -a.RetentionDays)
		for old < len(a.events) && a.events[old].arrived.Before(limit) {
			old++
		}
	}
	a.events = slices.Delete(a.events, 0, old)
}
