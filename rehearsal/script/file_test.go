package script

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
)

var places = map[string]string{"primary": "us-east-1", "secondary": "us-east-2", "witness": "us-west-2"}

// minimal is a file without anything that may be left out.
const minimal = `title: t
proves: p
method:
  - {at: 5s, until: 4m, fault: region-lost, with: {region: primary}}
watch: 3m
budgets: {detect: 40s, alert: 60s, recovery: never, allClear: unjudged, alarm: 4m}
expect:
  - {message: lost, endpoint: primary, from: [secondary, us-west-2]}
  - {message: alarm, alarm: "{primary}-lost", times: 0-2}
`

func TestAFileIsRead(t *testing.T) {
	r, err := Parse("rehearsals/minimal.yaml", []byte(minimal), places)
	require.NoError(t, err)
	assert.Equal(t, &Rehearsal{
		Name:          "minimal",
		Title:         "t",
		Proves:        "p",
		ProbeInterval: 15 * time.Second,
		Workload:      WorkloadSQL,
		Calendar:      1,
		Hypothesis:    time.Minute,
		Watch:         3 * time.Minute,
		Method: []Step{{
			At:    5 * time.Second,
			Until: 4 * time.Minute,
			Fault: &fault.Spec{Name: "region-lost", With: map[string]string{"region": "primary"}},
		}},
		Budgets: map[Measure]Budget{
			Detect:   {Within: 40 * time.Second},
			Alert:    {Within: time.Minute},
			Recovery: {Never: true},
			AllClear: {Unjudged: true},
			Alarm:    {Within: 4 * time.Minute},
		},
		Expect: []Expectation{
			{
				Message:  chronicle.Lost,
				Endpoint: "us-east-1",
				From:     []string{"us-east-2", "us-west-2"},
				AtLeast:  1,
				AtMost:   1,
			},
			{
				Message: chronicle.InAlarm,
				Alarm:   "us-east-1-lost",
				AtLeast: 0,
				AtMost:  2,
			},
		},
	}, r)
	assert.Equal(t, 4*time.Minute, r.End())
}

// What no rehearsal can do is refused when the file is read, not when it is held.
func TestFilesThatNobodyCanRehearseAreRefused(t *testing.T) {
	const lost = "region-lost, with: {region: primary}"
	for text, want := range map[string]string{
		minimal + "---\n" + minimal: "line 11: a second document begins here: want one rehearsal in a file",
		minimal + "---\n{":          "the file is no YAML",
		minimal + "...\n---\n":      "a second document begins here",
		"":                          "line 1: the file is empty",
		"# nothing\n":               "line 1: the file is empty",
		strings.Replace(minimal, lost, "regions-partitioned, with: {region: primary, from: us-east-1}", 1)://
		"line 4: fault regions-partitioned: region and from are both us-east-1: want two regions",
		strings.Replace(minimal, "title: t", "title: 5", 1):                   `line 1: title is "5": want text`,
		strings.Replace(minimal, "region: primary}", "region: [primary]}", 1): "line 4: with.region is a list: want text",
		strings.Replace(minimal, "times: 0-2", "times: 0", 1):                 `line 9: times is "0": want at least 1`,
		strings.Replace(minimal, "alert: 60s", "alert: 0s", 1)://
		`line 6: budgets.alert is "0s": want a duration from 1ms to 24h`,
	} {
		_, err := Parse("rehearsals/bad.yaml", []byte(text), places)
		require.ErrorContains(t, err, want)
	}
	_, err := Parse("rehearsals/good.yaml", []byte("---\n"+minimal+"...\n"), places)
	require.NoError(t, err)
}

// What stands elsewhere in the file is told where it stands.
func TestAliasesAreFollowed(t *testing.T) {
	named := strings.Replace(minimal, "detect: 40s, alert: 60s", "detect: &soon 40s, alert: *soon", 1)
	r, err := Parse("rehearsals/named.yaml", []byte(named), places)
	require.NoError(t, err)
	assert.Equal(t, Budget{Within: 40 * time.Second}, r.Budgets[Alert])

	wrong := strings.Replace(minimal, "detect: 40s, alert: 60s", "detect: &soon soonish, alert: *soon", 1)
	_, err = Parse("rehearsals/named.yaml", []byte(wrong), places)
	require.ErrorContains(t, err, `line 6: budgets.detect is "soonish": want a duration such as 60s`)
	require.ErrorContains(t, err, `line 6: budgets.alert is "soonish": want a duration such as 60s`)

	_, err = Parse("rehearsals/endless.yaml", []byte("title: t\nmethod: &all [*all]\n"), places)
	require.ErrorContains(t, err, "the file is no YAML: anchor 'all' value contains itself")
}

// A malformed file is one error that lists every problem with its line.
func TestEveryProblemIsListedWithItsLine(t *testing.T) {
	const (
		keys    = "title, proves, probeInterval, workload, backups, calendar, hypothesis, method, watch, budgets, expect"
		regions = "primary (us-east-1), secondary (us-east-2), witness (us-west-2)"
	)
	_, err := Parse("rehearsals/bad.yaml", []byte(`titel: t
proves: ""
probeInterval: 90s
method:
  - {at: 5s, until: 4s, fault: region-lost, with: {regio: primary}}
  - {at: -5s, until: 4m, fault: region-los}
  - {at: 5s, fault: connections-failing, with: {region: here, percent: 130}}
  - {at: 5s, deploy: sometimes, until: 5m}
  - {at: 5s}
  - {at: 5s, until: 1m, fault: witness-lost, deploy: refused, within: 1m}
  - nothing
watch: soon
budgets: {detect: 40s, alert: later, recovery: 10s, allClear: -1s}
expect:
  - {message: shouted}
  - {message: lost}
  - {message: alarm, endpoint: primary, alarm: a}
  - {message: ok, alarm: a, from: [nowhere], times: 3-1}
  - {message: changed, from: [primary], alarm: a}
  - {message: changed}
watch: 3m
workload: nosql
`), places)
	require.Error(t, err)
	assert.Equal(t, strings.TrimSpace(`
rehearsals/bad.yaml: 31 problems:
  line 1: a rehearsal has no key "titel": want `+keys+`
  line 1: a rehearsal lacks the key "title"
  line 2: proves is "": want text
  line 3: probeInterval is "90s": want a duration from 5s to 1m
  line 5: fault region-lost has no parameter "regio": want region
  line 5: fault region-lost: parameter "region" is missing: `+regions+`
  line 5: until is 4s, which is not after at, 5s
  line 6: at is "-5s": want a duration such as 90s or 1m30s
  line 6: fault is "region-los": want one of `+strings.Join(faultNames(), ", ")+`
  line 7: a step with the key "fault" lacks the key "until"
  line 7: fault connections-failing: parameter "percent" is "130": want a whole number from 1 to 100
  line 7: fault connections-failing: parameter "region" is "here": want `+regions+`
  line 8: a step with the key "deploy" lacks the key "within"
  line 8: deploy is "sometimes": want one of refused, survivor, complete
  line 8: until belongs to a fault or a withdraw
  line 9: a step has one of fault, deploy, act, withdraw and return
  line 10: a step has one of fault, deploy, act, withdraw and return
  line 11: a step is "nothing": want a mapping of at, fault, with, until, withdraw, return, act, region, deploy, within
  line 12: watch is "soon": want a duration such as 90s or 1m30s
  line 13: budgets lacks the key "alarm"
  line 13: budgets.alert is "later": want a duration such as 60s, never, or unjudged
  line 13: budgets.allClear is "-1s": want a duration such as 60s, never, or unjudged
  line 15: message is "shouted": want one of lost, reminder, resolved, withdrawn, returned, lapsed, tested, alarm, ok, changed
  line 16: alerts of the functions are about an endpoint: want the key "endpoint", and no alarm
  line 17: alarm and ok are about an alarm: want the key "alarm", a part of its name, and no endpoint
  line 18: from is "nowhere": want primary, secondary, witness, or the name of one's region
  line 18: times is "3-1": want at least 1, and in a range the lower number first, such as 0-3
  line 19: changed is about clusters of a region: want the key "from", and neither endpoint nor alarm
  line 20: changed is about clusters of a region: want the key "from", and neither endpoint nor alarm
  line 21: the key "watch" stands here for the second time: want it once
  line 22: workload is "nosql": want one of sql, application, name`), err.Error())
}

// A file whose clients know a name only has budgets for what becomes of the name, and an operator may act in it.
func TestAFileAboutAName(t *testing.T) {
	const named = `title: t
proves: p
workload: name
method:
  - {at: 5s, until: 4m, withdraw: primary}
  - {at: 1m, return: us-east-1}
watch: 3m
budgets: {detect: never, alert: never, recovery: 5s, allClear: never, alarm: never, move: 30s, name: 3m, back: 10m}
expect:
  - {message: withdrawn, endpoint: primary}
  - {message: returned, endpoint: primary}
`
	r, err := Parse("rehearsals/named.yaml", []byte(named), places)
	require.NoError(t, err)
	assert.Equal(t, []Step{
		{At: 5 * time.Second, Until: 4 * time.Minute, Withdraw: "us-east-1"},
		{At: time.Minute, Return: "us-east-1"},
	}, r.Acts())
	assert.Empty(t, r.Deployments())
	assert.Len(t, r.Budgets, len(r.Measures()))
	for _, tt := range []struct{ old, text, want string }{
		{"move: 30s, ", "", `line 8: budgets lacks the key "move"`},
		{"workload: name", "workload: application", "line 8: move, name and back are about a name: want them with the workload name only"},
		{"workload: name", "workload: sql", "line 5: withdraw and return move a name: want them with the workload name only"},
		{", withdraw: primary", ", withdraw: here", `line 5: withdraw is "here": want primary, secondary, witness, or the name of one's region`},
		{"until: 4m, withdraw", "withdraw", `line 5: a step with the key "withdraw" lacks the key "until"`},
		{"until: 4m, withdraw", "until: 4s, withdraw", "line 5: until is 4s, which is not after at, 5s"},
		{"withdraw: primary", "withdraw: primary, return: primary", "line 5: a step has one of fault, deploy, act, withdraw and return"},
		{"return: us-east-1", "return: us-east-1, until: 2m", "line 6: until belongs to a fault or a withdraw"},
		{"return: us-east-1", "return: us-east-1, with: {region: primary}", "line 6: with belongs to a fault"},
		{"return: us-east-1", "return: us-east-1, within: 2m", "line 6: within belongs to a deploy or an act"},
	} {
		_, err := Parse("rehearsals/named.yaml", []byte(strings.Replace(named, tt.old, tt.text, 1)), places)
		require.ErrorContains(t, err, tt.want)
	}
}

// A file about the data has an operator act for it, with recovery points kept.
func TestAFileAboutTheData(t *testing.T) {
	const kept = `title: t
proves: p
backups: true
calendar: 144
method:
  - {at: 5s, act: back-up, region: primary, within: 10m}
  - {at: 11m, act: test-restore, region: us-east-2, within: 8m}
watch: 3m
budgets: {detect: never, alert: never, recovery: 5s, allClear: never, alarm: never}
expect: []
`
	r, err := Parse("rehearsals/kept.yaml", []byte(kept), places)
	require.NoError(t, err)
	assert.True(t, r.Backups)
	assert.InDelta(t, 144, r.Calendar, 0)
	assert.Equal(t, []Step{
		{At: 5 * time.Second, Act: ActBackUp, Region: "us-east-1", Within: 10 * time.Minute},
		{At: 11 * time.Minute, Act: ActTestRestore, Region: "us-east-2", Within: 8 * time.Minute},
	}, r.ActsOnData())
	assert.Empty(t, r.Acts())
	for _, tt := range []struct{ old, text, want string }{
		{"backups: true", "backups: false", "line 6: act is \"back-up\": want it with backups: true only"},
		{"backups: true", "backups: some", "line 3: backups is \"some\": want true or false"},
		{"calendar: 144", "calendar: 0.5", "line 4: calendar is \"0.5\": want a number from 1 to 1440"},
		{"act: back-up", "act: back-down", "line 6: act is \"back-down\": want one of back-up, back-up-fails, test-restore, delete-rows, restore-pair"},
		{"region: primary, ", "", "line 6: a step with the key \"act\" lacks the key \"region\""},
		{", within: 10m", "", "line 6: a step with the key \"act\" lacks the key \"within\""},
		{"act: back-up, ", "fault: region-lost, until: 3m, with: {region: primary}, ", "line 6: region belongs to an act"},
		{"within: 8m", "within: 8m, deploy: complete", "line 7: a step has one of fault, deploy, act, withdraw and return"},
	} {
		_, err := Parse("rehearsals/kept.yaml", []byte(strings.Replace(kept, tt.old, tt.text, 1)), places)
		require.ErrorContains(t, err, tt.want)
	}
}

func faultNames() []string {
	var names []string
	for _, f := range fault.Catalogue() {
		names = append(names, f.Name)
	}
	return names
}

func TestWhatIsNoRehearsalAtAll(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "line 1: the file is empty",
		"a: [":               "the file is no YAML",
		"- a":                "line 1: a rehearsal is a list: want a mapping",
		"method: []\n":       "method neither injects a fault nor has an operator act or withdraw a region",
		"method: {at: 5s}\n": "method is a mapping: want a list",
	} {
		_, err := Parse("f.yaml", []byte(text), places)
		assert.ErrorContains(t, err, want, text)
	}
}

// Every file that is shipped is sound, and together they cover what a rehearsal of this stack has to.
func TestTheShippedFiles(t *testing.T) {
	files, err := filepath.Glob("../../rehearsals/*.yaml")
	require.NoError(t, err)
	all, err := Load(places, files...)
	require.NoError(t, err)
	var names []string
	for _, r := range all {
		names = append(names, r.Name)
		assert.NotEmpty(t, r.Proves)
	}
	assert.Equal(t, strings.Fields(`
		backup-stops connections-failing data-deleted deployment-during-outage endpoint-black-holed everything-unfit
		flapping-endpoint flapping-traffic half-region idle-cluster key-disabled monitor-dead observer-liar
		observer-partitioned observer-refused observers-refused primary-and-witness-lost primary-region-lost-5s
		primary-region-lost region-lost-during-backup region-withdrawn restore-test secondary-cut-off-briefly
		secondary-cut-off secondary-region-lost silent-address
		survivor-without-sts traffic-moves witness-lost`), names)
	budget := func(name string) time.Duration {
		for _, r := range all {
			if r.Name == name {
				return r.Budgets[Alert].Within
			}
		}
		return 0
	}
	assert.Equal(t, time.Minute, budget("primary-region-lost"), "at the default probe interval")
	assert.Equal(t, 20*time.Second, budget("primary-region-lost-5s"))
}

func TestAFileThatCannotBeReadIsNamed(t *testing.T) {
	_, err := Load(places, "nowhere.yaml")
	assert.ErrorContains(t, err, "nowhere.yaml")
}

// The grammar names what the program knows.
func TestTheSchemaNamesEveryFaultAndMeasure(t *testing.T) {
	var schema struct {
		Properties map[string]struct {
			Required   []string
			Properties map[string]any
		}
		Then struct {
			Properties map[string]struct{ Required []string }
		}
		Defs struct {
			Step struct {
				Properties struct {
					Fault  struct{ Enum []string }
					Deploy struct{ Enum []Deployment }
				}
			}
			Expectation struct {
				Properties struct {
					Message struct{ Enum []chronicle.Kind }
				}
			}
		} `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(schemaText, &schema))
	step := schema.Defs.Step.Properties
	assert.Equal(t, faultNames(), step.Fault.Enum)
	assert.Equal(t, []Deployment{DeployRefused, DeploySurvivor, DeployComplete}, step.Deploy.Enum)
	kinds := slices.Concat(chronicle.AlertKinds(), chronicle.AlarmKinds(), []chronicle.Kind{chronicle.Changed})
	assert.Equal(t, kinds, schema.Defs.Expectation.Properties.Message.Enum)
	assert.Equal(t, names(Measures), schema.Properties["budgets"].Required)
	assert.Equal(t, names(MeasuresOfName), schema.Then.Properties["budgets"].Required)
	assert.Len(t, schema.Properties["budgets"].Properties, len(Measures)+len(MeasuresOfName))
}

func names(measures []Measure) (names []string) {
	for _, m := range measures {
		names = append(names, string(m))
	}
	return names
}
