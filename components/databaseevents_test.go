package components

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudtrail"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/region"
)

// A restore test deletes what it has restored, each week: people would learn to ignore the message that somebody
// deletes a cluster. What it may not do, and what anybody does to the stack's own cluster, they are told.
func TestOnlyWhatARestoreTestDoesToItsOwnClustersIsNotReported(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/"
	who := func(p iam.Principal) cloudtrail.Identity { return cloudtrail.Who("123456789012", p, "AROA1", "") }
	as := func(name string) cloudtrail.Identity { return who(iam.Session(role+name, "s")) }
	user := who(iam.Principal{ARN: "arn:aws:iam::123456789012:user/eve"})
	root := cloudtrail.Identity{Type: "Root", ARN: "arn:aws:iam::123456789012:root"}
	const done, refused, nowhere = "done", "refused", ""
	for intent, c := range map[string]struct {
		who           cloudtrail.Identity
		call, cluster string
		code          string // of an error
		told          string // by which rule
	}{
		"it unprotects what it has restored":    {as("test"), "UpdateCluster", "restored", "", nowhere},
		"it deletes that":                       {as("test"), "DeleteCluster", "restored", "", nowhere},
		"it sets a policy":                      {as("test"), "PutClusterPolicy", "restored", "", nowhere},
		"it restores":                           {as("restores"), "StartRestoreJob", "", "", nowhere},
		"it may not delete the stack's cluster": {as("test"), "DeleteCluster", "own", "AccessDenied", refused},
		"nor another one":                       {as("test"), "DeleteCluster", "restored", "AccessDenied", refused},
		"it deletes the stack's cluster":        {as("test"), "DeleteCluster", "own", "", done},
		"a person restores":                     {as("recovery"), "StartRestoreJob", "", "", done},
		"a role of another name":                {as("tester"), "DeleteCluster", "restored", "", done},
		"an IAM user deletes":                   {user, "DeleteCluster", "restored", "", done},
		"root deletes":                          {root, "DeleteCluster", "restored", "", done},
		"an IAM user changes the stack's":       {user, "UpdateCluster", "own", "", done},
		"an IAM user is refused":                {user, "DeleteCluster", "own", "AccessDenied", refused},
		"a call that changes nothing":           {user, "GetCluster", "own", "", nowhere},
	} {
		told := nowhere
		for rule, isRefused := range map[string]bool{done: false, refused: true} {
			pattern, err := clusterPattern(isRefused, "own", []string{role + "restores", role + "test"})
			require.NoError(t, err)
			if matches(t, pattern, c.who, c.call, c.cluster, c.code) {
				told += rule
			}
		}
		assert.Equal(t, c.told, told, intent)
	}
}

// Without restore tests there is nobody to spare.
func TestWithoutRestoreTestsEverybodyIsReported(t *testing.T) {
	pattern, err := clusterPattern(false, "own", nil)
	require.NoError(t, err)
	assert.NotContains(t, pattern, "$or")
	role := cloudtrail.Who("123456789012", iam.Session("arn:aws:iam::123456789012:role/test", "s"), "AROA1", "")
	assert.True(t, matches(t, pattern, role, "DeleteCluster", "restored", ""))
}

// matches is whether a pattern matches CloudTrail's record of a call.
func matches(t *testing.T, pattern string, who cloudtrail.Identity, call, cluster, code string) bool {
	t.Helper()
	detail := map[string]any{
		"eventSource":       "dsql.amazonaws.com",
		"eventName":         call,
		"userIdentity":      who,
		"requestParameters": map[string]any{"identifier": cluster},
	}
	if code != "" {
		detail["errorCode"] = code
	}
	event, err := json.Marshal(map[string]any{
		"id": "1", "account": "123456789012", "region": "us-east-1", "time": "2026-11-29T00:00:00Z", "resources": []string{},
		"source": "aws.dsql", "detail-type": "AWS API Call via CloudTrail", "detail": detail,
	})
	require.NoError(t, err)
	service := events.New(region.New("us-east-1", "123456789012", clock.New(1)), events.Deps{})
	t.Cleanup(service.Close)
	is, err := service.TestPattern(pattern, string(event))
	require.NoError(t, err)
	return is
}
