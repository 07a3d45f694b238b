package contract

import "time"

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
	// MetricReplicationDelay is the time from an event's birth in the other region to its processing here (Milliseconds).
	MetricReplicationDelay = "ReplicationDelay"
)

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
	PublishedIn   string    `json:"publishedIn"`
	Time          time.Time `json:"time"`
	TransactionID string    `json:"transactionId"`
	// Amount is the exact decimal; AmountNumber is for EventBridge's numeric matching only.
	Amount       string  `json:"amount"`
	AmountNumber float64 `json:"amountNumber"`
	Status       string  `json:"status"`
}
