package scheduler

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/must"
)

const day = 24 * time.Hour

func TestASchedulesTimes(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Schedule)
		within time.Duration
		want   []string
	}{
		"cron": {nil, 2 * day, []string{"01-01T03:00:00", "01-02T03:00:00"}},
		"cron in a zone": {func(c *Schedule) {
			c.ScheduleExpressionTimezone = "America/New_York"
		}, 2 * day, []string{"01-01T08:00:00", "01-02T08:00:00"}},
		"a rate begins at once": {func(c *Schedule) {
			c.ScheduleExpression = "rate(7 hours)"
		}, day, []string{"01-01T00:00:00", "01-01T07:00:00", "01-01T14:00:00", "01-01T21:00:00"}},
		"a rate with a beginning and an end": {func(c *Schedule) {
			c.ScheduleExpression = "rate(1 days)"
			c.StartDate, c.EndDate = at("2000-01-02T01:00:00Z"), at("2000-01-04T00:59:59Z")
		}, 9 * day, []string{"01-02T01:00:00", "01-03T01:00:00"}},
		"cron with a beginning and an end": {func(c *Schedule) {
			c.StartDate, c.EndDate = at("2000-01-02T03:00:00Z"), at("2000-01-03T03:00:00Z")
		}, 9 * day, []string{"01-02T03:00:00", "01-03T03:00:00"}},
		"once": {func(c *Schedule) {
			c.ScheduleExpression, c.ScheduleExpressionTimezone = "at(2000-01-02T00:30:00)", "Europe/Berlin"
			c.EndDate = at("2000-01-01T00:00:00Z")
		}, 9 * day, []string{"01-01T23:30:00"}},
		"once, long ago": {func(c *Schedule) { c.ScheduleExpression = "at(1999-12-31T23:59:59)" }, 9 * day, nil},
		"disabled":       {func(c *Schedule) { c.State = "DISABLED" }, 9 * day, nil},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T, w *world) {
				w.create(c.change)
				assert.Equal(t, c.want, w.times(c.within, time.UTC))
			})
		})
	}
}

func at(text string) *time.Time { return new(must.Have(time.Parse(time.RFC3339, text))) }

// In New York clocks go from 1:59 to 3:00 on 2 April 2000, and from 1:59 to 1:00 on 29 October ("Daylight savings time
// on EventBridge Scheduler").
func TestATimeThatClocksSkipIsSkippedAndOneThatTheyShowTwiceIsOnce(t *testing.T) {
	zone := must.Have(time.LoadLocation("America/New_York"))
	in(t, func(t *testing.T, w *world) {
		w.create(func(c *Schedule) {
			c.ScheduleExpression, c.ScheduleExpressionTimezone = "cron(30 2 * 4 ? *)", zone.String()
		})
		w.create(func(c *Schedule) {
			c.Name = "autumn"
			c.ScheduleExpression, c.ScheduleExpressionTimezone = "cron(30 1 * 10 ? *)", zone.String()
		})
		time.Sleep(time.Date(2000, 4, 1, 0, 0, 0, 0, zone).Sub(w.env.Now()))
		assert.Equal(t, []string{"04-01T02:30:00", "04-03T02:30:00"}, w.times(3*day, zone))
		time.Sleep(time.Date(2000, 10, 28, 0, 0, 0, 0, zone).Sub(w.env.Now()))
		w.times(0, zone)
		assert.Equal(t, []string{"10-28T01:30:00", "10-29T01:30:00", "10-30T01:30:00"}, w.times(3*day, zone))
	})
}

func TestWhatATargetIsGiven(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		c := w.create(func(c *Schedule) {
			c.Target.Input = `{"schedule":"<aws.scheduler.schedule-arn>","at":"<aws.scheduler.scheduled-time>",
				"id":"<aws.scheduler.execution-id>","attempt":<aws.scheduler.attempt-number>}`
		})
		assert.Equal(t, "arn:aws:scheduler:us-east-1:123456789012:schedule/default/daily", c.Arn)
		first := <-w.received
		var given struct {
			Schedule, At, ID string
			Attempt          int
		}
		require.NoError(t, json.Unmarshal([]byte(first.payload), &given))
		assert.Equal(t, c.Arn, given.Schedule)
		assert.Equal(t, "2000-01-01T03:00:00Z", given.At)
		assert.Regexp(t, "^[0-9a-f]{16}$", given.ID)
		assert.Equal(t, 1, given.Attempt)

		_, err := w.UpdateSchedule(daily(func(c *Schedule) { c.Target.Input = "" }))
		require.NoError(t, err)
		var event map[string]any
		require.NoError(t, json.Unmarshal([]byte((<-w.received).payload), &event))
		delete(event, "id")
		assert.Equal(t, map[string]any{
			"version": "0", "detail-type": "Scheduled Event", "source": "aws.scheduler", "account": account,
			"time": "2000-01-02T03:00:00Z", "region": "us-east-1", "resources": []any{c.Arn}, "detail": "{}",
		}, event)
	})
}

func TestAMachineIsATarget(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.create(func(c *Schedule) { c.Target.Arn = machine })
		time.Sleep(4 * time.Hour)
		executions := must.Have(w.deps.StepFunctions.Executions(machine, "SUCCEEDED"))
		require.Len(t, executions, 1)
		assert.Equal(t, `"now"`, executions[0].Input)
		assert.Equal(t, time.Date(2000, 1, 1, 3, 0, 0, 0, time.UTC), executions[0].Start.UTC())
		assert.Equal(t, 1, w.counted("InvocationAttemptCount", "default"))
		assert.Equal(t, 0, w.counted("TargetErrorCount", "default"))
	})
}

// dead is the only dead letter: its body and its attributes.
func (w *world) dead() (string, map[string]string) {
	w.t.Helper()
	letters := must.Have(w.deps.SQS.Receive(w.t.Context(), queue, 10, time.Hour, 0))
	require.Len(w.t, letters, 1)
	return letters[0].Body, letters[0].Attributes
}

func TestADenialIsFinalAndBuried(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.allow(`["sqs:SendMessage"]`)
		c := w.create(func(c *Schedule) {
			c.Target.Arn, c.Target.DeadLetterConfig = machine, &DeadLetterConfig{Arn: queue}
		})
		time.Sleep(3*time.Hour + time.Second)
		body, attributes := w.dead()
		assert.JSONEq(t, `{"StateMachineArn":"`+machine+`","Input":"\"now\""}`, body)
		assert.Regexp(t, "^[0-9a-f]{16}$", attributes["EXECUTION_ID"])
		delete(attributes, "EXECUTION_ID")
		assert.Equal(t, map[string]string{
			"ERROR_CODE": "AccessDenied",
			"ERROR_MESSAGE": "User: arn:aws:sts::123456789012:assumed-role/scheduler/daily is not authorized to perform: " +
				"states:StartExecution on resource: " + machine + " because no identity-based policy allows the " +
				"states:StartExecution action",
			"IS_PAYLOAD_TRUNCATED": "false",
			"RETRY_ATTEMPTS":       "0",
			"SCHEDULED_TIME":       "2000-01-01T03:00:00Z",
			"SCHEDULE_ARN":         c.Arn,
			"TARGET_ARN":           "arn:aws:scheduler:::aws-sdk:sfn:startExecution",
		}, attributes)
		for metric, want := range map[string]int{
			"InvocationAttemptCount": 1, "TargetErrorCount": 1, "InvocationDroppedCount": 1,
			"InvocationsSentToDeadLetterCount": 1, "InvocationsFailedToBeSentToDeadLetterCount": 0,
		} {
			assert.Equal(t, want, w.counted(metric, "default"), metric)
		}
	})
}

func TestATargetThatIsDownIsTriedAgainAsOftenAsThePolicySays(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		_, err := w.CreateGroup(Group{Name: "g"})
		require.NoError(t, err)
		w.create(func(c *Schedule) {
			c.GroupName = "g"
			c.Target.RetryPolicy = &RetryPolicy{MaximumRetryAttempts: new(3)}
			c.Target.DeadLetterConfig = &DeadLetterConfig{Arn: queue}
		})
		w.env.SetBroken("lambda", true)
		time.Sleep(3*time.Hour + time.Minute)
		body, attributes := w.dead()
		assert.JSONEq(t, `{"FunctionName":"`+function+`","InvocationType":"Event","Payload":"now"}`, body)
		assert.Equal(t, "ServiceUnavailable", attributes["ERROR_CODE"])
		assert.Equal(t, "MaximumRetryAttempts", attributes["EXHAUSTED_RETRY_CONDITION"])
		assert.Equal(t, "3", attributes["RETRY_ATTEMPTS"])
		assert.Equal(t, "arn:aws:scheduler:::aws-sdk:lambda:invoke", attributes["TARGET_ARN"])
		assert.Equal(t, 4, w.counted("InvocationAttemptCount", "g"))
		assert.Equal(t, 4, w.counted("TargetErrorCount", "g"))
		assert.Equal(t, 1, w.counted("InvocationDroppedCount", "g"))
	})
	in(t, func(t *testing.T, w *world) {
		w.create(func(c *Schedule) { c.Target.RetryPolicy = &RetryPolicy{MaximumEventAgeInSeconds: new(600)} })
		w.env.SetBroken("lambda", true)
		time.Sleep(3*time.Hour + 5*time.Minute)
		w.env.SetBroken("lambda", false)
		time.Sleep(8 * time.Minute)
		assert.Len(t, w.times(0, time.UTC), 1, "it comes when it can")
		w.env.SetBroken("lambda", true)
		assert.Empty(t, w.times(day+time.Hour, time.UTC))
		w.env.SetBroken("lambda", false)
		assert.Equal(t, 1, w.counted("InvocationDroppedCount", "default"), "and is given up after ten minutes")
	})
}

func TestAnInvocationOfALostRegionWaitsAsLongAsItMay(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.create(func(c *Schedule) { c.Target.DeadLetterConfig = &DeadLetterConfig{Arn: queue} })
		w.env.SetDown(true)
		time.Sleep(9*time.Hour + 5*time.Second)
		w.env.SetDown(false)
		assert.Equal(t, []string{"01-01T09:00:10"}, w.times(time.Minute, time.UTC))
		w.env.SetDown(true)
		time.Sleep(day + 20*time.Hour)
		w.env.SetDown(false)
		assert.Equal(t, []string{"01-03T05:01:10"}, w.times(time.Minute, time.UTC), "of two the younger")
		_, attributes := w.dead()
		assert.Equal(t, "2000-01-02T03:00:00Z", attributes["SCHEDULED_TIME"])
		assert.Equal(t, "AWS.Scheduler.InternalServerError", attributes["ERROR_CODE"])
		assert.Equal(t, "MaximumEventAgeInSeconds", attributes["EXHAUSTED_RETRY_CONDITION"])
	})
}

func TestAQueueThatRefusesADeadLetterIsCounted(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.allow(`["states:StartExecution"]`)
		w.create(func(c *Schedule) { c.Target.DeadLetterConfig = &DeadLetterConfig{Arn: queue} })
		time.Sleep(4 * time.Hour)
		assert.Equal(t, 1, w.counted("InvocationsFailedToBeSentToDeadLetterCount", "default"))
		assert.Equal(t, 0, w.counted("InvocationsSentToDeadLetterCount", "default"))
	})
}

func TestASchedulesChangesCountAtOnce(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		made := w.create(nil)
		_, err := w.CreateSchedule(daily(nil))
		require.EqualError(t, err, "ConflictException: Schedule daily already exists.")
		time.Sleep(time.Hour)
		updated, err := w.UpdateSchedule(daily(func(c *Schedule) { c.ScheduleExpression = "cron(0 4 * * ? *)" }))
		require.NoError(t, err)
		assert.Equal(t, made.CreatedAt, updated.CreatedAt)
		assert.Equal(t, time.Hour, updated.ModifiedAt.Sub(made.ModifiedAt))
		assert.Equal(t, []string{"01-01T04:00:00"}, w.times(6*time.Hour, time.UTC))
		assert.Equal(t, []Schedule{updated}, must.Have(w.Schedules("default")))
		require.NoError(t, w.DeleteSchedule("", "daily"))
		assert.Empty(t, w.times(9*day, time.UTC))
		_, err = w.Schedule("default", "daily")
		require.EqualError(t, err, "ResourceNotFoundException: Schedule daily does not exist.")
		_, err = w.UpdateSchedule(daily(nil))
		require.ErrorIs(t, err, awserr.ErrNotFound)
		require.ErrorIs(t, w.DeleteSchedule("", "daily"), awserr.ErrNotFound)
	})
}

func TestAGroupGoesWithItsSchedules(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		_, err := w.CreateSchedule(daily(func(c *Schedule) { c.GroupName = "g" }))
		require.EqualError(t, err, "ResourceNotFoundException: Schedule group g does not exist.")
		g, err := w.CreateGroup(Group{Name: "g", Tags: map[string]string{"a": "b"}})
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:scheduler:us-east-1:123456789012:schedule-group/g", g.Arn)
		_, err = w.CreateGroup(Group{Name: "g"})
		require.EqualError(t, err, "ConflictException: Schedule group g already exists.")
		g, err = w.TagGroup("g", map[string]string{"c": "d"})
		require.NoError(t, err)
		assert.Equal(t, g, must.Have(w.Group("g")))
		assert.Len(t, w.Groups(), 2)
		w.create(func(c *Schedule) { c.GroupName = "g" })
		w.create(nil)
		assert.Len(t, must.Have(w.Schedules("")), 2)
		require.NoError(t, w.DeleteGroup("g"))
		assert.Equal(t, []string{"01-01T03:00:00"}, w.times(day, time.UTC), "the other is left")
		require.ErrorIs(t, w.DeleteGroup("g"), awserr.ErrNotFound)
		_, err = w.Schedules("g")
		require.ErrorIs(t, err, awserr.ErrNotFound)
		require.ErrorContains(t, w.DeleteGroup("default"), "The default schedule group cannot be deleted.")
	})
}

func TestATrustPolicyMayNameTheGroup(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		_, err := w.deps.IAM.UpdateRole(iam.Role{Name: "scheduler", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
			"Effect":"Allow","Principal":{"Service":"scheduler.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{
			"StringEquals":{"aws:SourceAccount":"` + account + `",
				"aws:SourceArn":"arn:aws:scheduler:us-east-1:123456789012:schedule-group/default"}}}}`})
		require.NoError(t, err)
		w.create(nil)
		must.Have(w.CreateGroup(Group{Name: "g"}))
		_, err = w.CreateSchedule(daily(func(c *Schedule) { c.GroupName = "g" }))
		require.ErrorContains(t, err, "must allow AWS EventBridge Scheduler to assume the role.")
	})
}

func TestSchedulerRefusesWhatAWSRefuses(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		for want, change := range map[string]func(*Schedule){
			"Value 'a b' at 'name' failed": func(c *Schedule) { c.Name = "a b" },
			"at 'groupName' failed":        func(c *Schedule) { c.GroupName = strings.Repeat("g", 65) },
			"at 'description' failed":      func(c *Schedule) { c.Description = strings.Repeat("d", 513) },
			"Invalid Schedule Expression x. want cron(…), rate(…) or at(…)": func(c *Schedule) { c.ScheduleExpression = "x" },
			"Invalid Schedule Expression rate(0 minutes). want rate(value unit)": func(c *Schedule) {
				c.ScheduleExpression = "rate(0 minutes)"
			},
			"Invalid Schedule Expression at(2000-01-01). want at(": func(c *Schedule) { c.ScheduleExpression = "at(2000-01-01)" },
			"Invalid Schedule Expression cron(0 3 * * * *)":        func(c *Schedule) { c.ScheduleExpression = "cron(0 3 * * * *)" },
			"Invalid Schedule Expression Timezone Local":           func(c *Schedule) { c.ScheduleExpressionTimezone = "Local" },
			"Invalid Schedule Expression Timezone Mars/Base":       func(c *Schedule) { c.ScheduleExpressionTimezone = "Mars/Base" },
			`state is "ON": want ENABLED or DISABLED`:              func(c *Schedule) { c.State = "ON" },
			"flexibleTimeWindow is missing: want mode OFF":         func(c *Schedule) { c.FlexibleTimeWindow = nil },
			`flexibleTimeWindow has mode "FLEXIBLE": the sandbox models OFF`: func(c *Schedule) {
				c.FlexibleTimeWindow = &FlexibleTimeWindow{Mode: "FLEXIBLE", MaximumWindowInMinutes: new(5)}
			},
			"flexibleTimeWindow has mode OFF and maximumWindowInMinutes": func(c *Schedule) {
				c.FlexibleTimeWindow = &FlexibleTimeWindow{Mode: "OFF", MaximumWindowInMinutes: new(5)}
			},
			"want one before the endDate": func(c *Schedule) {
				c.StartDate, c.EndDate = at("2000-01-02T03:00:00Z"), at("2000-01-02T03:00:00Z")
			},
			"Provided Arn is not in correct format: f": func(c *Schedule) { c.Target.Arn = "f" },
			"target.arn is arn:aws:scheduler:::aws-sdk:sqs:sendMessage: the sandbox models functions and state machines": func(
				c *Schedule) {
				c.Target.Arn = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
			},
			"want one in us-east-1 and account 123456789012": func(c *Schedule) {
				c.Target.Arn = strings.Replace(function, "us-east-1", "us-east-2", 1)
			},
			"Input is not valid JSON: now":       func(c *Schedule) { c.Target.Input = "now" },
			"at 'length of target.input' failed": func(c *Schedule) { c.Target.Input = strings.Repeat(" ", 262_145) },
			"at 'target.retryPolicy.maximumEventAgeInSeconds'": func(c *Schedule) {
				c.Target.RetryPolicy = &RetryPolicy{MaximumEventAgeInSeconds: new(59)}
			},
			"at 'target.retryPolicy.maximumRetryAttempts'": func(c *Schedule) {
				c.Target.RetryPolicy = &RetryPolicy{MaximumRetryAttempts: new(186)}
			},
			"want the ARN of a standard queue": func(c *Schedule) {
				c.Target.DeadLetterConfig = &DeadLetterConfig{Arn: queue + ".fifo"}
			},
			"The execution role you provide must allow AWS EventBridge Scheduler to assume the role.": func(c *Schedule) {
				c.Target.RoleArn = "arn:aws:iam::" + account + ":role/lambda"
			},
		} {
			_, err := w.CreateSchedule(daily(change))
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, "ValidationException: ")
		}
		_, err := w.CreateGroup(Group{Name: "a/b"})
		assert.ErrorContains(t, err, "ValidationException: ")
	})
}

// FuzzExpressions: whatever is an expression is due later, or never.
func FuzzExpressions(f *testing.F) {
	for _, seed := range []string{"cron(0 3 * * ? *)", "rate(99999 days)", "at(9999-12-31T23:59:59)", "rate(1 minute)", "cron("} {
		f.Add(seed, "Pacific/Apia", int64(1e9))
	}
	f.Fuzz(func(t *testing.T, expression, zone string, now int64) {
		where, err := time.LoadLocation(zone)
		if err != nil {
			return
		}
		due, err := parseExpression(expression, where)
		if err != nil {
			return
		}
		after := time.Unix(now%(1<<33), 0)
		for range 3 {
			next, ok := due.next(after, time.Unix(0, 0))
			if !ok {
				return
			}
			require.True(t, next.After(after), "%s after %s is %s", expression, after, next)
			if after = next; after.Year() > 2200 { // longer ahead than a Duration
				return
			}
		}
	})
}
