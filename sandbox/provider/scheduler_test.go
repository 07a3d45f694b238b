package provider

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
)

const (
	scheduleKind = "aws:scheduler/schedule:Schedule"
	groupKind    = "aws:scheduler/scheduleGroup:ScheduleGroup"
)

// weekly is a schedule of a machine's.
func weekly(role, expression string) object {
	return object{
		"scheduleExpression": expression,
		"flexibleTimeWindow": object{"mode": "OFF"},
		"target": object{
			"arn":     "arn:aws:states:us-east-1:123456789012:stateMachine:restore",
			"roleArn": role,
			"input":   `{"a": 1}`,
		},
	}
}

func TestAScheduleIsCreatedUpdatedAndDeleted(t *testing.T) {
	w := newWorld(t, Options{})
	i, role := w.in(primary), w.roleFor("scheduler")
	inputs := weekly(role, "cron(0 4 ? * SUN *)")
	s := i.mustCreate(scheduleKind, "weekly", inputs)
	name := s.inputs["name"].(string)
	assert.Regexp(t, `^weekly-[0-9a-f]{7}$`, name)
	assert.Equal(t, "default/"+name, s.id)
	assert.Equal(t, "arn:aws:scheduler:us-east-1:123456789012:schedule/default/"+name, s.outputs["arn"])
	assert.Equal(t, "UTC", s.outputs["scheduleExpressionTimezone"])
	assert.Equal(t, "ENABLED", s.outputs["state"])
	fresh := i.mustRefresh(s)
	assert.Equal(t, "DIFF_NONE", i.diff(fresh, inputs).GetChanges().String(), "what AWS fills in is no drift")

	changed := weekly(role, "cron(0 5 ? * SUN *)")
	changed["state"] = "DISABLED"
	changed["target"].(object)["retryPolicy"] = object{"maximumRetryAttempts": 2}
	assert.Empty(t, i.diff(fresh, changed).GetReplaces())
	s, err := i.update(fresh, changed)
	require.NoError(t, err)
	live, err := w.Region(primary).Scheduler.Schedule("", name)
	require.NoError(t, err)
	assert.Equal(t, "DISABLED", live.State)
	assert.Equal(t, 2, *live.Target.RetryPolicy.MaximumRetryAttempts)
	assert.Equal(t, "DIFF_NONE", i.diff(i.mustRefresh(s), changed).GetChanges().String())
	moved := weekly(role, "cron(0 5 ? * SUN *)")
	moved["groupName"] = "g"
	assert.Equal(t, []string{"groupName"}, i.diff(s, moved).GetReplaces())
	require.NoError(t, i.delete(s))
	gone, err := i.refresh(s)
	require.NoError(t, err)
	assert.Empty(t, gone.id)
}

func TestAScheduleGroupGoesWithItsSchedules(t *testing.T) {
	w := newWorld(t, Options{})
	i := w.in(primary)
	g := i.mustCreate(groupKind, "g", object{"name": "g", "tags": object{"a": "b"}})
	assert.Equal(t, "g", g.id)
	assert.Equal(t, "ACTIVE", g.outputs["state"])
	in := weekly(w.roleFor("scheduler"), "rate(7 days)")
	in["groupName"] = "g"
	s := i.mustCreate(scheduleKind, "weekly", in)
	g, err := i.update(g, object{"name": "g", "tags": object{"a": "c"}})
	require.NoError(t, err)
	assert.Equal(t, object{"a": "c"}, i.mustRefresh(g).outputs["tags"])
	require.NoError(t, i.delete(g))
	_, err = w.Region(primary).Scheduler.Schedule("g", s.inputs["name"].(string))
	require.ErrorIs(t, err, awserr.ErrNotFound)
}

func TestAScheduleThatSchedulerRefusesIsNotCreated(t *testing.T) {
	w := newWorld(t, Options{})
	i, role := w.in(primary), w.roleFor("scheduler")
	_, err := i.create(scheduleKind, "s", weekly(role, "cron(0 4 * * SUN *)"))
	require.ErrorContains(t, err, "creating EventBridge Scheduler Schedule (s): ValidationException: Invalid Schedule "+
		"Expression cron(0 4 * * SUN *).")
	_, err = i.create(scheduleKind, "s", weekly(w.roleFor("states"), "rate(7 days)"))
	require.ErrorContains(t, err, "must allow AWS EventBridge Scheduler to assume the role.")
	withKey := weekly(role, "rate(7 days)")
	withKey["kmsKeyArn"] = "arn:aws:kms:us-east-1:123456789012:key/k"
	_, err = i.create(scheduleKind, "s", withKey)
	assert.ErrorContains(t, err, "the sandbox does not model this")
}
