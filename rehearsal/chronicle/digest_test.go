package chronicle

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/sandbox/sns"
)

func notice(region, name, from, to string) sns.Message {
	return sns.Message{
		Region:  region,
		Kind:    sns.KindAlarm,
		Subject: fmt.Sprintf("%s: %q in %s", to, name, region),
		Body:    fmt.Sprintf(`{"AlarmName":%q,"OldStateValue":%q,"NewStateValue":%q}`, name, from, to),
	}
}

func TestWhatIsAlikeIsToldOnceAndAlarmsAreNamed(t *testing.T) {
	begins := func(region, name string) sns.Message { return notice(region, name, "INSUFFICIENT_DATA", "OK") }
	resolved := sns.Message{Region: "us-east-1", Kind: sns.KindAlert, Subject: "DSQL RESOLVED "}
	for intent, tt := range map[string]struct {
		messages []sns.Message
		want     []Line
	}{
		"nothing": {nil, []Line{}},
		"no news, in whatever regions": {
			[]sns.Message{
				{Region: "us-west-2", Kind: sns.KindConfirmation},
				begins("us-east-2", "a"),
				{Region: "us-east-1", Kind: sns.KindConfirmation},
			},
			[]Line{
				{Quiet, []string{"us-east-1", "us-west-2"}, "confirm your subscription (2 times)"},
				{Quiet, []string{"us-east-2"}, "alarm a begins in state OK"},
			},
		},
		"few alarms that begin": {
			[]sns.Message{begins("us-east-1", "a"), begins("us-east-2", "b"), begins("us-east-1", "a")},
			[]Line{{Quiet, []string{"us-east-1", "us-east-2"}, "2 alarms begin in state OK: a, b"}},
		},
		"many": {
			[]sns.Message{
				begins("us-east-1", "a"), begins("us-east-1", "b"), begins("us-east-1", "c"),
				begins("us-east-1", "d"), begins("us-east-1", "e"),
			},
			[]Line{{Quiet, []string{"us-east-1"}, "5 alarms begin in state OK: a, b, c and 2 more"}},
		},
		"an alarm that comes and goes": {
			[]sns.Message{
				notice("us-east-1", "a", "OK", "ALARM"),
				notice("us-east-1", "a", "ALARM", "OK"),
				notice("us-east-1", "b", "ALARM", "INSUFFICIENT_DATA"),
			},
			[]Line{
				{Bad, []string{"us-east-1"}, "alarm a goes into state ALARM"},
				{Good, []string{"us-east-1"}, "alarm a is back in state OK after ALARM"},
				{Warning, []string{"us-east-1"}, "alarm b is in state INSUFFICIENT_DATA after ALARM"},
			},
		},
		"every alarm that calls is named, region by region": {
			[]sns.Message{
				notice("us-east-1", "a", "OK", "ALARM"), notice("us-east-2", "e", "OK", "ALARM"),
				notice("us-east-1", "b", "OK", "ALARM"), notice("us-east-1", "c", "OK", "ALARM"),
				notice("us-east-1", "d", "OK", "ALARM"),
			},
			[]Line{
				{Bad, []string{"us-east-1"}, "4 alarms go into state ALARM: a, b, c, d"},
				{Bad, []string{"us-east-2"}, "alarm e goes into state ALARM"},
			},
		},
		"an alert in its own words": {
			[]sns.Message{resolved, resolved},
			[]Line{{Bad, []string{"us-east-1"}, "DSQL RESOLVED (2 times)"}},
		},
		"an alarm that nobody can read": {
			[]sns.Message{{Region: "us-east-1", Kind: sns.KindAlarm, Subject: "ALARM", Body: "?"}},
			[]Line{{Note, []string{"us-east-1"}, "ALARM"}},
		},
	} {
		t.Run(intent, func(t *testing.T) { assert.Equal(t, tt.want, Digest(tt.messages)) })
	}
}
