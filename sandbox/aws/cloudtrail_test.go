package aws

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudtrail"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/sqs"
)

func TestACallReachesTheBusOnlyWhileATrailLogsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAccount(Options{Clock: clock.New(1), Regions: []string{"us-east-1", "us-east-2"}})
		defer func() { assert.NoError(t, a.Close()) }()
		r := a.Region("us-east-2")
		queue, err := r.SQS.CreateQueue(sqs.Queue{Name: "calls", Policy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`})
		require.NoError(t, err)
		_, err = r.Events.PutRule(events.Rule{Name: "calls", EventPattern: `{"detail-type":["AWS API Call via CloudTrail"]}`})
		require.NoError(t, err)
		_, err = r.Events.PutTarget(events.Target{Rule: "calls", TargetID: "queue", Arn: queue.Arn})
		require.NoError(t, err)
		told := func() bool {
			_, err := r.DSQL.CreateCluster(dsql.CreateClusterInput{})
			require.NoError(t, err)
			synctest.Wait()
			return len(queued(t, r, queue.URL)) > 0
		}
		home, trail := "us-east-1", cloudtrail.FirstTrail
		assert.True(t, told(), "an account has a trail of all regions")
		require.NoError(t, a.CloudTrail.SetLogging(home, trail, false))
		assert.False(t, told())
		require.NoError(t, a.CloudTrail.SetLogging(home, trail, true))
		assert.True(t, told())
		_, err = a.CloudTrail.Select(home, trail, []cloudtrail.Selector{{ReadWriteType: cloudtrail.ReadOnly, Management: true}}, nil)
		require.NoError(t, err)
		assert.False(t, told())
		require.NoError(t, a.CloudTrail.DeleteTrail(home, trail))
		assert.False(t, told())
	})
}
