package events

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
)

// Entry is an event as PutEvents takes it.
type Entry struct {
	Source     string
	DetailType string
	Detail     string // a JSON object
	Resources  []string
	Time       time.Time // now by default
}

// event is an event as rules match it and targets receive it (EventBridge User Guide, "Event structure").
type event struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       string          `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// PutEvents puts an event on the default bus and returns its id. Sources that begin with "aws." are AWS's own.
func (s *Service) PutEvents(e Entry) (eventID string, err error) {
	if err := s.env.Available("events"); err != nil {
		return "", err
	}
	if strings.HasPrefix(e.Source, "aws.") {
		return "", awserr.Invalid("NotAuthorizedForSourceException", "Not authorized for the source %s.", e.Source)
	}
	if e.Source == "" || e.DetailType == "" {
		return "", awserr.Invalid("InvalidArgument", "Parameter Source and DetailType are required.")
	}
	var detail map[string]json.RawMessage
	if err := json.Unmarshal([]byte(e.Detail), &detail); err != nil {
		return "", awserr.Invalid("MalformedDetail", "Detail is malformed: %v", err)
	}
	return s.put(e), nil
}

// CloudTrail puts the record of an API call on the bus, as AWS does in an account with a trail: source "aws.dsql" for event
// source "dsql.amazonaws.com". The record marshals to a JSON object with eventName; what CloudTrail adds to every record
// is added where it is missing. Delivery is best effort: in a region that is down there is none, which the
// caller of the API never hears of.
func (s *Service) CloudTrail(eventSource string, record any) error {
	if err := s.env.Available("events"); err != nil {
		return err
	}
	now := s.env.Now().UTC()
	detail := map[string]any{
		"eventVersion": "1.09", "eventTime": now.Format(time.RFC3339), "awsRegion": s.env.Name,
		"recipientAccountId": s.env.Account, "eventType": "AwsApiCall", "eventCategory": "Management",
		"managementEvent": true, "eventID": newID(), "requestID": newID(),
	}
	body, err := json.Marshal(record)
	if err == nil {
		err = json.Unmarshal(body, &detail)
	}
	if err != nil {
		return fmt.Errorf("CloudTrail record of %s: %w", eventSource, err)
	}
	detail["eventSource"] = eventSource
	service, _, _ := strings.Cut(eventSource, ".")
	s.put(Entry{Source: "aws." + service, DetailType: "AWS API Call via CloudTrail", Detail: string(mustMarshal(detail)), Time: now})
	return nil
}

func (s *Service) put(e Entry) string {
	full := s.complete(e)
	body := mustMarshal(full)
	var document map[string]any
	if err := json.Unmarshal(body, &document); err != nil {
		panic(err) // it was marshalled right above
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.rules)) {
		if r := s.rules[name]; r.State == "ENABLED" && r.pattern != nil && r.pattern.matches(document) {
			s.trigger(r, body)
		}
	}
	return full.ID
}

func (s *Service) complete(e Entry) event {
	if e.Time.IsZero() {
		e.Time = s.env.Now()
	}
	if e.Resources == nil {
		e.Resources = []string{}
	}
	return event{
		Version: "0", ID: newID(), DetailType: e.DetailType, Source: e.Source, Account: s.env.Account,
		Time: e.Time.UTC().Format(time.RFC3339), Region: s.env.Name, Resources: e.Resources, Detail: json.RawMessage(e.Detail),
	}
}

// newID is a random UUID.
func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

func mustMarshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // the detail was checked, the rest is strings
	}
	return b
}
