package contract

// Runbooks is where docs/runbooks.md can be read: a URL, or its path in the repository.
type Runbooks string

// RunbooksPath is the latter.
const RunbooksPath Runbooks = "docs/runbooks.md"

// Runbook is an anchor of docs/runbooks.md.
type Runbook string

// The runbooks that alarms, alerts and the dashboard send people to.
const (
	RunbookRegionLost    Runbook = "region-lost"
	RunbookMonitorBroken Runbook = "monitor-broken"
	RunbookMonitorSilent Runbook = "monitor-silent"
	RunbookSlowDatabase  Runbook = "slow-database"
	RunbookUndelivered   Runbook = "alerts-undelivered"
	RunbookApplication   Runbook = "application"
	RunbookKeyDisabled   Runbook = "kms-key-disabled"
	RunbookClusterGone   Runbook = "one-cluster-gone"
	RunbookTraffic       Runbook = "move-clients-by-hand"
	RunbookCertificate   Runbook = "a-certificate-expires"
	RunbookBackup        Runbook = "a-backup-failed"
	RunbookRestoreTest   Runbook = "a-restore-test-failed"
	RunbookCheckers      Runbook = "health-checkers-are-refused"
)

// To is the address of one runbook.
func (r Runbooks) To(runbook Runbook) string { return string(r) + "#" + string(runbook) }
