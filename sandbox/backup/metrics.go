package backup

import (
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

// count is a metric of a vault.
type count struct{ metric, vault string }

// count counts what is published of a vault. The caller holds the lock.
func (s *Service) count(metric, vault string) { s.counts[count{metric, vault}]++ }

// title is a state as it ends the name of a metric.
func title(state string) string { return state[:1] + strings.ToLower(state[1:]) }

// MetricsInterval is how often metrics are published ("AWS Backup metrics with Amazon CloudWatch", AWS Backup Developer
// Guide).
const MetricsInterval = 5 * time.Minute

// Metrics are what happened since they were last asked for, by vault and resource type; there are no zeros.
func (s *Service) Metrics(now time.Time) (data []cloudwatch.Datum) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c, n := range s.counts {
		dimensions := map[string]string{"BackupVaultName": c.vault, "ResourceType": ResourceType}
		data = append(data, cloudwatch.Sample(c.metric, dimensions, float64(n), "Count", now))
	}
	clear(s.counts)
	return data
}
