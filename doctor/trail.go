package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

var trail = check{
	id:    "trail",
	asked: "Does a trail record management events in both data regions?",
	why: "EventBridge gets events of API calls only where a trail records them: without one nobody is told that a " +
		"cluster, or a recovery point, is deleted or changed.",
	do: "Make a multi-Region trail that logs write management events, and start it (AWS CloudTrail User Guide).",
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.data(), func(region string) ([]answer, error) {
			client := cloudtrail.NewFromConfig(s.in(region))
			there, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
			if err != nil {
				return nil, err
			}
			return one(recorded(ctx, client, region, there.TrailList))
		})
	},
}

// recorded looks for a trail that records, and says what is wrong with each if none does.
func recorded(ctx context.Context, client *cloudtrail.Client, region string, trails []types.Trail) (answer, error) {
	var faults []string
	for _, t := range trails {
		fault, err := idle(ctx, client, t)
		if err != nil {
			return answer{}, err
		}
		if fault == "" {
			return good(region, "yes, %s", aws.ToString(t.Name)), nil
		}
		faults = append(faults, fmt.Sprintf("%s %s", aws.ToString(t.Name), fault))
	}
	if len(faults) == 0 {
		return bad(region, "there is no trail"), nil
	}
	return bad(region, "no: %s", strings.Join(faults, ", ")), nil
}

// idle is why a trail does not record the calls that change something; "" if it does.
func idle(ctx context.Context, client *cloudtrail.Client, t types.Trail) (string, error) {
	status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: t.TrailARN})
	if err != nil {
		return "", err
	}
	if !aws.ToBool(status.IsLogging) {
		return "is stopped", nil
	}
	chosen, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: t.TrailARN})
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(chosen.EventSelectors, managesWrites) &&
		!slices.ContainsFunc(chosen.AdvancedEventSelectors, managesAllWrites) {
		return "logs no write management events", nil
	}
	return "", nil
}

func managesWrites(s types.EventSelector) bool {
	return aws.ToBool(s.IncludeManagementEvents) && s.ReadWriteType != types.ReadWriteTypeReadOnly
}

// managesAllWrites is whether a selector takes every management event, but perhaps those that only read.
func managesAllWrites(s types.AdvancedEventSelector) bool {
	management := false
	for _, field := range s.FieldSelectors {
		switch name := aws.ToString(field.Field); {
		case name == "eventCategory" && slices.Equal(field.Equals, []string{"Management"}):
			management = true
		case name == "readOnly" && slices.Equal(field.Equals, []string{"false"}):
		default:
			return false
		}
	}
	return management
}
