package cloudwatch

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func manyTags(n int) map[string]string {
	tags := map[string]string{}
	for i := range n {
		tags[fmt.Sprint("key", i)] = "v"
	}
	return tags
}

func TestAlarmsAreRefusedForWhatIsTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		for want, change := range map[string]func(*MetricAlarm){
			"have length greater than or equal to 1":  func(a *MetricAlarm) { a.Name = "" },
			"have length less than or equal to 255":   func(a *MetricAlarm) { a.Name = strings.Repeat("n", 256) },
			"at 'alarmName' failed to satisfy constr": func(a *MetricAlarm) { a.Name = "a\nb" },
			"at 'alarmDescription' failed":            func(a *MetricAlarm) { a.AlarmDescription = strings.Repeat("d", 1025) },
			"'51 members' at 'tags' failed":           func(a *MetricAlarm) { a.Tags = manyTags(51) },
			"at 'tags.key' failed": func(a *MetricAlarm) {
				a.Tags = map[string]string{strings.Repeat("k", 129): "v"}
			},
			"at 'tags.k' failed": func(a *MetricAlarm) {
				a.Tags = map[string]string{"k": strings.Repeat("v", 257)}
			},
			"not begin with aws:":               func(a *MetricAlarm) { a.Tags = map[string]string{"AWS:k": "v"} },
			"'6 members' at 'alarmActions'":     func(a *MetricAlarm) { a.AlarmActions = make([]string, 6) },
			"'6 members' at 'oKActions' failed": func(a *MetricAlarm) { a.OkActions = make([]string, 6) },
			"'31 members' at 'dimensions'":      func(a *MetricAlarm) { a.Dimensions = manyTags(31) },
		} {
			a := errorsAlarm()
			change(&a)
			_, err := s.PutMetricAlarm(a)
			require.ErrorContains(t, err, "ValidationError: 1 validation error detected: Value '", want)
			require.ErrorContains(t, err, want)
		}
		put(t, s, errorsAlarm())
		c := CompositeAlarm{AlarmName: strings.Repeat("é", 255), AlarmRule: `ALARM("errors")` + strings.Repeat(" ", 10240)}
		_, err := s.PutCompositeAlarm(c)
		require.ErrorContains(t, err, "at 'alarmRule' failed to satisfy constraint: Member must have length less than or")
		c.AlarmRule, c.Tags = `ALARM("errors")`, manyTags(50)
		_, err = s.PutCompositeAlarm(c)
		require.NoError(t, err, "lengths are in characters")
	})
}

func TestARegionHasAQuotaOfAlarms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		a := errorsAlarm()
		for i := range maxAlarms - 1 {
			a.Name = fmt.Sprint("alarm", i)
			put(t, s, a)
		}
		_, err := s.PutCompositeAlarm(CompositeAlarm{AlarmName: "last", AlarmRule: `ALARM("alarm0")`})
		require.NoError(t, err)
		const full = "LimitExceeded: The quota for alarms for this customer has already been reached."
		_, err = s.PutCompositeAlarm(CompositeAlarm{AlarmName: "more", AlarmRule: `ALARM("alarm0")`})
		require.ErrorContains(t, err, full)
		put(t, s, a)
		a.Name = "more"
		_, err = s.PutMetricAlarm(a)
		assert.ErrorContains(t, err, full, "what is there can be changed, though")
	})
}
