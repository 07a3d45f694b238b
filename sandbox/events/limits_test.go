package events

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const anySource = `{"source":["x"]}`

func TestEventBridgeRefusesWhatIsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.rule(t, Rule{EventPattern: anySource})
		for want, r := range map[string]Rule{
			"at 'name' failed to satisfy constraint: Member must have length greater": {EventPattern: anySource},
			"at 'name' failed to satisfy constraint: Member must have length less":    {Name: strings.Repeat("r", 65), EventPattern: anySource},
			"at 'name' failed to satisfy constraint: Member must satisfy regular":     {Name: "a b", EventPattern: anySource},
			"at 'description' failed": {Name: "r", Description: strings.Repeat("d", 513), EventPattern: anySource},
			"at 'scheduleExpression'": {Name: "r", ScheduleExpression: "rate(" + strings.Repeat("1", 256) + " minutes)"},
			"at 'tags.k' failed":      {Name: "r", EventPattern: anySource, Tags: map[string]string{"k": "a;b"}},
			`state "on"`:              {Name: "r", EventPattern: anySource, State: "on"},
		} {
			_, err := w.PutRule(r)
			require.ErrorContains(t, err, want)
		}
		transformer := func(key, path, template string) Target {
			return Target{TargetID: "t", InputTransformer: &InputTransformer{InputPaths: map[string]string{key: path}, InputTemplate: template}}
		}
		for want, target := range map[string]Target{
			"at 'targets.1.member.id' failed to satisfy constraint: Member must have length less": {TargetID: strings.Repeat("t", 65)},
			"at 'targets.1.member.id' failed to satisfy constraint: Member must satisfy regular":  {TargetID: "a b"},
			"at 'targets.1.member.input' failed":                                                  {TargetID: "t", Input: `"` + strings.Repeat("i", 8191) + `"`},
			"at 'targets.1.member.inputPath' failed":                                              {TargetID: "t", InputPath: "$." + strings.Repeat("i", 255)},
			"inputTemplate' failed to satisfy constraint: Member must have length less":           transformer("a", "$.a", strings.Repeat("i", 8193)),
			"inputTemplate' failed to satisfy constraint: Member must have length greater":        transformer("a", "$.a", ""),
			"inputPathsMap.key' failed":                                                           transformer("a.b", "$.a", "x"),
			"inputPathsMap.a' failed":                                                             transformer("a", "$."+strings.Repeat("a", 255), "x"),
		} {
			target.Rule, target.Arn = "r", function
			_, err := w.PutTarget(target)
			require.ErrorContains(t, err, want)
		}
		_, err := w.CreateBus(Bus{Name: "partner/bus"})
		require.ErrorContains(t, err, "at 'name' failed")
		_, err = w.CreateArchive(Archive{Name: strings.Repeat("a", 49), EventSourceArn: w.busARN(DefaultBus)})
		require.ErrorContains(t, err, "at 'archiveName' failed")
		_, err = w.StartReplay(Replay{Name: strings.Repeat("r", 65)})
		require.ErrorContains(t, err, "at 'replayName' failed")
		_, err = w.StartReplay(Replay{Name: "r", From: time.Unix(1, 0), To: time.Unix(1, 0)})
		require.ErrorContains(t, err, "EventStartTime must be before EventEndTime")
	})
}

func TestTheQuotasOfARegionAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for i := range 300 {
			_, err := w.PutRule(Rule{Name: fmt.Sprint("r", i), EventPattern: anySource})
			require.NoError(t, err)
		}
		_, err := w.PutRule(Rule{Name: "r0", EventPattern: anySource})
		require.NoError(t, err, "one of them is replaced")
		_, err = w.PutRule(Rule{Name: "r300", EventPattern: anySource})
		require.ErrorContains(t, err, "LimitExceededException: The requested resource exceeds the maximum number allowed: 300 rules on a bus.")
		for i := range 99 {
			_, err := w.CreateBus(Bus{Name: fmt.Sprint("b", i)})
			require.NoError(t, err)
		}
		_, err = w.CreateBus(Bus{Name: "b99"})
		require.ErrorContains(t, err, "100 event buses in a Region")
	})
}
