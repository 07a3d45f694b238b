// Package verdict turns what one probe of one endpoint found into a verdict, and a sequence of verdicts into the
// opinion an observer votes with. It is pure: no clock, no network, no AWS.
package verdict

import (
	"fmt"

	"aurora-dsql-dr/lambda/contract"
)

// Verdict is the judgement of one probe. The zero value is Unknown.
type Verdict int

// The verdicts. Up and Degraded serve transactions; Unknown says nothing about the endpoint.
const (
	Unknown Verdict = iota
	Up
	Degraded
	Down
)

var verdictNames = [...]string{
	Unknown:  contract.Unknown,
	Up:       contract.Up,
	Degraded: contract.Degraded,
	Down:     contract.Down,
}

// String is the name reports and logs use.
func (v Verdict) String() string { return name(verdictNames[:], int(v), "verdict") }

// Serves tells whether the endpoint serves transactions.
func (v Verdict) Serves() bool { return v == Up || v == Degraded }

// Reason is why a verdict is not Up. The zero value is None.
type Reason int

// The reasons, in the order of a probe's steps.
const (
	None     Reason = iota
	Status          // the control plane's status, or no answer from it
	Key             // the cluster's KMS key
	DNS             // the host name does not resolve
	Connect         // TCP refused, reset or unreachable
	TLS             // handshake or certificate
	Auth            // token or role refused
	Query           // a statement failed
	Conflict        // conflict retries exhausted
	Timeout         // a step passed its deadline
)

var reasonNames = [...]string{
	None:     "",
	Status:   "status",
	Key:      "key",
	DNS:      "dns",
	Connect:  "connect",
	TLS:      "tls",
	Auth:     "auth",
	Query:    "query",
	Conflict: "conflict",
	Timeout:  "timeout",
}

// String is the name reports, alerts and the database use; that of None is empty.
func (r Reason) String() string { return name(reasonNames[:], int(r), "reason") }

// MarshalText makes a Reason its name in JSON.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText is ParseReason.
func (r *Reason) UnmarshalText(text []byte) (err error) {
	*r, err = ParseReason(string(text))
	return err
}

// ParseReason is the inverse of String.
func ParseReason(s string) (Reason, error) {
	for i, n := range reasonNames {
		if n == s {
			return Reason(i), nil
		}
	}
	return None, fmt.Errorf("unknown reason %q", s)
}

func name(names []string, i int, kind string) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("%s(%d)", kind, i)
	}
	return names[i]
}
