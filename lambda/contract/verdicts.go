package contract

// The verdicts of a probe, as TargetHealth and the function's log call them. Up and Degraded serve transactions;
// Unknown says nothing about the endpoint.
const (
	Up       = "up"
	Degraded = "degraded"
	Down     = "down"
	Unknown  = "unknown"
)
