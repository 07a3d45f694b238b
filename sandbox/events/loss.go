package events

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// Loss is an event that reached neither where it should go nor a dead-letter queue.
type Loss struct {
	Time time.Time
	// Source is the ARN of the rule, or of the bus whose key refused the event.
	Source  string
	EventID string
	Err     error
}

// maxLosses bounds the list of losses; the oldest go first.
const maxLosses = 1000

// Losses lists the events that were lost, oldest first.
func (s *Service) Losses() []Loss {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.losses)
}

func (s *Service) lose(source string, document map[string]any, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _ := document["id"].(string)
	s.losses = append(s.losses, Loss{
		Time:    s.env.Now(),
		Source:  source,
		EventID: id,
		Err:     cause,
	})
	if surplus := len(s.losses) - maxLosses; surplus > 0 {
		s.losses = slices.Delete(s.losses, 0, surplus)
	}
}

// parse reads an event that this package has written. Numbers stay as they were written: not every JSON number is a
// float64.
func parse(body []byte) map[string]any {
	var document map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err != nil {
		panic(err)
	}
	return document
}
