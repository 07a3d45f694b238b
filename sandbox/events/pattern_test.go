package events

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const call = `{
	"source": "aws.dsql", "detail-type": "AWS API Call via CloudTrail", "resources": ["arn:one", "arn:two"],
	"detail": {"eventSource": "dsql.amazonaws.com", "eventName": "DeleteCluster", "count": 3, "flag": true, "nothing": null,
		"requestParameters": {"identifier": "abc"}}
}`

func TestPatterns(t *testing.T) {
	var document map[string]any
	require.NoError(t, json.Unmarshal([]byte(call), &document))
	for pattern, want := range map[string]bool{
		`{"source":["aws.dsql"]}`:   true,
		`{"source":["aws.lambda"]}`: false,
		`{"source":["aws.dsql"],"detail":{"eventSource":["dsql.amazonaws.com"],"eventName":["DeleteCluster","UpdateCluster","PutClusterPolicy"]}}`: true,
		`{"source":["aws.dsql"],"detail":{"eventName":["GetCluster"]}}`:                                                                            false,
		`{"resources":["arn:two"]}`:                                                  true,
		`{"resources":["arn:three"]}`:                                                false,
		`{"detail":{"eventName":[{"prefix":"Delete"}]}}`:                             true,
		`{"detail":{"eventName":[{"prefix":"delete"}]}}`:                             false,
		`{"detail":{"eventName":[{"suffix":"Cluster"}]}}`:                            true,
		`{"detail":{"eventName":[{"equals-ignore-case":"deletecluster"}]}}`:          true,
		`{"detail":{"eventName":[{"anything-but":"GetCluster"}]}}`:                   true,
		`{"detail":{"eventName":[{"anything-but":["GetCluster","DeleteCluster"]}]}}`: false,
		`{"detail":{"eventName":[{"anything-but":{"prefix":"Delete"}}]}}`:            false,
		`{"detail":{"eventName":[{"anything-but":{"prefix":"Get"}}]}}`:               true,
		`{"detail":{"absent":[{"anything-but":"x"}]}}`:                               false,
		`{"detail":{"absent":[{"exists":false}]}}`:                                   true,
		`{"detail":{"eventName":[{"exists":false}]}}`:                                false,
		`{"detail":{"requestParameters":{"identifier":[{"exists":true}]}}}`:          true,
		`{"detail":{"absent":{"deeper":[{"exists":false}]}}}`:                        true,
		`{"detail":{"count":[3]}}`:                                                   true,
		`{"detail":{"count":["3"]}}`:                                                 false,
		`{"detail":{"count":[{"numeric":[">",0,"<=",3]}]}}`:                          true,
		`{"detail":{"count":[{"numeric":["<",3]}]}}`:                                 false,
		`{"detail":{"eventName":[{"numeric":["=",3]}]}}`:                             false,
		`{"detail":{"flag":[true],"nothing":[null]}}`:                                true,
	} {
		p, err := parsePattern(pattern)
		require.NoError(t, err, pattern)
		assert.Equal(t, want, p.matches(document), pattern)
	}
}

func TestWhatIsNoPatternIsRefusedWithTheReason(t *testing.T) {
	for pattern, reason := range map[string]string{
		`[]`:                            "not a JSON object",
		`{}`:                            "empty",
		`{"source":"aws.dsql"}`:         "source must be an object or an array",
		`{"detail":{"eventName":[]}}`:   "detail.eventName: an empty array matches nothing",
		`{"source":[{"wildcard":"*"}]}`: `operator "wildcard": the sandbox models anything-but, equals-ignore-case, exists`,
		`{"source":[{"prefix":"a","suffix":"b"}]}`: "exactly one operator",
		`{"source":[{"prefix":1}]}`:                "1 is not a string",
		`{"source":[{"exists":"yes"}]}`:            "neither true nor false",
		`{"source":[{"numeric":[">"]}]}`:           "operators and numbers in turn",
		`{"source":[{"numeric":["~",1]}]}`:         "cannot use ~ 1",
	} {
		_, err := parsePattern(pattern)
		require.ErrorContains(t, err, reason, pattern)
		assert.ErrorContains(t, err, "InvalidEventPatternException")
	}
}
