package contract

// Messages of the health check's log that others read: rehearsals and the sandbox's console follow them.
const (
	// LogNotUp is a probe that found an endpoint down or degraded.
	LogNotUp = "endpoint not up"
	// LogLost is an endpoint that the observer holds for lost from now on.
	LogLost = "endpoint lost"
	// LogServes is one that it does not hold for lost any more.
	LogServes = "endpoint serves again"
	// LogFinished is the end of a run, with its report.
	LogFinished = "check finished"
	// LogWithdrawal is a withdrawal that has begun or was ended, through this observer.
	LogWithdrawal = "withdrawal changed"
)

// ProbeLine is a line of the health check's log, as those read it who follow it.
type ProbeLine struct {
	// Message is one of the above; lines with others have none of the fields below.
	Message string `json:"msg"`
	// Region is the endpoint's; that of LogNotUp, LogLost and LogServes.
	Region string `json:"region"`
	// Verdict, Reason and Cause are those of LogNotUp: the verdict's name, why, and the error.
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
	Cause   string `json:"cause"`
	// Report is that of LogFinished.
	Report HealthReport `json:"report"`
	// Withdrawal is that of LogWithdrawal.
	Withdrawal Withdrawal `json:"withdrawal"`
}
