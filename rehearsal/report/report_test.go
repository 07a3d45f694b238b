package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/recipe"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/workload"
	"aurora-dsql-dr/sandbox/sns"
)

var update = flag.Bool("update", false, "write the golden files")

var epoch = time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)

func alertOf(after time.Duration, kind, endpoint, from string) sns.Message {
	return sns.Message{
		Time:    epoch.Add(after),
		Region:  from,
		Kind:    sns.KindAlert,
		Subject: "DSQL " + kind,
		Attributes: map[string]string{
			contract.AttributeKind:   kind,
			contract.AttributeRegion: endpoint,
		},
	}
}

func alarmOf(after time.Duration, name, from, old, now string) sns.Message {
	return sns.Message{
		Time:    epoch.Add(after),
		Region:  from,
		Kind:    sns.KindAlarm,
		Subject: now + `: "` + name + `"`,
		Body:    `{"AlarmName":"` + name + `","OldStateValue":"` + old + `","NewStateValue":"` + now + `"}`,
	}
}

func read(raw ...sns.Message) (all []chronicle.Message) {
	for _, m := range raw {
		if read := chronicle.ReadMessage(m); read.Awaited() {
			all = append(all, read)
		}
	}
	return all
}

func reported(raw ...sns.Message) []Message {
	return messagesOf(Lived{
		Outage: fault.Outage{Start: epoch},
		Seen:   chronicle.Record{Messages: read(raw...)},
	})
}

func TestMessagesAreJudgedAgainstWhatTheFileExpects(t *testing.T) {
	expected := []script.Expectation{
		{
			Message:  chronicle.Lost,
			Endpoint: "us-east-1",
			From:     []string{"us-east-2"},
			AtLeast:  1,
			AtMost:   1,
		},
		{
			Message:  chronicle.Resolved,
			Endpoint: "us-east-1",
			AtLeast:  1,
			AtMost:   1,
		},
		{
			Message: chronicle.InAlarm,
			Alarm:   "us-east-1-lost",
			AtLeast: 0,
			AtMost:  1,
		},
	}
	messages := reported(
		alarmOf(0, "new-alarm", "us-east-1", "INSUFFICIENT_DATA", "OK"),
		sns.Message{Kind: sns.KindConfirmation}, sns.Message{Kind: sns.KindEvent},
		alertOf(10*time.Second, contract.AlertOpened, "us-east-1", "us-east-2"),
		alertOf(11*time.Second, contract.AlertOpened, "us-east-1", "us-east-2"),
		alertOf(12*time.Second, contract.AlertOpened, "us-east-1", "us-west-2"),
		alertOf(13*time.Second, contract.AlertReminder, "us-east-1", "us-east-2"),
		alarmOf(14*time.Second, "stack-us-east-1-lost", "us-east-2", "OK", "ALARM"),
		alarmOf(15*time.Second, "stack-us-east-1-lost", "us-east-2", "ALARM", "OK"))
	checks := judge(expected, messages)
	var judged []Judgement
	for _, m := range messages {
		judged = append(judged, m.Judgement)
	}
	assert.Equal(t, []Judgement{Expected, Duplicate, False, False, Expected, ""}, judged, "a return to OK calls nobody")
	assert.Equal(t, []Check{
		{"message", "lost us-east-1 from us-east-2 once", "once", true, true, 100},
		{"message", "resolved us-east-1 once", "not once", true, false, 0},
		{"message", `alarm "us-east-1-lost" 0 to 1 times`, "once", true, true, 100},
		{"no duplicate messages", "none", `"DSQL opened" from us-east-2 at 11s`, true, false, 0},
		{
			"no false alarms",
			"none",
			`"DSQL opened" from us-west-2 at 12s; "DSQL reminder" from us-east-2 at 13s`,
			true,
			false,
			0,
		},
	}, checks)
}

func TestBudgets(t *testing.T) {
	within := script.Budget{Within: time.Minute}
	for _, tt := range []struct {
		intent string
		budget script.Budget
		time   Time
		speed  float64
		want   Check
	}{
		{
			"half of it leaves a score of 75",
			within,
			at(30 * time.Second),
			1,
			Check{"alert", "within 1m", "30s", true, true, 75},
		},
		{"the last moment is in time", within, at(time.Minute), 1, Check{"alert", "within 1m", "1m", true, true, 50}},
		{"later is not", within, at(90 * time.Second), 1, Check{"alert", "within 1m", "1m30s", true, false, 25}},
		{"never is not", within, Time{}, 1, Check{"alert", "within 1m", "never", true, false, 0}},
		{"a fast clock has no budgets", within, Time{}, 10, Check{"alert", "1m", "never", false, true, 0}},
		{"but what must not happen must not happen at any speed",
			script.Budget{Never: true}, at(1), 10, Check{"alert", "never", "0s", true, false, 0}},
		{"and did not", script.Budget{Never: true}, Time{}, 1, Check{"alert", "never", "never", true, true, 100}},
		{"what is unjudged is reported",
			script.Budget{Unjudged: true}, at(time.Hour), 1, Check{"alert", "unjudged", "1h", false, true, 0}},
	} {
		t.Run(tt.intent, func(t *testing.T) {
			assert.Equal(t, tt.want, budgetCheck(script.Alert, tt.budget, tt.time, tt.speed))
		})
	}
}

func TestTimesAreMeasuredFromTheFaultAndItsEnd(t *testing.T) {
	gap := func(from, to time.Duration) workload.Gap {
		return workload.Gap{From: epoch.Add(from), To: epoch.Add(to)}
	}
	lived := Lived{
		Outage: fault.Outage{Start: epoch, End: epoch.Add(time.Minute)},
		Seen: chronicle.Record{
			Detected: []time.Time{epoch.Add(9 * time.Second), epoch.Add(-time.Second), epoch.Add(5 * time.Second)},
			Messages: read(
				alertOf(-time.Minute, contract.AlertOpened, "e", "r"),
				alertOf(15*time.Second, contract.AlertOpened, "e", "r"),
				alertOf(16*time.Second, contract.AlertOpened, "e", "r"),
				alertOf(50*time.Second, contract.AlertResolved, "e", "r"),
				alertOf(72*time.Second, contract.AlertResolved, "e", "r"),
				alarmOf(3*time.Minute, "a", "r", "OK", "ALARM"),
			),
		},
		Writes: workload.Result{Gaps: []workload.Gap{
			gap(-time.Minute, time.Minute),
			gap(1*time.Second, 3*time.Second),
			gap(30*time.Second, 31*time.Second),
		}},
	}
	assert.Equal(t, map[script.Measure]Time{
		script.Detect:   at(5 * time.Second),
		script.Alert:    at(15 * time.Second),
		script.Recovery: at(2 * time.Second),
		script.AllClear: at(12 * time.Second),
		script.Alarm:    at(3 * time.Minute),
	}, measure(lived))

	lived.Writes.Gaps = append(lived.Writes.Gaps, workload.Gap{From: epoch.Add(time.Second)})
	assert.Equal(t, Time{}, measure(lived)[script.Recovery], "a client that still waits has not recovered")
	assert.Equal(t, at(0), measure(Lived{})[script.Recovery], "nobody noticed")
}

func TestTheRecipesTimesAreReadFromWhatReachedPeople(t *testing.T) {
	ofFunction := func(after time.Duration) sns.Message {
		return sns.Message{Time: epoch.Add(after), Kind: sns.KindAlert, Subject: "a function's"}
	}
	lived := &recipe.Lived{
		Outage: fault.Outage{Start: epoch, End: epoch.Add(20 * time.Minute)},
		Messages: read(
			ofFunction(2*time.Minute),
			ofFunction(4*time.Minute),
			alarmOf(11*time.Minute, "a", "r", "OK", "ALARM"),
			alarmOf(31*time.Minute, "a", "r", "ALARM", "OK"),
		),
	}
	c := columnOf(lived)
	assert.Equal(t, at(2*time.Minute), c.Alert)
	assert.Equal(t, at(11*time.Minute), c.Alarm)
	assert.Equal(t, at(11*time.Minute), c.AllClear, "counted from the end")
	assert.Len(t, c.Messages, 4)
	assert.Equal(t, Offset(20*time.Minute), c.Held)

	lived.Messages = lived.Messages[3:]
	never := columnOf(lived)
	assert.Equal(t, []Time{{}, {}, {}}, []Time{never.Alert, never.Alarm, never.AllClear},
		"an alarm that was never in ALARM clears nothing")
	assert.Equal(t, []Told{{
		At:      Offset(31 * time.Minute),
		Region:  "r",
		Subject: `OK: "a"`,
		Says:    "no all-clear: nobody was told of an alarm",
		tone:    chronicle.Quiet,
	}}, never.Messages, "the picture and the words say what the times say")
	spared := columnOf(&recipe.Lived{Lacks: "it has no key"})
	assert.Equal(t, &Column{Why: "it has no key"}, spared)
	assert.Nil(t, columnOf(nil), "not run")
}

const scriptText = `title: A region <script>alert(1)</script> is lost
proves: It proves something.
workload: application
method:
  - {at: 5s, until: 4m, fault: region-lost, with: {region: primary}}
watch: 3m
budgets: {detect: 40s, alert: 60s, recovery: never, allClear: unjudged, alarm: 4m}
expect:
  - {message: lost, endpoint: primary, from: [secondary, us-west-2]}
  - {message: alarm, alarm: "{primary}-lost", times: 0-2}
`

func parsed(t *testing.T) *script.Rehearsal {
	t.Helper()
	places := map[string]string{"primary": "us-east-1", "secondary": "us-east-2", "witness": "us-west-2"}
	r, err := script.Parse("primary-region-lost.yaml", []byte(scriptText), places)
	require.NoError(t, err)
	return r
}

// example is a report with something of everything.
func example(t *testing.T) *Report {
	t.Helper()
	r := parsed(t)
	regionLost := "fault region-lost region=primary"
	out := &Report{
		Rehearsal: r,
		Provenance: Provenance{
			Revision:   "60e548d9f0a1",
			Go:         "go1.26.0",
			Platform:   "linux/amd64",
			Processors: 2,
		},
		Speed:   1,
		Started: epoch,
		Ended:   Offset(4 * time.Minute),
		Watched: Offset(7 * time.Minute),
		Took:    Offset(8 * time.Minute),
		Times: map[script.Measure]Time{
			script.Detect:   at(5 * time.Second),
			script.Alert:    at(70 * time.Second),
			script.Recovery: {},
			script.AllClear: at(12 * time.Second),
			script.Alarm:    {},
		},
		Writes: Writes{Acknowledged: 436, By: map[string]int{"us-east-1": 400, "us-east-2": 36}, Refused: 2},
		Events: &Events{Repeated: 3, CaughtUp: 24, Longest: Offset(250 * time.Second)},
		Recipe: &Column{
			Injected: true,
			Held:     Offset(20 * time.Minute),
			Alarm:    at(11 * time.Minute),
			Messages: []Told{{
				At:      Offset(11 * time.Minute),
				Region:  "us-east-1",
				Subject: "ALARM: \"recipe\"",
				Says:    "alarm",
				tone:    chronicle.Bad,
			}},
		},
		Messages: reported(alertOf(70*time.Second, contract.AlertOpened, "us-east-1", "us-east-2")),
		Timeline: []Moment{
			{
				At:   0,
				Lane: regionLost,
				Tone: chronicle.Bad,
				Text: "injected",
			},
			{
				At:   Offset(5 * time.Second),
				Lane: "us-east-2 sees us-east-1",
				Tone: chronicle.Warning,
				Text: "down timeout",
			},
			{
				At:   Offset(10 * time.Second),
				Lane: "us-east-2 sees us-east-1",
				Tone: chronicle.Bad,
				Text: "lost",
			},
			{
				At:   Offset(70 * time.Second),
				Lane: chronicle.LaneMessages,
				Tone: chronicle.Bad,
				Text: "DSQL LOST & gone",
			},
			{
				At:   Offset(4 * time.Minute),
				Lane: regionLost,
				Tone: chronicle.Good,
				Text: "undone",
			},
		},
	}
	for _, m := range script.Measures {
		out.Checks = append(out.Checks, budgetCheck(m, r.Budgets[m], out.Times[m], 1))
	}
	out.Checks = append(out.Checks, judge(r.Expect, out.Messages)...)
	out.conclude()
	return out
}

func TestTheReportForATerminal(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, example(t).Text(&out))
	const file = "testdata/report.txt"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, out.Bytes(), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), out.String())
}

func TestTheReportForPrograms(t *testing.T) {
	dir := t.TempDir()
	page, err := Write(dir, []*Report{example(t)})
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(dir, "index.html"), page)

	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	require.NoError(t, err)
	var reports []struct {
		Name       string
		Provenance struct{ Revision string }
		Passed     bool
		Score      int
		Times      map[string]*float64
		Writes     struct{ Acknowledged, Lost int }
		Events     struct{ Longest float64 }
	}
	require.NoError(t, json.Unmarshal(text, &reports))
	require.Len(t, reports, 1)
	r := reports[0]
	assert.Equal(t, "primary-region-lost", r.Name)
	assert.Equal(t, "60e548d9f0a1", r.Provenance.Revision)
	assert.False(t, r.Passed)
	assert.InDelta(t, 70, *r.Times["alert"], 0)
	assert.Nil(t, r.Times["alarm"], "never")
	assert.Equal(t, 436, r.Writes.Acknowledged)
	assert.InDelta(t, 250, r.Events.Longest, 0)

	text, err = os.ReadFile(filepath.Join(dir, "junit.xml"))
	require.NoError(t, err)
	var suites junitSuites
	require.NoError(t, xml.Unmarshal(text, &suites))
	require.Len(t, suites.Suites, 1)
	s := suites.Suites[0]
	assert.Equal(t, []int{9, 2, 1}, []int{s.Tests, s.Failures, s.Skipped})
	assert.Contains(t, string(text), `<failure message="want within 1m, got 1m10s">`)
}
