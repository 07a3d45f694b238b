package events

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const call = `{
	"source": "aws.dsql", "detail-type": "AWS API Call via CloudTrail", "resources": ["arn:one", "arn:two"],
	"detail": {"eventSource": "dsql.amazonaws.com", "eventName": "DeleteCluster", "count": 3, "account": 123456789012, "huge": 1e400,
		"empty": [], "items": [{"id": 1, "kind": "a"}, {"id": 2, "kind": "b"}], "flag": true, "nothing": null,
		"requestParameters": {"identifier": "abc"}}
}`

func TestPatterns(t *testing.T) {
	document := parse([]byte(call))
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
		`{"detail":{"count":[3.0]}}`:                                                 true,
		`{"detail":{"count":[{"numeric":["=",3.0000001]}]}}`:                         true,
		`{"detail":{"count":[{"numeric":["=",3.000001]}]}}`:                          false,
		`{"detail":{"account":[123456789012]}}`:                                      true,
		`{"detail":{"account":[123456789013]}}`:                                      false,
		`{"detail":{"account":[{"numeric":[">",0]}]}}`:                               false,
		`{"detail":{"huge":[{"numeric":[">",0]}]}}`:                                  false,
		`{"detail":{"huge":[1e400]}}`:                                                true,
		`{"detail":{"count":[{"anything-but":3}]}}`:                                  false,
		`{"detail":{"count":[{"anything-but":[4,5]}]}}`:                              true,
		`{"detail":{"eventName":[{"anything-but":{"equals-ignore-case":"x"}}]}}`:     true,
		`{"detail":{"requestParameters":[{"exists":true}]}}`:                         false,
		`{"detail":{"empty":[{"exists":false}]}}`:                                    true,
		`{"detail":{"items":{"id":[2],"kind":["b"]}}}`:                               true,
		`{"detail":{"items":{"id":[1],"kind":["b"]}}}`:                               false,
		// Of the alternatives of a field one suffices, of the objects of $or one, and all that is beside it has to match.
		`{"detail":{"absent":[{"exists":false},{"anything-but":["x"]}]}}`:                                   true,
		`{"detail":{"absent":{"deeper":[{"exists":false},{"anything-but":["x"]}]}}}`:                        true,
		`{"detail":{"eventName":[{"exists":false},{"anything-but":["DeleteCluster"]}]}}`:                    false,
		`{"detail":{"eventName":[{"exists":false},{"anything-but":["GetCluster"]}]}}`:                       true,
		`{"$or":[{"source":["aws.lambda"]},{"detail":{"eventName":["DeleteCluster"]}}]}`:                    true,
		`{"$or":[{"source":["aws.lambda"]},{"detail":{"eventName":["GetCluster"]}}]}`:                       false,
		`{"source":["aws.lambda"],"$or":[{"detail":{"count":[3]}},{"detail":{"count":[4]}}]}`:               false,
		`{"detail":{"eventName":["DeleteCluster"],"$or":[{"count":[4]},{"flag":[true]}]}}`:                  true,
		`{"detail":{"$or":[{"count":[4],"flag":[true]},{"count":[3],"flag":[false]}]}}`:                     false,
		`{"detail":{"$or":[{"count":[4]},{"$or":[{"flag":[false]},{"nothing":[null]}]}]}}`:                  true,
		`{"$or":[{"source":["aws.dsql"]},{"source":["a"]}],"detail":{"$or":[{"count":[1]},{"count":[2]}]}}`: false,
		`{"detail":{"items":{"$or":[{"id":[1],"kind":["b"]},{"id":[2],"kind":["a"]}]}}}`:                    false,
		`{"detail":{"items":{"$or":[{"id":[1],"kind":["b"]},{"id":[2],"kind":["b"]}]}}}`:                    true,
	} {
		p, err := parsePattern(pattern, PatternQuota.Default)
		require.NoError(t, err, pattern)
		assert.Equal(t, want, p.matches(document), pattern)
	}
}

// The words are those of aws/event-ruler.
func TestWhatIsNoPatternIsRefusedWithTheReason(t *testing.T) {
	for pattern, reason := range map[string]string{
		`[]`:                             "Filter is not an object",
		`{"source":["a"]} {}`:            "more than one JSON object",
		`{`:                              "not JSON",
		`{}`:                             "Empty objects are not allowed",
		`{"detail":{}}`:                  "detail.Empty objects are not allowed",
		`{"source":"aws.dsql"}`:          `"source" must be an object or an array`,
		`{"detail":{"eventName":[]}}`:    "detail.eventName: Empty arrays are not allowed",
		`{"source":[["a"]]}`:             "Match value must be String, number, true, false, or null",
		`{"source":[{"wildcard":"*"}]}`:  "Unrecognized match type wildcard; the sandbox models equals-ignore-case, numeric, prefix, suffix, anything-but, exists and $or",
		`{"$or":{"source":["a"]}}`:       "It must be an Array followed with $or.",
		`{"$or":[{"source":["a"]}]}`:     "There must have at least 2 Objects in $or relationship.",
		`{"$or":[{"source":["a"]},"b"]}`: "Only JSON object is allowed in array of $or relationship.",
		`{"$or":[{"source":["a"]},{}]}`:  "Empty objects are not allowed",
		`{"detail":{"$or":[{"a":[1]},{"b":{"exists":[true]}}]}}`:                "detail.b.exists is Ruler reserved fieldName which cannot be used inside $or.",
		`{"detail":{"$or":[{"a":[1]},{"b":[[1]]}]}}`:                            "detail.b: Match value must be String, number, true, false, or null",
		`{"a":{"b":[1]},"$or":[{"a":{"b":[2]}},{"c":[3]}]}`:                     "a.b is in $or and beside it, which the sandbox does not model",
		`{"a":{"$or":[{"b":[1]},{"c":[1]}]},"$or":[{"a":{"c":[2]}},{"d":[3]}]}`: "a.c is in $or and beside it",
		`{"source":[{"prefix":"a","suffix":"b"}]}`:                              "Only one key allowed in match expression",
		`{"source":[{}]}`:                                           "Only one key allowed in match expression",
		`{"source":[{"prefix":1}]}`:                                 "prefix match pattern must be a string",
		`{"source":[{"exists":"yes"}]}`:                             "exists match pattern must be either true or false.",
		`{"source":[{"numeric":5}]}`:                                "Value of numeric must be an array.",
		`{"source":[{"numeric":[">"]}]}`:                            "Too many elements in numeric expression, or too few",
		`{"source":[{"numeric":["~",1]}]}`:                          "Unrecognized numeric range operator: ~",
		`{"source":[{"numeric":[">","1"]}]}`:                        "Value of > must be numeric",
		`{"source":[{"numeric":["<",5,">",1]}]}`:                    "Too many elements in numeric expression",
		`{"source":[{"numeric":["=",5,"<",9]}]}`:                    "Too many elements in numeric expression",
		`{"source":[{"numeric":[">",1,">",2]}]}`:                    "Bad numeric range operator: >",
		`{"source":[{"numeric":[">",5,"<",5]}]}`:                    "Bottom must be less than top",
		`{"source":[{"numeric":["=",5000000001]}]}`:                 "Value must be between -5.0E9 and 5.0E9, inclusive",
		`{"source":[{"numeric":["=",1e400]}]}`:                      "Value must be between -5.0E9 and 5.0E9, inclusive",
		`{"source":[{"anything-but":[1e10]}]}`:                      "Value must be between -5.0E9 and 5.0E9, inclusive",
		`{"source":[{"anything-but":["a",1]}]}`:                     "mixed type is not supported",
		`{"source":[{"anything-but":[]}]}`:                          "mixed type is not supported",
		`{"source":[{"anything-but":[null]}]}`:                      "Inside anything but list, start|null|boolean is not supported.",
		`{"source":[{"anything-but":true}]}`:                        "Value of anything-but must be an array or single string/number value.",
		`{"source":[{"anything-but":{"prefix":""}}]}`:               "Null prefix/suffix not allowed",
		`{"source":[{"anything-but":{"numeric":["=",1]}}]}`:         "Unsupported anything-but pattern: numeric",
		`{"source":[{"anything-but":{"prefix":"a","suffix":"b"}}]}`: "Only one key allowed in match expression",
	} {
		_, err := parsePattern(pattern, PatternQuota.Default)
		require.ErrorContains(t, err, reason, pattern)
		assert.ErrorContains(t, err, "InvalidEventPatternException")
	}
}

func TestTheSizeOfAPatternIsLimited(t *testing.T) {
	of := func(length int) string {
		return `{"source":["` + strings.Repeat("é", length-len(`{"source":[""]}`)) + `"]}`
	}
	_, err := parsePattern(of(2048), PatternQuota.Default)
	require.NoError(t, err)
	_, err = parsePattern(of(2049), PatternQuota.Default)
	require.ErrorContains(t, err, "LimitExceededException")
}
