package events

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/must"
)

// replayName is the member that tells a replayed event from an original.
const replayName = "replay-name"

// Replay sends archived events to their bus once more. Arn, State and Sent are given by EventBridge.
type Replay struct {
	Name        string
	Description string
	ArchiveArn  string
	BusArn      string    // the bus the events were on
	RuleArns    []string  // the rules that receive them; nil for all
	From, To    time.Time // of the events' own time; To is exclusive

	Arn   string
	State string
	// Sent is how many events were replayed.
	Sent int
}

// StartReplay replays events and returns when all are on the bus: its state is COMPLETED at once.
func (s *Service) StartReplay(r Replay) (Replay, error) {
	if err := s.env.Available("events"); err != nil {
		return Replay{}, err
	}
	if err := r.check(); err != nil {
		return Replay{}, err
	}
	events, err := s.archivedEvents(r)
	if err != nil {
		return Replay{}, err
	}
	r.Arn, r.State, r.Sent = s.env.ARN("events", "replay/"+r.Name), "COMPLETED", len(events)
	if !s.replays.Insert(r.Name, r) {
		return Replay{}, awserr.Conflict(
			http.StatusBadRequest,
			"ResourceAlreadyExistsException",
			"Replay %s already exists.",
			r.Name,
		)
	}
	for _, e := range events {
		document := parse(e.body)
		document[replayName] = r.Name
		if err := s.receive(r.BusArn, must.JSON(document), document, r.RuleArns); err != nil {
			return Replay{}, err
		}
	}
	return r, nil
}

func (s *Service) archivedEvents(r Replay) ([]archived, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.findArchive(strings.TrimPrefix(r.ArchiveArn, s.env.ARN("events", "archive/")))
	if err != nil {
		return nil, err
	}
	if r.BusArn != a.EventSourceArn {
		return nil, awserr.Invalid(
			"ValidationException",
			"Parameter Destination is not valid: events of %s are replayed to %s only.",
			a.Arn,
			a.EventSourceArn,
		)
	}
	a.expire(s.env.Now())
	return slices.DeleteFunc(
		slices.Clone(a.events),
		func(e archived) bool { return e.time.Before(r.From) || !e.time.Before(r.To) },
	), nil
}

// Replay finds a replay by its name.
func (s *Service) Replay(name string) (Replay, error) {
	r, ok := s.replays.Get(name)
	if !ok {
		return Replay{}, awserr.NotFound(
			http.StatusBadRequest,
			"ResourceNotFoundException",
			"Replay %s does not exist.",
			name,
		)
	}
	return r, nil
}
