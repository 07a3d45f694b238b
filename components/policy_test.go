package components

import (
	"testing"

	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components/internal/policy"
	"aurora-dsql-dr/internal/golden"
)

// Every policy document of the stack, word for word: a change of what somebody may do shows in a diff of testdata.
func TestPolicyDocuments(t *testing.T) {
	region := Region{Name: "us-east-1", Account: "123456789012", Partition: "aws"}
	const (
		topic = "arn:aws:sns:us-east-1:123456789012:alerts"
		queue = "arn:aws:sqs:us-east-1:123456789012:dead"
		rule  = "arn:aws:events:us-east-1:123456789012:rule/schedule"
	)
	clusters := []string{"arn:aws:dsql:us-east-1:123456789012:cluster/a", "arn:aws:dsql:us-east-2:123456789012:cluster/b"}
	documents := map[string]func() (string, error){
		"cluster-key.json": func() (string, error) { return clusterKeyPolicy(region) },
		"topic-key.json":   func() (string, error) { return topicKeyPolicy(region) },
		"topic.json":       func() (string, error) { return alertTopicPolicy(region, topic) },
		"dead-letters.json": func() (string, error) {
			return fedQueuePolicy(queue, []string{rule, "arn:aws:events:us-east-1:123456789012:event-bus/b"})
		},
		"monitor.json": func() (string, error) {
			return monitorPolicy(clusters, []string{topic}, []string{"arn:aws:kms:us-east-1:123456789012:key/k"},
				nil, nil)
		},
		"monitor-backups.json": func() (string, error) {
			return monitorPolicy(clusters, []string{topic}, []string{"arn:aws:kms:us-east-1:123456789012:key/k"},
				[]string{"arn:aws:backup:us-east-1:123456789012:backup-plan:p"},
				[]string{"arn:aws:backup:us-east-1:123456789012:backup-vault:v"})
		},
		"migrate.json": func() (string, error) { return migratePolicy(clusters[0], "") },
		"migrate-keyset.json": func() (string, error) {
			return migratePolicy(clusters[0], "arn:aws:kms:us-east-1:123456789012:key/mrk-1")
		},
		"transactions.json": func() (string, error) {
			return transactionPolicy(clusters, "arn:aws:lambda:us-east-1:123456789012:function:publisher",
				"arn:aws:kms:us-east-1:123456789012:key/mrk-1")
		},
		"publisher.json": func() (string, error) {
			return publisherPolicy(clusters[0], "arn:aws:events:us-east-1:123456789012:event-bus/b")
		},
		"telemetry.json": func() (string, error) {
			return telemetryPolicy("arn:aws:logs:us-east-1:123456789012:log-group:g", queue, true)
		},
		"telemetry-untraced.json": func() (string, error) {
			return telemetryPolicy("arn:aws:logs:us-east-1:123456789012:log-group:g", "", false)
		},
		"bus-key.json": func() (string, error) { return busKeyPolicy(region) },
		"forward.json": func() (string,
			error) {
			return forwardPolicy("arn:aws:events:us-east-2:123456789012:event-bus/b")
		},
		"account-key.json": func() (string, error) { return accountKeyPolicy(region) },
		"assume.json":      func() (string, error) { return policy.AssumedBy("lambda.amazonaws.com") },
	}
	for name, render := range documents {
		t.Run(name, func(t *testing.T) {
			document, err := render()
			require.NoError(t, err)
			golden.JSON(t, name, document)
		})
	}
}
