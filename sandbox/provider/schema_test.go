package provider

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	topicKind   = "aws:sns/topic:Topic"
	alarmKind   = "aws:cloudwatch/metricAlarm:MetricAlarm"
	peeringKind = "aws:dsql/clusterPeering:ClusterPeering"
	clusterKind = "aws:dsql/cluster:Cluster"
	roleKind    = "aws:iam/role:Role"
	policyKind  = "aws:sns/topicPolicy:TopicPolicy"
)

func TestInputsAreCheckedAgainstTheSDK(t *testing.T) {
	tests := map[string]struct {
		kind   string
		inputs object
		says   []string
	}{
		"an unknown property is named with the accepted ones": {topicKind, object{"colour": "red"},
			[]string{"colour is not a property: want applicationFailureFeedbackRoleArn"}},
		"an unknown property inside an object": {alarmKind,
			object{"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 1, "metricQueries": []any{object{"id": "e", "formula": "a+b"}}},
			[]string{"metricQueries[0].formula is not a property: want accountId, expression, id"}},
		"missing required properties, all of them": {alarmKind, object{},
			[]string{"comparisonOperator is required", "evaluationPeriods is required"}},
		"a missing required list": {peeringKind, object{"identifier": "x", "witnessRegion": witness}, []string{"clusters is required"}},
		"a number for a string":   {topicKind, object{"displayName": 7}, []string{"displayName must be a string, not a value of type number"}},
		"a fraction for a whole number": {alarmKind, object{"comparisonOperator": "x", "evaluationPeriods": 1.5},
			[]string{"evaluationPeriods must be a whole number, not 1.5"}},
		"a string for a list":    {peeringKind, object{"identifier": "x", "witnessRegion": witness, "clusters": "arn"}, []string{"clusters must be a list"}},
		"a list for an object":   {clusterKind, object{"multiRegionProperties": []any{}}, []string{"multiRegionProperties must be an object"}},
		"a wrong value in a map": {topicKind, object{"tags": object{"a": true}}, []string{"tags.a must be a string"}},
	}
	i := newWorld(t, Options{}).in(primary)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, reasons, err := i.check(test.kind, "x", nil, test.inputs)
			require.NoError(t, err)
			require.Len(t, reasons, len(test.says), "%v", reasons)
			for n, says := range test.says {
				assert.Contains(t, reasons[n], says)
			}
		})
	}
}

func TestUnknownValuesOfAPreviewPass(t *testing.T) {
	i := newWorld(t, Options{}).in(primary)
	_, reasons, err := i.check(peeringKind, "x", nil, object{"identifier": plugin.UnknownStringValue, "witnessRegion": witness, "clusters": []any{plugin.UnknownStringValue}})
	require.NoError(t, err)
	assert.Empty(t, reasons)
}

func TestAnUnknownTypeIsNamed(t *testing.T) {
	_, _, err := newWorld(t, Options{}).in(primary).check("aws:ec2/instance:Instance", "x", nil, object{})
	assert.ErrorContains(t, err, "no resource type aws:ec2/instance:Instance")
	assert.ErrorContains(t, err, topicKind)
}

func TestWhatTheServiceDoesNotModelIsNotIgnored(t *testing.T) {
	_, err := newWorld(t, Options{}).in(primary).create(topicKind, "x", object{"fifoTopic": true})
	assert.ErrorContains(t, err, `creating SNS Topic (x): the sandbox does not model this: unknown field "fifoTopic"`)
}

func TestEveryPropertyAKindNamesExists(t *testing.T) {
	for token, k := range kinds {
		args := properties(k.args)
		for _, name := range slices.Concat(k.required, k.replaces, k.computed, k.writeOnly) {
			top, _, _ := strings.Cut(name, ".")
			assert.Contains(t, slices.Collect(maps.Keys(args)), top, token)
		}
		if k.name != nil {
			assert.Contains(t, slices.Collect(maps.Keys(args)), string(nameProperty), token)
		}
	}
}

func TestNamesAreMadeUpOnceAndKept(t *testing.T) {
	i := newWorld(t, Options{}).in(primary)
	first, _, err := i.check(topicKind, "alerts", nil, object{})
	require.NoError(t, err)
	assert.Regexp(t, `^alerts-[0-9a-f]{7}$`, first["name"])
	again, _, err := i.check(topicKind, "alerts", nil, object{})
	require.NoError(t, err)
	assert.Equal(t, first["name"], again["name"], "the engine's seed decides")
	kept, _, err := i.check(topicKind, "alerts", object{"name": "alerts-1234567"}, object{})
	require.NoError(t, err)
	assert.Equal(t, "alerts-1234567", kept["name"])
	given, _, err := i.check(topicKind, "alerts", nil, object{"name": "mine"})
	require.NoError(t, err)
	assert.Equal(t, "mine", given["name"])
	_, reasons, err := i.check(roleKind, strings.Repeat("r", 60), nil, object{"assumeRolePolicy": "{}"})
	require.NoError(t, err)
	require.Len(t, reasons, 1)
	assert.Contains(t, reasons[0], "shorten the resource's name or set name")
}

func TestDefaultTagsAreAddedBelowTheResourcesOwn(t *testing.T) {
	i := newWorld(t, Options{}).in(primary, object{"defaultTags": `{"tags":{"team":"a","stack":"test"}}`})
	topic := i.mustCreate(topicKind, "alerts", object{"tags": object{"team": "b"}})
	want := object{"team": "b", "stack": "test"}
	assert.Equal(t, want, topic.outputs["tags"])
	assert.Equal(t, want, topic.outputs["tagsAll"])
	role := i.mustCreate("aws:kms/alias:Alias", "alias", object{"targetKeyId": i.mustCreate("aws:kms/key:Key", "key", object{}).id})
	assert.NotContains(t, role.inputs, "tags", "a type without tags gets none")
}

func TestADiffSaysWhatIsReplacedAndHow(t *testing.T) {
	i := newWorld(t, Options{}).in(primary)
	made := i.mustCreate(topicKind, "alerts", object{"displayName": "a"})
	assert.Equal(t, "DIFF_NONE", i.diff(made, object{"displayName": "a"}).GetChanges().String())

	changed := i.diff(made, object{"displayName": "b"})
	assert.Equal(t, []string{"displayName"}, changed.GetDiffs())
	assert.Empty(t, changed.GetReplaces())

	renamed := i.diff(made, object{"name": "other"})
	assert.Equal(t, []string{"name"}, renamed.GetReplaces())
	assert.False(t, renamed.GetDeleteBeforeReplace(), "the two can exist side by side")

	fifo := i.diff(made, object{"displayName": "a", "fifoTopic": true})
	assert.Equal(t, []string{"fifoTopic"}, fifo.GetReplaces())
	assert.False(t, fifo.GetDeleteBeforeReplace(), "the replacement gets a fresh name")

	named := i.mustCreate(topicKind, "named", object{"name": "mine"})
	assert.True(t, i.diff(named, object{"name": "mine", "fifoTopic": true}).GetDeleteBeforeReplace(), "it would have the same name")

	cluster := stateOf{kind: clusterKind, name: "c", inputs: object{"multiRegionProperties": object{"witnessRegion": witness}}}
	assert.Equal(t, []string{"multiRegionProperties"}, i.diff(cluster, object{"multiRegionProperties": object{"witnessRegion": "ca-west-1"}}).GetReplaces())
	assert.Equal(t, []string{"multiRegionProperties"}, i.diff(cluster, object{}).GetReplaces(), "from multi-Region to single-Region")
}

func TestAPreviewKnowsWhatItCanKnow(t *testing.T) {
	k := kinds[topicKind]
	planned := k.planned(resource.NewPropertyMapFromMap(object{"name": "alerts-1234567"}))
	assert.True(t, planned["arn"].IsComputed())
	assert.Equal(t, "alerts-1234567", planned["name"].StringValue())
	assert.NotContains(t, planned, resource.PropertyKey("displayName"), "an optional input that is not given is not unknown")
}
