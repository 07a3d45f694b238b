package stacks

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/cloudwatch"
)

// A page for nothing costs the trust in the next one: no alarm is raised by a system that is well, with any
// configuration that is accepted, and with samples that come late.
func TestAHealthySystemIsQuiet(t *testing.T) {
	if testing.Short() {
		t.Skip("lives through days of every configuration")
	}
	type configuration struct {
		minutes  int
		between  time.Duration
		late     time.Duration
		requests float64
		settings string
		traffic  bool
		backups  bool
	}
	var all []configuration
	for _, minutes := range []int{1, 2, 5, 59, 60} {
		schedule := time.Duration(minutes) * time.Minute
		for _, between := range []time.Duration{5 * time.Second, 15 * time.Second, 25 * time.Second, schedule} {
			all = append(all, configuration{minutes: minutes, between: between})
		}
		all = append(all, configuration{minutes: minutes, between: 15 * time.Second, late: 2 * time.Minute})
	}
	for settings, requests := range map[string]float64{
		`{}`: 6000,
		`{"throttle":{"rate":1,"burst":1},"workerConcurrency":2,"takeoverAge":"1h"}`: 60,
		`{"throttle":{"rate":10000},"workerConcurrency":1000,"takeoverAge":"10s"}`:   60_000,
	} {
		for _, late := range []time.Duration{0, 2 * time.Minute} {
			all = append(all, configuration{1, 15 * time.Second, late, requests, settings, false, false})
		}
	}
	for _, late := range []time.Duration{0, 2 * time.Minute} {
		all = append(all, configuration{1, 15 * time.Second, late, 6000, routed()["applicationSettings"], true, false},
			configuration{1, 15 * time.Second, late, 0, "", false, true}, configuration{60, time.Hour, late, 0, "", false, true})
	}
	for _, c := range all {
		t.Run(fmt.Sprintf("every %d minutes, every %v, %v late, %v requests, traffic %t, backups %t", c.minutes,
			c.between, c.late, c.requests, c.traffic, c.backups), func(t *testing.T) {
			changes := map[string]string{"monitor": fmt.Sprintf(`{"metrics":"full","scheduleMinutes":%d,"probeInterval":"%v"}`,
				c.minutes, c.between)}
			if c.settings != "" {
				changes["application"], changes["applicationSettings"] = applicationEnabled, c.settings
				changes["eventRoutes"] = `[{"name":"all","target":"queue"}]`
			}
			if c.traffic {
				changes["traffic"] = routed()["traffic"]
			}
			if c.backups {
				changes["backups"] = `{"dailyAt":"03:00"}`
			}
			l := live(t, changes, time.Duration(c.minutes)*time.Minute, c.between, c.late, c.requests)
			l.pass(t, max(30, 12*c.minutes), max(1, c.minutes/8))
			assert.Empty(t, l.raised)
		})
	}
}

// A run that fails once is done by the next. Failing twice is told, and so is failing again after an end.
func TestAFailedRunPagesOnlyWhenTheNextFailsToo(t *testing.T) {
	for name, tt := range map[string]struct {
		failing []int // minutes
		want    []int // in which the errors alarm is raised
	}{
		"one run of thirty":                 {[]int{10}, nil},
		"a run now and then":                {[]int{10, 15, 20, 25}, nil},
		"two in a row":                      {[]int{10, 11}, []int{11}},
		"failing, ending and failing again": {[]int{10, 11, 12, 20, 21}, []int{11, 21}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, function := range []string{"primary-monitor", "primary-publisher"} {
				l := live(t, map[string]string{"application": applicationEnabled}, time.Minute, 15*time.Second, 0, 60)
				l.amiss = func(minute int, metric string, dimensions map[string]string) (float64, bool, bool) {
					return 1, true, metric == "Errors" && dimensions["FunctionName"] == function+"-1a2b3c4" &&
						slices.Contains(tt.failing, minute)
				}
				l.pass(t, 30, 1)
				alarm := map[string]string{
					"primary-monitor":   "primary-monitor-alarms-errors",
					"primary-publisher": "primary-application-alarms-publisher-errors",
				}[function]
				want := map[string][]int{}
				if tt.want != nil {
					want[alarm] = tt.want
				}
				assert.Equal(t, want, l.raised)
			}
		})
	}
}

// Backups that are too old page, and so does it when no observer knows how old they are; both end. The silence of a
// region that was away says nothing about its backups: of that the dead-man alarms speak.
func TestTheAgeOfBackupsIsToldAndSilenceIsNot(t *testing.T) {
	const alarm = "primary-backup-alarms-age"
	for intent, tt := range map[string]struct {
		age    float64
		silent bool
		want   []int
	}{
		"too old":         {age: 29, want: []int{12}},
		"unknown":         {age: contract.UnknownBackupAge, want: []int{12}},
		"old, not yet":    {age: 27},
		"a silent region": {silent: true},
	} {
		t.Run(intent, func(t *testing.T) {
			l := live(t, map[string]string{"backups": `{"dailyAt":"03:00"}`}, time.Minute, 15*time.Second, 0, 0)
			during := func(minute int) bool { return minute >= 10 && minute < 30 }
			l.cutOff = func(minute int, _, region string) bool {
				return tt.silent && during(minute) && region == "us-east-1"
			}
			l.amiss = func(minute int, metric string, _ map[string]string) (float64, bool, bool) {
				return tt.age, true, !tt.silent && during(minute) && metric == contract.MetricBackupAge
			}
			l.pass(t, 45, 1)
			assert.Equal(t, tt.want, l.raised[alarm])
			assert.Equal(t, tt.silent, len(l.raised["primary-monitor-alarms-silent"]) > 0)
			for key, state := range l.states {
				if strings.Contains(key, alarm) {
					assert.Equal(t, cloudwatch.StateOK, state)
				}
			}
		})
	}
}

// The first message in a queue of lost events pages, and each that comes after a quiet quarter of an hour, though
// nobody has purged the queue. A first sample that is a quarter of an hour late, as from a queue that was idle, pages
// too.
func TestEveryLostEventIsTold(t *testing.T) {
	for _, late := range []time.Duration{0, 14 * time.Minute} {
		for queue, alarm := range map[string]string{
			"primary-processor-dead-letters":         "primary-application-alarms-processor-dead-letters",
			"transaction-events-primary-undelivered": "primary-application-alarms-undelivered",
			"primary-routes-undelivered":             "primary-application-alarms-routes-undelivered",
		} {
			l := live(t, map[string]string{
				"application": applicationEnabled,
				"eventRoutes": `[{"name":"all","target":"queue"}]`,
			}, time.Minute, 15*time.Second, 0, 60)
			l.amiss = func(minute int, metric string, dimensions map[string]string) (float64, bool, bool) {
				here := metric == "NumberOfMessagesSent" && dimensions["QueueName"] == queue+"-1a2b3c4"
				if l.late = 0; here {
					l.late = late
				}
				return map[int]float64{20: 1, 21: 3, 45: 1}[minute], true, here
			}
			l.pass(t, 80, 1)
			require.Len(t, l.raised[alarm], 2, "%s, %v late: %v", queue, late, l.raised)
			assert.Len(t, l.raised, 1)
			assert.InDelta(t, 20+late.Minutes(), l.raised[alarm][0], 1)
			assert.InDelta(t, 45+late.Minutes(), l.raised[alarm][1], 1)
		}
	}
}

// A publisher that no schedule runs is told, whether transactions start it meanwhile or nothing does.
func TestAPublisherThatIsNotRunIsTold(t *testing.T) {
	for _, requests := range []float64{0, 6000} {
		l := live(t, map[string]string{"application": applicationEnabled}, time.Minute, 15*time.Second, 2*time.Minute,
			requests)
		l.amiss = func(minute int, metric string, d map[string]string) (float64, bool, bool) {
			ages := metric == contract.MetricOutboxAge && d[contract.DimensionRegion] == "us-east-1"
			idle := metric == "Errors" && d["FunctionName"] == "primary-publisher-1a2b3c4" && requests == 0
			return 0, false, minute >= 20 && (ages || idle)
		}
		l.pass(t, 60, 1)
		raised := l.raised["primary-application-alarms-publisher-silent"]
		require.Len(t, raised, 1, "%v requests: %v", requests, l.raised)
		assert.LessOrEqual(t, raised[0], 40)
		assert.Len(t, l.raised, 1)
	}
}
