package stack

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/cloudtrail"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/sns"
)

// databaseEvents is a sandbox with what reports changes of a database.
type databaseEvents struct{ *sandbox.Sandbox }

// reported deploys what reports changes of a database, and nothing else.
func (s databaseEvents) reported(ctx *pulumi.Context) error {
	region, err := primaryRegion(ctx, s.Sandbox)
	if err != nil {
		return err
	}
	topic, err := components.NewAlertTopic(ctx, "primary-alerts", &components.AlertTopicArgs{
		Region:        region,
		Subscriptions: []components.Subscription{{Protocol: "email", Endpoint: "oncall@example.com"}},
	})
	if err != nil {
		return err
	}
	_, err = components.NewDatabaseEvents(ctx, "primary-database-events", &components.DatabaseEventsArgs{
		Region:   region,
		Topic:    topic,
		Database: &components.DsqlSide{Region: region.Name, Identifier: pulumi.String("own").ToStringOutput()},
		Testers:  pulumi.StringArray{pulumi.String(roleARN("restores")), pulumi.String(roleARN("test"))},
		After:    []pulumi.Resource{topic},
		Runbooks: "docs/runbooks.md",
	})
	return err
}

func roleARN(name string) string { return "arn:aws:iam::123456789012:role/" + name }

func TestAChangeOfTheDatabaseIsReportedAsWhatItWas(t *testing.T) {
	t.Parallel()
	s := databaseEvents{newSandbox(t, sandbox.Options{})}
	stack, err := s.Stack(t.Context(), Name, s.reported, Config())
	require.NoError(t, err)
	_, err = stack.Up(t.Context(), engine.Run{})
	require.NoError(t, err)
	region := s.Account.Region("us-east-1")

	tester := iam.Session(roleARN("test"), "s")
	require.NoError(t, region.Events.CloudTrail("dsql.amazonaws.com", map[string]any{
		"eventName":         "DeleteCluster",
		"userIdentity":      cloudtrail.Who("123456789012", tester, "AROA1", ""),
		"requestParameters": map[string]any{"identifier": "restored"},
	})) // tells nobody

	const policy = `{"Version":"2012-10-17","Statement":[{"Sid":"A \"quoted\" name"}]}`
	call := map[string]any{
		"eventSource":       "dsql.amazonaws.com",
		"eventName":         "PutClusterPolicy",
		"userIdentity":      map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/eve"},
		"requestParameters": map[string]any{"identifier": "abc", "policy": policy},
	}
	require.NoError(t, region.Events.CloudTrail("dsql.amazonaws.com", call))
	alert, request := s.report(t, 0)
	assert.Regexp(
		t,
		`^PutClusterPolicy on Aurora DSQL in us-east-1 by arn:aws:iam::123456789012:user/eve at 20\d\d-`,
		alert,
	)
	assert.JSONEq(t, policy, request["policy"].(string))

	call["eventName"], call["errorCode"], call["requestParameters"] = "DeleteCluster", "AccessDenied", nil
	require.NoError(t, region.Events.CloudTrail("dsql.amazonaws.com", call))
	alert, _ = s.report(t, 1)
	assert.Regexp(t, `^REFUSED \(AccessDenied\): DeleteCluster on Aurora DSQL in us-east-1 by arn`, alert)

	call["eventName"] = "ListClusters"
	require.NoError(t, region.Events.CloudTrail("dsql.amazonaws.com", call))

	// What the topic does not take is kept, and told.
	region.SetBroken("sns", true)
	call["eventName"] = "UpdateCluster"
	require.NoError(t, region.Events.CloudTrail("dsql.amazonaws.com", call))
	_, err = region.SNS.PutTopicPolicy(sns.TopicPolicy{Arn: region.SNS.Topics()[0].Arn, Policy: noPublisher})
	require.NoError(t, err)
	region.SetBroken("sns", false)
	queues := region.SQS.Queues()
	require.Len(t, queues, 1)
	messages, err := region.SQS.Receive(t.Context(), queues[0].URL, 10, 0, time.Minute)
	require.NoError(t, err)
	require.Len(t, messages, 1)
	assert.Contains(t, messages[0].Body, "UpdateCluster")
}

const noPublisher = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","Principal":"*","Action":"sns:Publish","Resource":"*"}]}`

// report awaits the event of this number that reached a person, and reads it.
func (s databaseEvents) report(t *testing.T, number int) (alert string, request map[string]any) {
	t.Helper()
	seen := 0
	m, err := s.Account.Inbox.Await(t.Context(), func(m sns.Message) bool {
		if m.Kind == sns.KindEvent {
			seen++
		}
		return m.Kind == sns.KindEvent && seen > number
	})
	require.NoError(t, err)
	var body struct {
		Alert   string         `json:"alert"`
		Request map[string]any `json:"request"`
	}
	require.NoError(t, json.Unmarshal([]byte(m.Body), &body), m.Body)
	return body.Alert, body.Request
}
