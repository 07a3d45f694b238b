package contract

import "time"

// TrafficHold is how long an endpoint stays unfit after the last reason, for alarms and RouteLivez alike. A move away
// from a region takes a new reason after it, so that there is at most one in any five minutes, and the return comes
// five minutes later at the earliest.
const TrafficHold = 8 * time.Minute

// MaxWithdrawal is the longest withdrawal.
const MaxWithdrawal = 24 * time.Hour

// RouteLivez is the route that Route 53's health checkers ask, as API Gateway writes it. It answers 200 if the region
// serves and 503 if it does not, without a body that anybody needs.
const RouteLivez = "GET /livez"

// HealthCheckers is how many of Route 53's ask an endpoint, each on its own: two in each of eight regions (Route 53
// Developer Guide, "Values that you specify when you create or update health checks", Health checker regions). A fast
// check's ask every FastCheck.
const (
	HealthCheckers = 16
	FastCheck      = 10 * time.Second
)

// Environment keys of traffic routing.
const (
	// EnvTraffic is TrafficRouted if Route 53 routes clients by what the health check publishes; absent or empty
	// otherwise. Without it the health check publishes no MetricEndpointUnfit and withdraws nothing.
	EnvTraffic = "TRAFFIC"
	// EnvTrafficHold is TrafficHold (health check, livez).
	EnvTrafficHold = "TRAFFIC_HOLD"
	// EnvLivezInterval is the least time between two looks of one environment at its endpoint (livez).
	EnvLivezInterval = "LIVEZ_INTERVAL"
	// EnvLivezLimit bounds such a look (livez).
	EnvLivezLimit = "LIVEZ_LIMIT"
)

// TrafficRouted is the value of EnvTraffic.
const TrafficRouted = "routed"

// LivezDurations is every environment key of the livez function that holds a duration, with its default.
func LivezDurations() map[string]time.Duration {
	return map[string]time.Duration{
		EnvTrafficHold:   TrafficHold,
		EnvLivezInterval: 5 * time.Second,
		EnvLivezLimit:    1500 * time.Millisecond,
	}
}

// Withdraw asks the health check to take a region out of traffic: Route 53 names it no longer until the end, whatever
// its endpoint is like. The last fit region cannot be withdrawn.
type Withdraw struct {
	// Region is the one to withdraw.
	Region string `json:"region"`
	// Until is the end, at most MaxWithdrawal from now.
	Until time.Time `json:"until"`
	// Reason is told to people, and By says who withdraws; up to 200 characters each.
	Reason string `json:"reason"`
	By     string `json:"by"`
}

// Return asks the health check to end a region's withdrawal before its time.
type Return struct {
	Region string `json:"region"`
	By     string `json:"by"`
}

// Refusal is why a Withdraw or Return is not done, and would not be by another observer either. To Lambda it is an
// answer, the report's Refused, and no error: an observer that refuses is not broken.
type Refusal struct{ Reason string }

func (r Refusal) Error() string { return r.Reason }

// Withdrawal is one as the database has it, and the answer to Withdraw and Return.
type Withdrawal struct {
	Region string    `json:"region"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	Since  time.Time `json:"since"`
	// Until is when it ends, or ended.
	Until time.Time `json:"until"`
	// Untold is why nobody could be told of it; empty if a topic has the message.
	Untold string `json:"untold,omitempty"`
}
