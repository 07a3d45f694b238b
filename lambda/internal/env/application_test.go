package env

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
)

func from(environment map[string]string) func(string) (string, bool) {
	return func(key string) (string, bool) {
		value, ok := environment[key]
		return value, ok
	}
}

func application() map[string]string {
	return map[string]string{
		"AWS_REGION":         "us-east-1",
		"DATABASE_ENDPOINT":  "aaa.dsql.us-east-1.on.aws",
		"DATABASE_ROLE":      "dr_transactions",
		"DSQL_HOSTADDR":      "aaa.dsql.us-east-1.on.aws=127.0.0.1:5432",
		"PEER_ENDPOINT":      "bbb.dsql.us-east-2.on.aws",
		"PUBLISHER_FUNCTION": "publisher-0123",
		"ENCRYPTED_FIELDS":   "details,reference",
		"KEY_ARN":            "arn:aws:kms:us-east-1:123456789012:key/mrk-0123",
		"EVENT_BUS":          "application",
	}
}

func TestTheTransactionServicesEnvironment(t *testing.T) {
	e, err := ParseTransactions(from(application()))
	require.NoError(t, err)
	assert.Equal(t, Transactions{
		Database: Database{
			Region:   "us-east-1",
			Endpoint: Endpoint{"aaa.dsql.us-east-1.on.aws", "us-east-1"},
			Role:     "dr_transactions",
			HostAddr: map[string][]string{"aaa.dsql.us-east-1.on.aws": {"127.0.0.1:5432"}},
		},
		Peer:              &Endpoint{"bbb.dsql.us-east-2.on.aws", "us-east-2"},
		PublisherFunction: "publisher-0123",
		EncryptedFields:   []string{"details", "reference"},
		KeyARN:            "arn:aws:kms:us-east-1:123456789012:key/mrk-0123",
		RequestLimit:      5 * time.Second,
		BreakerPause:      10 * time.Second,
	}, e)
}

func TestFallbackAndEncryptionCanBeLeftOut(t *testing.T) {
	environment := application()
	for _, key := range []string{"PEER_ENDPOINT", "ENCRYPTED_FIELDS", "KEY_ARN", "DSQL_HOSTADDR"} {
		delete(environment, key)
	}
	e, err := ParseTransactions(from(environment))
	require.NoError(t, err)
	assert.Nil(t, e.Peer)
	assert.Empty(t, e.EncryptedFields)
	assert.Empty(t, e.KeyARN)
}

func TestThePublishersEnvironment(t *testing.T) {
	environment := application()
	environment["TAKEOVER_AGE"] = "30s"
	e, err := ParsePublisher(from(environment))
	require.NoError(t, err)
	assert.Equal(t, "application", e.EventBus)
	assert.Equal(t, []time.Duration{30 * time.Second, 30 * time.Second, 10 * time.Second, 168 * time.Hour},
		[]time.Duration{e.TakeoverAge, e.ClaimLease, e.SweepAge, e.OutboxRetention})
}

func TestTheProcessorsEnvironment(t *testing.T) {
	e, err := ParseProcessor(from(application()))
	require.NoError(t, err)
	assert.Equal(t, Endpoint{"aaa.dsql.us-east-1.on.aws", "us-east-1"}, e.Endpoint)
}

func TestEveryDurationOfTheApplicationCanBeScaled(t *testing.T) {
	environment := application()
	for key := range contract.ApplicationDurations() {
		environment[key] = "600ms"
	}
	s, err := ParseTransactions(from(environment))
	require.NoError(t, err)
	p, err := ParsePublisher(from(environment))
	require.NoError(t, err)
	for _, d := range []time.Duration{s.RequestLimit, s.BreakerPause, p.TakeoverAge, p.ClaimLease, p.SweepAge,
		p.OutboxRetention} {
		assert.Equal(t, 600*time.Millisecond, d)
	}
}

func TestEveryProblemOfTheApplicationIsReported(t *testing.T) {
	_, err := ParseTransactions(from(map[string]string{
		"AWS_REGION":         "us-east-1",
		"DATABASE_ENDPOINT":  "localhost",
		"PEER_ENDPOINT":      "x",
		"DATABASE_ROLE":      "No",
		"PUBLISHER_FUNCTION": "a b",
		"ENCRYPTED_FIELDS":   "amount,details,details,colour",
		"KEY_ARN":            "arn:aws:kms:us-east-2:123456789012:key/mrk-0123",
		"REQUEST_LIMIT":      "5",
		"DSQL_HOSTADDR":      "nowhere",
	}))
	for _, problem := range []string{
		"environment of the transaction service:", `DATABASE_ENDPOINT is "localhost"`,
		`PEER_ENDPOINT is "x"`,
		`DATABASE_ROLE is "No"`, `PUBLISHER_FUNCTION is "a b"`, `ENCRYPTED_FIELDS: "amount" cannot be encrypted: it is summed`,
		`"details" is listed twice`, `"colour" is not a field: want details or reference`,
		"the ARN of a KMS key in us-east-1",
		`REQUEST_LIMIT is "5"`, `DSQL_HOSTADDR: "nowhere"`,
	} {
		assert.ErrorContains(t, err, problem)
	}
	_, err = ParseTransactions(from(map[string]string{"ENCRYPTED_FIELDS": "details"}))
	assert.ErrorContains(t, err, "KEY_ARN is missing", "what is to be encrypted needs a key")
	_, err = ParsePublisher(from(nil))
	assert.ErrorContains(t, err, "EVENT_BUS is missing")
	_, err = ParseProcessor(from(nil))
	assert.ErrorContains(t, err, "environment of the processor:\nAWS_REGION is missing")
}
