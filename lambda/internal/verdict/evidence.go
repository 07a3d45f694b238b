package verdict

import "fmt"

// Cluster statuses and encryption statuses that the verdict depends on (Aurora DSQL API reference, GetCluster).
const (
	StatusActive        = "ACTIVE"
	StatusIdle          = "IDLE"
	StatusInactive      = "INACTIVE"
	StatusFailed        = "FAILED"
	StatusPendingDelete = "PENDING_DELETE"
	StatusDeleting      = "DELETING"
	StatusDeleted       = "DELETED"

	EncryptionEnabled         = "ENABLED"
	EncryptionKeyInaccessible = "KMS_KEY_INACCESSIBLE"
)

// Evidence is what one probe of one endpoint found.
type Evidence struct {
	// Cluster is the control plane's answer.
	Cluster Cluster
	// SQL is None when connect, query and commit passed; else why they did not.
	SQL Reason
	// Dropped tells that a connection was refused or dropped, and another one was needed.
	Dropped bool
	// Inconclusive tells that the observer could not finish for a reason of its own, such as a cancelled run or missing
	// credentials: nothing is known about the endpoint.
	Inconclusive bool
}

// Cluster is what GetCluster said. Both are empty when it gave no answer; Encryption is also empty when AWS leaves it
// out.
type Cluster struct {
	Status, Encryption string
}

// Observation is the judged evidence.
type Observation struct {
	Verdict Verdict
	Reason  Reason
	// Waking tells that the endpoint did not answer in time while its cluster was scaled to zero: it may just be slow.
	Waking bool
}

// Judge applies the verdict table. A healthy cluster may be IDLE or INACTIVE (it scales to zero and wakes with the next
// connection), but an IDLE cluster may also be one whose customer managed key is disabled: then the encryption status
// says so.
func Judge(e Evidence) Observation {
	switch {
	case e.Inconclusive:
		return Observation{Verdict: Unknown}
	case e.Cluster.gone():
		return Observation{Verdict: Down, Reason: Status}
	case e.Cluster.Encryption == EncryptionKeyInaccessible:
		return Observation{Verdict: Down, Reason: Key}
	case e.SQL == Conflict:
		return Observation{Verdict: Degraded, Reason: Conflict}
	case e.SQL == Timeout && e.Cluster.asleep():
		return Observation{Verdict: Degraded, Reason: Timeout, Waking: true}
	case e.SQL != None:
		return Observation{Verdict: Down, Reason: e.SQL}
	case e.Cluster.Status != StatusActive && !e.Cluster.asleep():
		return Observation{Verdict: Degraded, Reason: Status}
	case e.Cluster.Encryption != "" && e.Cluster.Encryption != EncryptionEnabled:
		return Observation{Verdict: Degraded, Reason: Key}
	case e.Dropped:
		return Observation{Verdict: Degraded, Reason: Connect}
	}
	return Observation{Verdict: Up}
}

// Abstention is what a refused login counts as where the fault may be the observer's own; only then it is ok.
func (o Observation) Abstention() (abstention Observation, ok bool) {
	return Observation{Verdict: Unknown, Reason: Auth}, o.Verdict == Down && o.Reason == Auth
}

// Abstains tells that the observation is an abstention: it says nothing about the endpoint, and that the observer
// lives.
func (o Observation) Abstains() bool { return o.Verdict == Unknown && o.Reason == Auth }

// String is the verdict with its reason, for logs and test failures.
func (o Observation) String() string {
	switch {
	case o.Waking:
		return fmt.Sprintf("%v (waking)", o.Verdict)
	case o.Reason != None:
		return fmt.Sprintf("%v (%v)", o.Verdict, o.Reason)
	}
	return o.Verdict.String()
}

func (c Cluster) gone() bool {
	switch c.Status {
	case StatusFailed, StatusPendingDelete, StatusDeleting, StatusDeleted:
		return true
	}
	return false
}

func (c Cluster) asleep() bool { return c.Status == StatusIdle || c.Status == StatusInactive }
