package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdsql "github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/sqs"
)

// A record of CloudTrail, as far as it says who has called, and whether that was refused.
type record struct {
	EventName, ErrorCode string
	UserIdentity         struct {
		Type           string
		SessionContext *struct {
			SessionIssuer struct{ ARN string }
		}
	}
}

func TestCloudTrailNamesTheRoleThatCallsAndHearsWhatItMayNot(t *testing.T) {
	w := newWorld(t, nil)
	region := w.account.Region("us-east-1")
	queue, err := region.SQS.CreateQueue(sqs.Queue{Name: "calls", Policy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`})
	require.NoError(t, err)
	_, err = region.Events.PutRule(events.Rule{Name: "calls", EventPattern: `{"detail-type":["AWS API Call via CloudTrail"]}`})
	require.NoError(t, err)
	_, err = region.Events.PutTarget(events.Target{Rule: "calls", TargetID: "queue", Arn: queue.Arn})
	require.NoError(t, err)
	heard := func() (r record) {
		t.Helper()
		messages, err := region.SQS.Receive(t.Context(), queue.URL, 1, time.Hour, time.Minute)
		require.NoError(t, err)
		require.Len(t, messages, 1)
		var event struct{ Detail *record }
		event.Detail = &r
		require.NoError(t, json.Unmarshal([]byte(messages[0].Body), &event))
		return r
	}
	cluster, err := region.DSQL.CreateCluster(dsql.CreateClusterInput{})
	require.NoError(t, err)
	created := heard()
	assert.Equal(t, "IAMUser", created.UserIdentity.Type)
	assert.Nil(t, created.UserIdentity.SessionContext)

	client := awsdsql.NewFromConfig(w.function(t, "us-east-1"))
	in := &awsdsql.UpdateClusterInput{Identifier: &cluster.Identifier, DeletionProtectionEnabled: aws.Bool(true)}
	require.Eventually(t, func() bool {
		c, err := region.DSQL.GetCluster(cluster.Identifier)
		return err == nil && c.Status == dsql.Active
	}, 10*time.Second, 10*time.Millisecond)
	for _, code := range []string{"AccessDenied", ""} {
		_, err := client.UpdateCluster(t.Context(), in)
		assert.Equal(t, code != "", err != nil)
		r := heard()
		assert.Equal(t, "UpdateCluster", r.EventName)
		assert.Equal(t, code, r.ErrorCode)
		require.NotNil(t, r.UserIdentity.SessionContext)
		assert.Equal(t, "AssumedRole", r.UserIdentity.Type)
		assert.Equal(t, w.role.Arn, r.UserIdentity.SessionContext.SessionIssuer.ARN)
		w.allow(t, "dsql:UpdateCluster", "*", "")
	}
}
