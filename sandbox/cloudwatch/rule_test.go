package cloudwatch

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAlarmRules(t *testing.T) {
	states := map[string]State{"red": StateAlarm, "green": StateOK, "grey": StateInsufficientData, "two words": StateAlarm}
	for text, want := range map[string]bool{
		`ALARM(red)`:                                      true,
		`ALARM("red") AND OK('green')`:                    true,
		`ALARM(green) OR INSUFFICIENT_DATA(grey)`:         true,
		`NOT ALARM(green)`:                                true,
		`NOT ALARM(green) AND ALARM(green)`:               false,
		`ALARM(green) AND ALARM(green) OR ALARM(red)`:     true,
		`ALARM(green) AND (ALARM(green) OR ALARM(red))`:   false,
		`NOT (ALARM(red) OR ALARM(green))`:                false,
		`ALARM("two words")`:                              true,
		`ALARM(arn:aws:cloudwatch:us-east-1:1:alarm:red)`: true,
		"TRUE":                   true,
		"FALSE":                  false,
		"false OR ALARM(red)":    true,
		`NOT (NOT ALARM(red))`:   true,
		"ALARM(red)\nAND\tTRUE ": true,
	} {
		r, err := parseRule(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, r.holds(func(alarm string) State { return states[alarm] }), text)
	}
}

func TestWhatIsNoAlarmRuleIsRefusedWithTheReason(t *testing.T) {
	for text, reason := range map[string]string{
		``:                     "ends too early",
		`ALARM(red) AND`:       "ends too early",
		`ALARM(red) ALARM(x)`:  `unexpected "ALARM"`,
		`ALARM()`:              "needs the name",
		`ALARM red`:            `expected "("`,
		`BROKEN(red)`:          "want ALARM()",
		`(ALARM(red)`:          `expected ")"`,
		`ALARM(red) XOR TRUE`:  `unexpected "XOR"`,
		`ALARM("red) AND TRUE`: "cannot read",
	} {
		_, err := parseRule(text)
		assert.ErrorContains(t, err, reason, text)
	}
}
