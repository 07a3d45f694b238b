package events

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudtrail"
	"aurora-dsql-dr/sandbox/internal/must"
)

// Entry is an event as PutEvents takes it.
type Entry struct {
	EventBusName string // name or ARN; the default bus by default
	Source       string
	DetailType   string
	Detail       string // a JSON object
	Resources    []string
	Time         time.Time // now by default
}

// Result is what became of an entry: the id of the event, or an error of the entry's own.
type Result struct {
	EventID string
	Err     *awserr.Error // nil for an event on its bus
}

// Limits of a request (EventBridge API Reference, PutEvents).
const (
	maxEntries = 10
	maxSize    = 256 << 10 // bytes, of all entries

	maxDetailType = 128 // characters (PutEventsRequestEntry)
)

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

// PutEvents puts events on their buses. The error concerns the request as a whole: its size, or the service. What is
// wrong with an entry is in its Result, and the other entries are on their buses all the same.
func (s *Service) PutEvents(entries ...Entry) ([]Result, error) {
	if err := s.env.Available("events"); err != nil {
		return nil, err
	}
	size := 0
	for _, e := range entries {
		size += e.size()
	}
	switch {
	case len(entries) == 0 || len(entries) > maxEntries:
		return nil, awserr.Invalid("ValidationException", "%d entries: want 1 to %d", len(entries), maxEntries)
	case size > maxSize:
		return nil, awserr.Invalid("ValidationException", "Total size of the entries in the request is over the limit.")
	}
	results := make([]Result, len(entries))
	for i, e := range entries {
		results[i] = s.putEntry(e)
	}
	return results, nil
}

// size counts as EventBridge does ("Calculating PutEvents event entry size", EventBridge User Guide).
func (e Entry) size() int {
	size := len(e.Source) + len(e.DetailType) + len(e.Detail)
	if !e.Time.IsZero() {
		size += 14
	}
	for _, resource := range e.Resources {
		size += len(resource)
	}
	return size
}

func (s *Service) putEntry(e Entry) Result {
	if s.throttle() {
		return Result{
			Err: &awserr.Error{
				Code:    "ThrottlingException",
				Message: "Rate exceeded",
				Status:  http.StatusBadRequest,
			},
		}
	}
	if err := e.check(); err != nil {
		return Result{Err: err}
	}
	id, err := s.put(e)
	var known *awserr.Error
	switch {
	case err == nil:
		return Result{EventID: id}
	case errors.Is(err, awserr.ErrUnavailable) || !errors.As(err, &known):
		return Result{
			Err: &awserr.Error{
				Code:    "InternalFailure",
				Message: err.Error(),
				Status:  http.StatusInternalServerError,
			},
		}
	default:
		return Result{Err: known}
	}
}

// check refuses what PutEvents refuses. Sources that begin with "aws." are AWS's own.
func (e Entry) check() *awserr.Error {
	var detail map[string]json.RawMessage
	err := json.Unmarshal([]byte(e.Detail), &detail)
	switch {
	case strings.HasPrefix(e.Source, "aws."):
		return awserr.Invalid("NotAuthorizedForSourceException", "Not authorized for the source %s.", e.Source)
	case e.Source == "" || e.DetailType == "":
		return awserr.Invalid("InvalidArgument", "Parameter Source and DetailType are required.")
	case utf8.RuneCountInString(e.DetailType) > maxDetailType:
		return tooLong("DetailType", maxDetailType)
	case len(e.EventBusName) > maxARN:
		return tooLong("EventBusName", maxARN)
	case err != nil:
		return awserr.Invalid("MalformedDetail", "Detail is malformed: %v", err)
	default:
		return nil
	}
}

func tooLong(parameter string, most int) *awserr.Error {
	return awserr.Invalid(
		"InvalidArgument",
		"Parameter %s is not valid. Reason: Member must have length less than or equal to %d.",
		parameter,
		most,
	)
}

// Throttle has the next entries of PutEvents refused with ThrottlingException, as AWS does above a region's quota.
func (s *Service) Throttle(entries int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttled = entries
}

func (s *Service) throttle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.throttled == 0 {
		return false
	}
	s.throttled--
	return true
}

// CloudTrail puts the record of an API call, or of what a service does by itself, on the bus, as AWS does in an account
// with a trail: source "aws.dsql" for event source "dsql.amazonaws.com". The record marshals to a JSON object with
// eventName; what CloudTrail adds to every record is added where it is missing. Delivery is best effort: in a region
// that is down there is none, which the caller of the API never hears of.
func (s *Service) CloudTrail(eventSource string, record any) error {
	if err := s.env.Available("events"); err != nil {
		return err
	}
	now := s.env.Now().UTC()
	detail := map[string]any{
		"eventVersion": "1.09", "eventTime": now.Format(time.RFC3339), "awsRegion": s.env.Name,
		"recipientAccountId": s.env.Account, "eventType": cloudtrail.APICall, "eventCategory": "Management",
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
	kind := "API Call"
	if detail["eventType"] == cloudtrail.ServiceEvent {
		kind = "Service Event"
	}
	_, err = s.put(
		Entry{
			Source:     "aws." + service,
			DetailType: "AWS " + kind + " via CloudTrail",
			Detail:     string(must.JSON(detail)),
			Time:       now,
		},
	)
	return err
}

// Announce puts an event of one of AWS's own services on the default bus. Delivery is best effort: in a region that is
// down there is none.
func (s *Service) Announce(e Entry) error {
	if err := s.env.Available("events"); err != nil {
		return err
	}
	_, err := s.put(e)
	return err
}

func (s *Service) put(e Entry) (eventID string, err error) {
	full := s.complete(e)
	body := must.JSON(full)
	return full.ID, s.receive(e.EventBusName, body, parse(body), nil)
}

func (s *Service) complete(e Entry) event {
	if e.Time.IsZero() {
		e.Time = s.env.Now()
	}
	if e.Resources == nil {
		e.Resources = []string{}
	}
	return event{
		Version:    "0",
		ID:         newID(),
		DetailType: e.DetailType,
		Source:     e.Source,
		Account:    s.env.Account,
		Time: e.Time.UTC().
			Format(time.RFC3339),
		Region:    s.env.Name,
		Resources: e.Resources,
		Detail:    json.RawMessage(e.Detail),
	}
}

// newID is a random UUID.
func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
