package scheduler

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/scheduler"
)

const groupPath = "schedule-group/"

func createGroup(c *call.Call, in *sdk.CreateScheduleGroupInput) (*sdk.CreateScheduleGroupOutput, error) {
	name := aws.ToString(in.Name)
	if err := c.Authorize("scheduler:CreateScheduleGroup", c.Region.ARN("scheduler", groupPath+name), nil); err != nil {
		return nil, err
	}
	g := scheduler.Group{Name: name, Tags: map[string]string{}}
	for _, t := range in.Tags {
		g.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	made, err := c.Region.Scheduler.CreateGroup(g)
	if err != nil {
		return nil, err
	}
	return &sdk.CreateScheduleGroupOutput{ScheduleGroupArn: &made.Arn}, nil
}

func removeGroup(c *call.Call, in *sdk.DeleteScheduleGroupInput) (*sdk.DeleteScheduleGroupOutput, error) {
	name := aws.ToString(in.Name)
	if err := c.Authorize("scheduler:DeleteScheduleGroup", c.Region.ARN("scheduler", groupPath+name), nil); err != nil {
		return nil, err
	}
	return &sdk.DeleteScheduleGroupOutput{}, c.Region.Scheduler.DeleteGroup(name)
}

// findGroup finds a group that the caller may do something with.
func findGroup(c *call.Call, action, name string) (scheduler.Group, error) {
	if err := c.Authorize(action, c.Region.ARN("scheduler", groupPath+name), nil); err != nil {
		return scheduler.Group{}, err
	}
	return c.Region.Scheduler.Group(name)
}

func getGroup(c *call.Call, in *sdk.GetScheduleGroupInput) (*sdk.GetScheduleGroupOutput, error) {
	g, err := findGroup(c, "scheduler:GetScheduleGroup", aws.ToString(in.Name))
	if err != nil {
		return nil, err
	}
	return &sdk.GetScheduleGroupOutput{
		Arn:                  &g.Arn,
		Name:                 &g.Name,
		State:                types.ScheduleGroupState(g.State),
		CreationDate:         &g.CreatedAt,
		LastModificationDate: &g.ModifiedAt,
	}, nil
}

func listGroups(c *call.Call, in *sdk.ListScheduleGroupsInput) (*sdk.ListScheduleGroupsOutput, error) {
	if err := c.Authorize("scheduler:ListScheduleGroups", "*", nil); err != nil {
		return nil, err
	}
	var chosen []types.ScheduleGroupSummary
	for _, g := range c.Region.Scheduler.Groups() {
		if strings.HasPrefix(g.Name, aws.ToString(in.NamePrefix)) {
			chosen = append(chosen, types.ScheduleGroupSummary{
				Arn:                  &g.Arn,
				Name:                 &g.Name,
				State:                types.ScheduleGroupState(g.State),
				CreationDate:         &g.CreatedAt,
				LastModificationDate: &g.ModifiedAt,
			})
		}
	}
	part, next, err := page(chosen, in.NextToken, in.MaxResults)
	return &sdk.ListScheduleGroupsOutput{
		ScheduleGroups: append([]types.ScheduleGroupSummary{}, part...),
		NextToken:      next,
	}, err
}

// tags are those of a group; schedules have none.
func tags(c *call.Call, in *sdk.ListTagsForResourceInput) (*sdk.ListTagsForResourceOutput, error) {
	_, name, _ := strings.Cut(aws.ToString(in.ResourceArn), ":"+groupPath)
	g, err := findGroup(c, "scheduler:ListTagsForResource", name)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListTagsForResourceOutput{Tags: []types.Tag{}}
	for _, key := range slices.Sorted(maps.Keys(g.Tags)) {
		out.Tags = append(out.Tags, types.Tag{Key: &key, Value: aws.String(g.Tags[key])})
	}
	return out, nil
}
