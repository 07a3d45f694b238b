package claims

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
)

var schedulerClaims = []Claim{{
	ID:   "scheduler-refusals",
	Says: "CreateSchedule refuses names, expressions, time zones, targets and retries out of bounds: ValidationException",
	Page: "sandbox-aws.md",
	Row:  "names, lengths, ranges, inputs, queues",
	ask:  schedulesAreRefused,
}, {
	ID:    "scheduler-group",
	Says:  "a group has its name for itself, and is gone once it is deleted",
	Page:  "sandbox-aws.md",
	Row:   "a group goes with its schedules",
	Makes: []*Kind{scheduleGroup},
	ask:   aGroupIsAloneWithItsName,
}}

var schedule = &Kind{
	Name:  "schedule",
	Basis: "nothing until it is due",
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		in := &scheduler.ListSchedulesInput{NamePrefix: aws.String(prefix)}
		for p := scheduler.NewListSchedulesPaginator(scheduler.NewFromConfig(config), in); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, s := range page.Schedules {
				found = append(found, thing{name: aws.ToString(s.Name)})
			}
		}
		return found, nil
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		_, err := scheduler.NewFromConfig(config).DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: t.key()})
		return err
	},
}

var scheduleGroup = &Kind{
	Name:  "schedule group",
	Basis: "nothing",
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		in := &scheduler.ListScheduleGroupsInput{NamePrefix: aws.String(prefix)}
		for p := scheduler.NewListScheduleGroupsPaginator(scheduler.NewFromConfig(config), in); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, g := range page.ScheduleGroups {
				if g.State != types.ScheduleGroupStateDeleting {
					found = append(found, thing{name: aws.ToString(g.Name)})
				}
			}
		}
		return found, nil
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		_, err := scheduler.NewFromConfig(config).DeleteScheduleGroup(ctx,
			&scheduler.DeleteScheduleGroupInput{Name: t.key()})
		return err
	},
}

func schedulesAreRefused(c *Case) error {
	client := scheduler.NewFromConfig(c.primary())
	for _, wrong := range []struct {
		what   string
		change func(*scheduler.CreateScheduleInput)
	}{
		{"a name with a space", func(in *scheduler.CreateScheduleInput) { in.Name = aws.String(*in.Name + " b") }},
		{"a name of 65 characters", func(in *scheduler.CreateScheduleInput) {
			in.Name = aws.String(*in.Name + strings.Repeat("n", 65-len(*in.Name)))
		}},
		{"a description of 513 characters", func(in *scheduler.CreateScheduleInput) {
			in.Description = aws.String(strings.Repeat("d", 513))
		}},
		{"no expression", func(in *scheduler.CreateScheduleInput) { in.ScheduleExpression = aws.String("x") }},
		{"rate(0 minutes)", func(in *scheduler.CreateScheduleInput) {
			in.ScheduleExpression = aws.String("rate(0 minutes)")
		}},
		{"cron with two days", func(in *scheduler.CreateScheduleInput) {
			in.ScheduleExpression = aws.String("cron(0 3 * * * *)")
		}},
		{"a time zone of nowhere", func(in *scheduler.CreateScheduleInput) {
			in.ScheduleExpressionTimezone = aws.String("Mars/Base")
		}},
		{"a target that is no ARN", func(in *scheduler.CreateScheduleInput) { in.Target.Arn = aws.String("f") }},
		{"a target of another region", func(in *scheduler.CreateScheduleInput) {
			in.Target.Arn = aws.String(c.arn("lambda", c.run.Regions[1], "function:none"))
		}},
		{"186 retries", func(in *scheduler.CreateScheduleInput) {
			in.Target.RetryPolicy = &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(186)}
		}},
		{"retries for 59 seconds", func(in *scheduler.CreateScheduleInput) {
			in.Target.RetryPolicy = &types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(59)}
		}},
		{"an input that is no JSON", func(in *scheduler.CreateScheduleInput) { in.Target.Input = aws.String("now") }},
	} {
		_, err := c.make(schedule, c.primary(), "s", func(name string) (string, error) {
			in := farSchedule(c, name)
			wrong.change(in)
			_, err := client.CreateSchedule(c, in)
			return *in.Name, err
		})
		c.refused("CreateSchedule with "+wrong.what, err, "ValidationException")
	}
	return nil
}

// farSchedule would never be due while anybody looks, were it created.
func farSchedule(c *Case, name string) *scheduler.CreateScheduleInput {
	return &scheduler.CreateScheduleInput{
		Name:               &name,
		ScheduleExpression: aws.String("at(2099-12-31T00:00:00)"),
		FlexibleTimeWindow: &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		State:              types.ScheduleStateDisabled,
		Target: &types.Target{
			Arn:     aws.String(c.arn("lambda", c.run.Regions[0], "function:"+name)),
			RoleArn: aws.String(c.noRole()),
		},
	}
}

func aGroupIsAloneWithItsName(c *Case) error {
	client := scheduler.NewFromConfig(c.primary())
	name, err := c.make(scheduleGroup, c.primary(), "g", func(name string) (string, error) {
		_, err := client.CreateScheduleGroup(c, &scheduler.CreateScheduleGroupInput{Name: &name})
		return name, err
	})
	if err != nil {
		return err
	}
	_, err = client.CreateScheduleGroup(c, &scheduler.CreateScheduleGroupInput{Name: &name})
	c.refused("CreateScheduleGroup again", err, "ConflictException")
	_, err = client.DeleteScheduleGroup(c, &scheduler.DeleteScheduleGroupInput{Name: &name})
	if err != nil {
		return err
	}
	return c.await("group "+name, short, func() (string, bool, error) {
		group, err := client.GetScheduleGroup(c, &scheduler.GetScheduleGroupInput{Name: &name})
		if err == nil {
			return string(group.State), false, nil
		}
		c.refused("GetScheduleGroup of a deleted group", err, "ResourceNotFoundException")
		return "", true, nil
	})
}
