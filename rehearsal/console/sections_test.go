package console

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/sns"
)

func TestAnObserverThatIsNotHeardOfIsSilent(t *testing.T) {
	s := newScene(t)
	w := s.watch(t, "")
	s.log(t, west, map[string]any{
		"msg":    contract.LogFinished,
		"report": contract.HealthReport{Targets: []contract.TargetHealth{{Region: east, Verdict: contract.Up}}},
	})
	heard := await(w, "map", func(m mapView) bool { return m.Words[2].Says == chronicle.SaysUp }).Words[2].Since
	word := func(at time.Time) says { return s.say(west, east, at).Says }
	assert.Equal(t, chronicle.SaysUp, word(heard.Add(90*time.Second)), "a schedule and a half")
	assert.Equal(t, saysNothing, word(heard.Add(91*time.Second)))
	s.account.Region(west).SetDown(true)
	assert.Equal(t, saysNothing, word(heard), "a region that is down has no observer")
}

func TestTheLogsOfTheObserversAreRead(t *testing.T) {
	s := newScene(t)
	w := s.watch(t, "")
	s.log(t, west, map[string]any{
		"msg":     contract.LogNotUp,
		"region":  east,
		"verdict": contract.Down,
		"reason":  "connect",
	})
	view := await(w, "map", func(m mapView) bool { return m.Words[2].Says == chronicle.SaysFailing })
	assert.Equal(t, "connect", view.Words[2].Reason)
	assert.Equal(t, saysSuspected, view.Regions[0].Endpoint.State)
	assert.Equal(
		t,
		[]string{"primary", "secondary", "witness"},
		[]string{view.Regions[0].Role, view.Regions[1].Role, view.Regions[2].Role},
	)
	assert.Nil(t, view.Regions[2].Endpoint, "the witness has none")
}

func TestWhatTheObserversSayTogether(t *testing.T) {
	for name, tt := range map[string]struct {
		words   []says
		state   says
		inWords string
	}{
		"all well": {
			[]says{chronicle.SaysUp, chronicle.SaysUp, chronicle.SaysUp},
			chronicle.SaysUp, "up for 3 of 3 observers",
		},
		"two hold it for lost": {
			[]says{chronicle.SaysLost, chronicle.SaysLost, chronicle.SaysUp},
			chronicle.SaysLost, "lost for 2 of 3 observers",
		},
		"the third one's region went": {
			[]says{saysNothing, chronicle.SaysLost, chronicle.SaysLost},
			chronicle.SaysLost, "lost for 2 of 3 observers, 1 silent",
		},
		"one alone is a suspicion": {
			[]says{chronicle.SaysUp, chronicle.SaysLost, chronicle.SaysUp},
			saysSuspected, "fails for 1 of 3 observers",
		},
		"the last one left decides": {
			[]says{saysNothing, chronicle.SaysLost, saysNothing},
			chronicle.SaysLost, "lost for 1 of 3 observers, 2 silent",
		},
		"first failures": {
			[]says{chronicle.SaysFailing, chronicle.SaysFailing, chronicle.SaysUp},
			saysSuspected, "fails for 2 of 3 observers",
		},
		"coming back": {
			[]says{chronicle.SaysRecovering, chronicle.SaysRecovering, chronicle.SaysUp},
			chronicle.SaysRecovering, "serves again for 3 of 3 observers",
		},
		"not yet for all": {
			[]says{chronicle.SaysRecovering, chronicle.SaysLost, chronicle.SaysUp},
			chronicle.SaysLost, "lost for 2 of 3 observers",
		},
		"one is through": {
			[]says{chronicle.SaysUp, chronicle.SaysUp, chronicle.SaysDegraded},
			chronicle.SaysDegraded, "degraded for 1 of 3 observers",
		},
		"nobody speaks": {
			[]says{saysNothing, saysNothing, saysNothing},
			chronicle.SaysUnknown, "no observer speaks",
		},
		"nobody comes to a conclusion": {
			[]says{chronicle.SaysUnknown, chronicle.SaysUnknown, saysNothing},
			chronicle.SaysUnknown, "no probe came to a conclusion",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var words []wordView
			for _, word := range tt.words {
				words = append(words, wordView{Says: word})
			}
			state, inWords := agree(words)
			assert.Equal(t, tt.state, state)
			assert.Equal(t, tt.inWords, inWords)
		})
	}
}

func TestTheTimelineTellsWhatMattersCountedFromTheFault(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	lost := fault.Spec{Name: "witness-lost"}
	told := func(seconds int, kind chronicle.Kind, subject string) chronicle.Entry {
		return chronicle.Message{Time: at(seconds), Kind: kind, Subject: subject}.Entry()
	}
	var got []string
	for _, e := range viewTimeline([]chronicle.Entry{
		told(75, chronicle.Resolved, "RESOLVED"),
		told(22, chronicle.Lost, "LOST"),
		{
			Time:   at(21),
			Source: chronicle.Probe,
			Tone:   chronicle.Warning,
			Title:  "endpoint x down timeout",
		},
		{
			Time:   at(23),
			Source: chronicle.Client,
			Tone:   chronicle.Bad,
			Lane:   "client x",
			Title:  "refused",
		},
		chronicle.Injected(lost, at(10)),
		chronicle.Undone(lost, at(60)),
	}) {
		line := string(e.Kind) + " " + string(e.Tone) + " " + e.Text
		if e.After != nil {
			line += " +" + time.Duration(*e.After*float64(time.Second)).String()
		}
		got = append(got, line)
	}
	assert.Equal(t, []string{
		"message good RESOLVED +15s",
		"fault good undone: witness-lost",
		"rehearsal bad refused +13s",
		"message bad LOST +12s",
		"fault bad injected: witness-lost",
	}, got)
}

func TestTheInboxShowsTheLatestFirst(t *testing.T) {
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
		_, err := region.CloudWatch.PutMetricAlarm(cloudwatch.MetricAlarm{
			Name:               name,
			Namespace:          "n",
			MetricName:         "m",
			Statistic:          "Sum",
			Period:             60,
			EvaluationPeriods:  1,
			Threshold:          &threshold,
			ComparisonOperator: "GreaterThanThreshold",
		})
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
	assert.Contains(
		t,
		[][]string{{"z", "c", "b", "a"}, {"c", "z", "b", "a"}},
		names,
		"a composite follows its child at once or with the next tick",
	)
	for _, a := range alarms {
		if a.Name == "c" {
			require.Len(t, a.History, shownHistory)
			assert.Equal(t, alarmHistoryView{
				Time: a.History[0].Time,
				From: cloudwatch.StateOK,
				To:   cloudwatch.StateAlarm,
				Why:  "crossed",
			}, a.History[0])
			assert.False(t, a.Tells)
		}
	}
}

// A restore test's cluster is none of the stack's, whichever of the two comes first by its name.
func TestTheMapShowsTheStacksOwnClusters(t *testing.T) {
	s := newScene(t)
	for range 8 {
		_, err := s.account.Region(east).DSQL.CreateCluster(dsql.CreateClusterInput{})
		require.NoError(t, err)
	}
	own, _ := s.account.DSQL.Cluster(s.config.Clusters[east])
	assert.Equal(t, own.Endpoint, s.mapView(s.account.Clock.Now()).Regions[0].Endpoint.Host)
}

// What a region says of itself is not known while nothing there answers: its last word would look like a fact.
func TestWhatCannotBeAskedIsUnknown(t *testing.T) {
	s := newScene(t)
	region := s.account.Region(east)
	_, err := region.CloudWatch.PutCompositeAlarm(cloudwatch.CompositeAlarm{AlarmName: "a", AlarmRule: "FALSE"})
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		take          func(bool)
		alarm, status bool // that are unknown then
	}{
		"the region is lost":           {region.SetDown, true, true},
		"its CloudWatch does not work": {func(b bool) { region.Env.SetBroken("cloudwatch", b) }, true, false},
		"its control plane does not":   {func(b bool) { region.Env.SetBroken("dsql", b) }, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			tt.take(true)
			defer tt.take(false)
			alarm := viewAlarms(region, nil)[0]
			endpoint := s.mapView(s.account.Clock.Now()).Regions[0].Endpoint
			assert.Equal(t, tt.alarm, alarm.Unknown != "")
			assert.Equal(t, tt.status, endpoint.Unknown != "")
			assert.Equal(t, tt.status, endpoint.Status == "")
		})
	}
	assert.Empty(t, viewAlarms(region, nil)[0].Unknown)
	assert.NotEmpty(t, s.mapView(s.account.Clock.Now()).Regions[0].Endpoint.Status)
}

func TestAChartAsksItsOwnRegion(t *testing.T) {
	s := newScene(t)
	now := s.account.Clock.Now().Truncate(time.Minute)
	put := func(region, name string, value float64, at time.Time) {
		require.NoError(
			t,
			s.account.Region(region).CloudWatch.PutMetricData("n", cloudwatch.Sample(name, nil, value, "Count", at)),
		)
	}
	put(ohio, "a", 1, now.Add(-3*time.Minute))
	put(ohio, "a", 2, now.Add(-2*time.Minute))
	put(ohio, "b", 3, now.Add(-2*time.Minute))
	put(west, "b", 99, now.Add(-3*time.Minute))
	of := func(name string) line {
		return line{Label: name, Metric: cloudwatch.MetricStat{
			Namespace:  "n",
			MetricName: name,
			Stat:       "Sum",
			Period:     60,
		}}
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
	assert.Equal(
		t,
		[]string{"monitor-us-east-1", "monitor-us-east-2", "monitor-us-west-2", "another", "another", "another"},
		names,
	)
}
