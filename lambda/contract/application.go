package contract

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Environment keys of the application's functions. EnvDatabaseRole, EnvDatabaseEndpoint (the own region's endpoint) and
// EnvHostAddr are shared with the other functions.
const (
	// EnvPeerEndpoint is the other region's endpoint; set only when cross-region fallback is on (transactions).
	EnvPeerEndpoint = "PEER_ENDPOINT"
	// EnvPublisherFunction is the name of the publisher to invoke after a commit (transactions).
	EnvPublisherFunction = "PUBLISHER_FUNCTION"
	// EnvKeyARN is the ARN of the region's replica of the field-encryption key (transactions, migrate).
	EnvKeyARN = "KEY_ARN"
	// EnvEncryptedFields is a comma-separated list of fields that are stored encrypted (transactions).
	EnvEncryptedFields = "ENCRYPTED_FIELDS"
	// EnvEventBus is the name of the region's event bus (publisher).
	EnvEventBus = "EVENT_BUS"
	// EnvTakeoverAge is how long a row of the other region stays unsent before this region sends it, a Go duration
	// (publisher).
	EnvTakeoverAge = "TAKEOVER_AGE"
)

// Environment keys of the application that have a default: Go durations that nobody needs to set on AWS; see
// ApplicationDurations.
const (
	// EnvRequestLimit bounds the work on one request, its retries included (transactions).
	EnvRequestLimit = "REQUEST_LIMIT"
	// EnvBreakerPause is how long an open circuit breaker waits before it tries the endpoint again (transactions). It is
	// what clients are told by Retry-After.
	EnvBreakerPause = "BREAKER_PAUSE"
	// EnvClaimLease is how long a claimed row stays with its claimant before another run sends it (publisher).
	EnvClaimLease = "CLAIM_LEASE"
	// EnvSweepAge is how long a row of the own region stays unsent before a scheduled run sends it; until then it is left
	// to the invocation after its commit (publisher).
	EnvSweepAge = "SWEEP_AGE"
	// EnvOutboxRetention is how long a sent row is kept (publisher).
	EnvOutboxRetention = "OUTBOX_RETENTION"
	// EnvCatchUpAge is how long a region's scheduled publisher may be unseen before its next run catches up with the
	// events that the other region sent meanwhile (publisher). Below it, EventBridge's own attempts are a minute apart at
	// most.
	EnvCatchUpAge = "CATCH_UP_AGE"
)

// ApplicationDurations is every environment key of the application that holds a duration, with its default.
func ApplicationDurations() map[string]time.Duration {
	return map[string]time.Duration{
		EnvTakeoverAge:     2 * time.Minute,
		EnvRequestLimit:    5 * time.Second,
		EnvBreakerPause:    10 * time.Second,
		EnvClaimLease:      30 * time.Second,
		EnvSweepAge:        10 * time.Second,
		EnvOutboxRetention: 7 * 24 * time.Hour,
		EnvCatchUpAge:      90 * time.Second,
	}
}

// Routes are the routes of the HTTP API, as API Gateway writes them. docs/openapi.yaml describes them.
func Routes() []string {
	return []string{"POST /transactions", "GET /transactions", "GET /transactions/{id}", "GET /totals", "GET /healthz"}
}

// EncryptableFields are the fields of a transaction that can be stored encrypted.
var EncryptableFields = []string{"details", "reference"}

// plainFields are the others, each with the reason why it stays readable to the database.
var plainFields = map[string]string{
	"transaction_id": "it is the key that rows are found by",
	"amount":         "it is summed, and events are routed by it",
	"created_at":     "pages are ordered by it",
	"region":         "rows are found by it",
	"status":         "it is the same for every row",
}

// CheckEncryptedFields reports everything that is wrong with a list of fields to encrypt, in one error.
func CheckEncryptedFields(fields []string) error {
	var problems []error
	for i, field := range fields {
		reason, plain := plainFields[field]
		switch {
		case plain:
			problems = append(problems, fmt.Errorf("%q cannot be encrypted: %s", field, reason))
		case !slices.Contains(EncryptableFields, field):
			problems = append(problems, fmt.Errorf("%q is not a field: want %s", field, strings.Join(EncryptableFields, " or ")))
		case slices.Contains(fields[:i], field):
			problems = append(problems, fmt.Errorf("%q is listed twice", field))
		}
	}
	return errors.Join(problems...)
}

// KeysetAssociatedData is bound to the wrapped keyset. tink-go-awskms passes it to KMS as the encryption context
// {"associatedData": KeysetEncryptionContext}, which a key policy may demand.
const (
	KeysetAssociatedData    = "app.keyset"
	KeysetEncryptionContext = "6170702e6b6579736574" // KeysetAssociatedData in hexadecimal
)

// PublishEvent is the optional part of an invocation of the publisher. EventBridge's scheduled event has none of its
// fields and so asks for a full run: everything that is due, the other region's overdue rows, catching up, counting,
// metrics and cleaning up.
type PublishEvent struct {
	// IDs are the events to send, no others.
	IDs []string `json:"ids,omitempty"`
}

// ApplicationNamespace is the CloudWatch namespace of the application's own metrics (dimension Region).
const ApplicationNamespace = "Aurora/DSQL/Application"

// Metrics of the application, all with DimensionRegion only.
const (
	// MetricTransactionLatency is a handled request's duration (Milliseconds).
	MetricTransactionLatency = "TransactionLatency"
	// MetricBreakerOpen is 1 while the circuit breaker is open, else 0 (Count), one sample a request.
	MetricBreakerOpen = "BreakerOpen"
	// MetricConflictRetries is the number of repeated transactions (Count).
	MetricConflictRetries = "ConflictRetries"
	// MetricOutboxAge is the age of the oldest unsent row (Seconds), one sample a scheduled run.
	MetricOutboxAge = "OutboxAge"
	// MetricEventsParked is the number of events that a run found impossible to send (Count); a run that finds none has no
	// sample.
	MetricEventsParked = "EventsParked"
	// MetricTransactionsUnreadable is the number of transactions on a page that cannot be shown (Count); a page without
	// any has no sample.
	MetricTransactionsUnreadable = "TransactionsUnreadable"
	// MetricReplicationDelay is the time from an event's birth in the other region to its processing here (Milliseconds).
	MetricReplicationDelay = "ReplicationDelay"
)

// ApplicationDimensions are the dimensions of the application's metrics.
func ApplicationDimensions(region string) map[string]string {
	return map[string]string{DimensionRegion: region}
}

// Source and detail type of the application's events.
const (
	EventSource             = "dsql.application"
	EventTransactionCreated = "Transaction Created"
	// EventSchema is the version of TransactionCreated.
	EventSchema = 1
)

// TransactionCreated is the detail of EventTransactionCreated.
type TransactionCreated struct {
	Schema int    `json:"schema"`
	ID     string `json:"id"`
	// Region is where the transaction was written.
	Region string `json:"region"`
	// PublishedIn is the region whose bus the event was put on first; only that region forwards it.
	PublishedIn string `json:"publishedIn"`
	// CaughtUpIn is the region that put the event on its own bus once more, after it was away; empty otherwise.
	CaughtUpIn    string    `json:"caughtUpIn,omitempty"`
	Time          time.Time `json:"time"`
	TransactionID string    `json:"transactionId"`
	// Amount is the exact decimal; AmountNumber is for EventBridge's numeric matching only.
	Amount       string  `json:"amount"`
	AmountNumber float64 `json:"amountNumber"`
	Status       string  `json:"status"`
}
