package contract

import "time"

// CheckEvent is the optional part of an invocation of the health check. EventBridge's scheduled event has none of its
// fields and so asks for a full run.
type CheckEvent struct {
	// Probes limits the number of rounds; 0 means as many as fit the schedule.
	Probes int `json:"probes,omitempty"`
	// Deploying is a run made by a deployment, which fails if an endpoint refuses the observer.
	Deploying bool `json:"deploying,omitempty"`
	// Withdraw and Return ask for that and for nothing else; the answer is a report with Withdrawal or Refused only.
	Withdraw *Withdraw `json:"withdraw,omitempty"`
	Return   *Return   `json:"return,omitempty"`
}

// HealthReport is the answer of the health check.
type HealthReport struct {
	Timestamp    time.Time      `json:"timestamp"`
	Region       string         `json:"region"`
	FunctionName string         `json:"function_name"`
	RequestID    string         `json:"request_id"`
	Healthy      bool           `json:"healthy"`
	Probes       int            `json:"probes"`
	Targets      []TargetHealth `json:"targets"`
	// Memory is what stands against the endpoints; nil of an earlier version, and of the answer to Withdraw or Return.
	Memory *Memory `json:"memory,omitempty"`
	// Withdrawal is what came of Withdraw or Return, Refused why nothing did.
	Withdrawal *Withdrawal `json:"withdrawal,omitempty"`
	Refused    string      `json:"refused,omitempty"`
}

// TargetHealth is the last probe of one endpoint in a run. Latencies are milliseconds; a step that was not reached is
// 0.
type TargetHealth struct {
	Region           string  `json:"region"`
	ClusterID        string  `json:"cluster_id"`
	ClusterARN       string  `json:"cluster_arn"`
	Status           string  `json:"status"`
	Healthy          bool    `json:"healthy"`
	Verdict          string  `json:"verdict"`
	Reason           string  `json:"reason,omitempty"`
	Detail           string  `json:"detail,omitempty"`
	ConnectMillis    float64 `json:"connect_ms"`
	QueryMillis      float64 `json:"query_ms"`
	CommitMillis     float64 `json:"commit_ms"`
	MarkerAgeSeconds float64 `json:"marker_age_s"`
}

// Memory is what the observers' shared memory has against endpoints at the end of a run.
type Memory struct {
	// ReadAt is when the run read it last, by the observer's clock; nil if no endpoint showed it.
	ReadAt *time.Time `json:"read_at,omitempty"`
	// Incidents are those that are open. Without ReadAt they are those that the observer remembers, as far as it knows.
	Incidents []OpenIncident `json:"incidents"`
	// Withdrawals are those in force; nil if they could not be read.
	Withdrawals []Withdrawal `json:"withdrawals"`
}

// OpenIncident is the loss of an endpoint that lasts.
type OpenIncident struct {
	Region string `json:"region"`
	// Number is 0 of an incident that no database could record: the observer's own.
	Number int64     `json:"number"`
	Since  time.Time `json:"since"`
	// OpenedBy is the observer that told people, ConfirmedBy the one that agreed; empty if none could be asked.
	OpenedBy    string `json:"opened_by"`
	ConfirmedBy string `json:"confirmed_by,omitempty"`
	Reason      string `json:"reason"`
	// Told is whether a topic has taken a message about it.
	Told bool `json:"told"`
}

// MigrateEvent asks the migrate function to bring schema, roles and grants to their declared state.
type MigrateEvent struct {
	// Roles maps a database role of package schema to the IAM role ARNs that may connect as it. A mapping in the
	// database that is not listed here is revoked.
	Roles map[string][]string `json:"roles"`
	// Keyset is the version of the field-encryption keyset that must exist at least: 1 creates the first, a higher number
	// than before adds a key and makes it the one that encrypts. 0 asks for none. It needs EnvKeyARN.
	Keyset int64 `json:"keyset,omitempty"`
	// FreshKeyset is the version, at most Keyset, that begins anew: without the keys before it, whose texts stay
	// unreadable. It is for a keyset whose KMS key is gone. A database that has the version keeps it. 0 begins none anew.
	FreshKeyset int64 `json:"fresh_keyset,omitempty"`
}

// MigrateResult is what the migrate function did.
type MigrateResult struct {
	Version int64    `json:"version"`
	Applied []string `json:"applied"`
	Granted []string `json:"granted"`
	Revoked []string `json:"revoked"`
	// Keyset is the version of the keyset, 0 if none was asked for.
	Keyset int64 `json:"keyset,omitempty"`
}
