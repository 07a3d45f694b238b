package console

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/sns"
)

// Each observer's word follows from what its function logs.
func TestAnObserversWord(t *testing.T) {
	report := func(verdict string) string {
		return `{"msg":"check finished","report":{"targets":[{"region":"us-east-1","verdict":"` + verdict + `"}]}}`
	}
	const (
		down     = `{"msg":"endpoint not up","region":"us-east-1","verdict":"down","reason":"timeout","cause":"dial"}`
		degraded = `{"msg":"endpoint not up","region":"us-east-1","verdict":"degraded","reason":"conflict"}`
		lost     = `{"msg":"endpoint lost","region":"us-east-1"}`
		serves   = `{"msg":"endpoint serves again","region":"us-east-1"}`
	)
	for name, tt := range map[string]struct {
		lines   []string
		says    string
		changes int
	}{
		"nothing yet":                      {nil, saysNothing, 0},
		"lines of others only":             {[]string{"START RequestId: 1", `{"type":"platform.start"}`}, saysNothing, 0},
		"a good check":                     {[]string{report("up")}, saysUp, 0},
		"one failure":                      {[]string{report("up"), down}, saysFailing, 1},
		"one failure, then a good check":   {[]string{report("up"), down, report("up")}, saysUp, 2},
		"lost":                             {[]string{report("up"), down, down, lost}, saysLost, 2},
		"lost for many probes":             {[]string{report("up"), down, down, lost, down, report("down"), down}, saysLost, 2},
		"lost, and good again":             {[]string{report("up"), down, lost, report("up")}, saysRecovering, 3},
		"lost and back":                    {[]string{report("up"), down, lost, serves, report("up")}, saysUp, 3},
		"degraded":                         {[]string{report("up"), degraded}, saysDegraded, 1},
		"no conclusion":                    {[]string{report("unknown")}, saysUnknown, 0},
		"another line's region is another": {[]string{report("up"), `{"msg":"endpoint lost","region":"us-east-2"}`}, saysUp, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			now := s.account.Clock.Now()
			for i, line := range tt.lines {
				s.observers.read(west, logs.Event{Time: now.Add(time.Duration(i) * time.Millisecond), Message: line})
			}
			assert.Equal(t, tt.says, s.observers.say(pair{west, east}, now).Says)
			assert.Len(t, s.observers.recent(), tt.changes)
		})
	}
}

func TestAnObserverThatIsNotHeardOfIsSilent(t *testing.T) {
	s := newScene(t)
	now := s.account.Clock.Now()
	s.observers.read(west, logs.Event{Time: now, Message: `{"msg":"check finished","report":{"targets":[{"region":"us-east-1","verdict":"up"}]}}`})
	word := func(at time.Time) string { return s.observers.say(pair{west, east}, at).Says }
	assert.Equal(t, saysUp, word(now.Add(90*time.Second)), "a schedule and a half")
	assert.Equal(t, saysNothing, word(now.Add(91*time.Second)))
	s.account.Region(west).SetDown(true)
	assert.Equal(t, saysNothing, word(now), "a region that is down has no observer")
}

func TestTheLogsOfTheObserversAreRead(t *testing.T) {
	s := newScene(t)
	w := s.watch(t, "")
	s.log(t, west, map[string]any{"msg": "endpoint not up", "region": east, "verdict": "down", "reason": "connect"})
	view := await(w, "map", func(m mapView) bool { return m.Words[2].Says == saysFailing })
	assert.Equal(t, "connect", view.Words[2].Reason)
	assert.Equal(t, "suspected", view.Regions[0].Endpoint.State)
	assert.Equal(t, []string{"primary", "secondary", "witness"}, []string{view.Regions[0].Role, view.Regions[1].Role, view.Regions[2].Role})
	assert.Nil(t, view.Regions[2].Endpoint, "the witness has none")
}

func TestWhatTheObserversSayTogether(t *testing.T) {
	for name, tt := range map[string]struct {
		words       []string
		state, says string
	}{
		"all well":                     {[]string{saysUp, saysUp, saysUp}, saysUp, "up for 3 of 3 observers"},
		"two hold it for lost":         {[]string{saysLost, saysLost, saysUp}, saysLost, "lost for 2 of 3 observers"},
		"the third one's region went":  {[]string{saysNothing, saysLost, saysLost}, saysLost, "lost for 2 of 3 observers, 1 silent"},
		"one alone is a suspicion":     {[]string{saysUp, saysLost, saysUp}, "suspected", "fails for 1 of 3 observers"},
		"the last one left decides":    {[]string{saysNothing, saysLost, saysNothing}, saysLost, "lost for 1 of 3 observers, 2 silent"},
		"first failures":               {[]string{saysFailing, saysFailing, saysUp}, "suspected", "fails for 2 of 3 observers"},
		"coming back":                  {[]string{saysRecovering, saysRecovering, saysUp}, saysRecovering, "serves again for 3 of 3 observers"},
		"not yet for all":              {[]string{saysRecovering, saysLost, saysUp}, saysLost, "lost for 2 of 3 observers"},
		"one is through":               {[]string{saysUp, saysUp, saysDegraded}, saysDegraded, "degraded for 1 of 3 observers"},
		"nobody speaks":                {[]string{saysNothing, saysNothing, saysNothing}, saysUnknown, "no observer speaks"},
		"nobody comes to a conclusion": {[]string{saysUnknown, saysUnknown, saysNothing}, saysUnknown, "no probe came to a conclusion"},
	} {
		t.Run(name, func(t *testing.T) {
			var words []wordView
			for _, says := range tt.words {
				words = append(words, wordView{Says: says})
			}
			state, says := agree(words)
			assert.Equal(t, []string{tt.state, tt.says}, []string{state, says})
		})
	}
}

func TestTheTimelineTellsWhatMattersCountedFromTheFault(t *testing.T) {
	s := newScene(t)
	start := s.account.Clock.Now()
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	s.chronicle.note([]fault.Active{{ID: 1, Spec: fault.Spec{Name: "witness-lost"}, Since: at(10)}}, at(11))
	s.chronicle.note([]fault.Active{{ID: 1, Spec: fault.Spec{Name: "witness-lost"}, Since: at(10)}}, at(12))
	s.chronicle.note(nil, at(60))
	history := map[string][]cloudwatch.HistoryItem{ohio: {
		{AlarmName: "new", Timestamp: at(5), Type: cloudwatch.HistoryStateUpdate, Old: cloudwatch.StateInsufficientData, New: cloudwatch.StateOK},
		{AlarmName: "lost", Timestamp: at(40), Type: cloudwatch.HistoryStateUpdate, Old: cloudwatch.StateOK, New: cloudwatch.StateAlarm, Reason: "crossed"},
		{AlarmName: "lost", Timestamp: at(40), Type: cloudwatch.HistoryAction},
		{AlarmName: "lost", Timestamp: at(90), Type: cloudwatch.HistoryStateUpdate, Old: cloudwatch.StateAlarm, New: cloudwatch.StateOK},
	}}
	messages := []sns.Message{
		{Time: at(1), Kind: sns.KindConfirmation, Region: ohio, Subject: "confirm"},
		{Time: at(22), Kind: sns.KindAlert, Region: ohio, Subject: "LOST", Protocol: "email", Endpoint: "you", Attributes: map[string]string{"kind": "opened"}},
		{Time: at(75), Kind: sns.KindAlert, Region: west, Subject: "RESOLVED", Attributes: map[string]string{"kind": "resolved"}},
	}
	var got []string
	for _, e := range s.timeline(history, messages) {
		line := e.Kind + " " + string(e.Tone) + " " + e.Text
		if e.After != nil {
			line += " +" + time.Duration(*e.After*float64(time.Second)).String()
		}
		got = append(got, line)
	}
	assert.Equal(t, []string{
		"alarm good lost OK +30s", "message good RESOLVED +15s", "fault good undone: witness-lost",
		"alarm bad lost ALARM +30s", "message bad LOST +12s", "fault bad injected: witness-lost",
	}, got)
}

func TestTheInboxSaysWhatAMessageMeans(t *testing.T) {
	alarm := func(from, to string) sns.Message {
		return sns.Message{Kind: sns.KindAlarm, Body: `{"OldStateValue":"` + from + `","NewStateValue":"` + to + `"}`}
	}
	for name, tt := range map[string]struct {
		message sns.Message
		want    tone
	}{
		"an alarm":                    {alarm("OK", "ALARM"), bad},
		"its end":                     {alarm("ALARM", "OK"), good},
		"an alarm that lost its data": {alarm("ALARM", "INSUFFICIENT_DATA"), warn},
		"a new alarm's first OK":      {alarm("INSUFFICIENT_DATA", "OK"), quiet},
		"an alert":                    {sns.Message{Kind: sns.KindAlert, Attributes: map[string]string{"kind": "reminder"}}, bad},
		"an all-clear":                {sns.Message{Kind: sns.KindAlert, Attributes: map[string]string{"kind": "resolved"}}, good},
		"an event":                    {sns.Message{Kind: sns.KindEvent}, info},
		"a confirmation":              {sns.Message{Kind: sns.KindConfirmation}, quiet},
		"an alarm nobody can read":    {sns.Message{Kind: sns.KindAlarm, Body: "?"}, info},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, toneOf(tt.message)) })
	}
	many := make([]sns.Message, shownMessages+5)
	many[len(many)-1].Subject = "latest"
	view := viewInbox(many)
	assert.Equal(t, len(many), view.Total)
	assert.Len(t, view.Messages, shownMessages)
	assert.Equal(t, "latest", view.Messages[0].Subject)
}

func TestAlarmsComeWithTheirHistoryTheMostUrgentFirst(t *testing.T) {
	s := newScene(t)
	region := s.account.Region(ohio)
	threshold := 0.5
	for _, name := range []string{"a", "b", "c"} {
		_, err := region.CloudWatch.PutMetricAlarm(cloudwatch.MetricAlarm{Name: name, Namespace: "n", MetricName: "m", Statistic: "Sum", Period: 60,
			EvaluationPeriods: 1, Threshold: &threshold, ComparisonOperator: "GreaterThanThreshold"})
		require.NoError(t, err)
	}
	_, err := region.CloudWatch.PutCompositeAlarm(cloudwatch.CompositeAlarm{AlarmName: "z", AlarmRule: "ALARM(c)"})
	require.NoError(t, err)
	require.NoError(t, region.CloudWatch.SetAlarmState("a", cloudwatch.StateOK, "fine"))
	for range shownHistory {
		require.NoError(t, region.CloudWatch.SetAlarmState("c", cloudwatch.StateOK, "fine"))
		require.NoError(t, region.CloudWatch.SetAlarmState("c", cloudwatch.StateAlarm, "crossed"))
	}
	alarms := viewAlarms(region, region.CloudWatch.History(""))
	var names []string
	for _, a := range alarms {
		names = append(names, a.Name)
	}
	assert.Contains(t, [][]string{{"z", "c", "b", "a"}, {"c", "z", "b", "a"}}, names, "a composite follows its child at once or with the next tick")
	for _, a := range alarms {
		if a.Name == "c" {
			require.Len(t, a.History, shownHistory)
			assert.Equal(t, alarmHistoryView{Time: a.History[0].Time, From: cloudwatch.StateOK, To: cloudwatch.StateAlarm, Why: "crossed"}, a.History[0])
			assert.False(t, a.Tells)
		}
	}
}

func TestAChartAsksItsOwnRegion(t *testing.T) {
	s := newScene(t)
	now := s.account.Clock.Now().Truncate(time.Minute)
	put := func(region, name string, value float64, at time.Time) {
		require.NoError(t, s.account.Region(region).CloudWatch.PutMetricData("n", cloudwatch.Sample(name, nil, value, "Count", at)))
	}
	put(ohio, "a", 1, now.Add(-3*time.Minute))
	put(ohio, "a", 2, now.Add(-2*time.Minute))
	put(ohio, "b", 3, now.Add(-2*time.Minute))
	put(west, "b", 99, now.Add(-3*time.Minute))
	of := func(name string) line {
		return line{name, cloudwatch.MetricStat{Namespace: "n", MetricName: name, Stat: "Sum", Period: 60}}
	}
	wanted := chart{Region: ohio, Lines: []line{of("a"), of("b")}}
	data := s.chartData(wanted, now)
	assert.Empty(t, data.Problem)
	assert.Equal(t, []int64{now.Add(-3 * time.Minute).Unix(), now.Add(-2 * time.Minute).Unix()}, data.Times)
	one, two, three := 1.0, 2.0, 3.0
	assert.Equal(t, [][]*float64{{&one, &two}, {nil, &three}}, data.Values)
	assert.Equal(t, int64(600), data.To-data.From, "ten minutes at first")

	s.account.Region(ohio).SetDown(true)
	data = s.chartData(wanted, now)
	assert.Contains(t, data.Problem, "region us-east-2 is unavailable")
	assert.Equal(t, [][]*float64{{}, {}}, data.Values)
	wanted.Region = "eu-west-1"
	assert.Contains(t, s.chartData(wanted, now).Problem, "does not use region eu-west-1")
}

func TestTheObserversFunctionsComeFirst(t *testing.T) {
	var names []string
	for _, f := range newScene(t).functions() {
		names = append(names, f.Name)
	}
	assert.Equal(t, []string{"monitor-us-east-1", "monitor-us-east-2", "monitor-us-west-2", "another", "another", "another"}, names)
}
