// Package cloudtrail is CloudTrail on the AWS face.
package cloudtrail

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/cloudtrail"
)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("DescribeTrails", describe),
	call.On("GetTrailStatus", status),
	call.On("GetEventSelectors", selectors),
	call.On("PutEventSelectors", putSelectors),
	call.On("StartLogging", start),
	call.On("StopLogging", stop),
	call.On("DeleteTrail", remove),
}

// trails is the answer of DescribeTrails, whose list begins in lower case where other members do not.
type trails struct {
	TrailList []types.Trail `json:"trailList"`
}

func describe(c *call.Call, in *sdk.DescribeTrailsInput) (*trails, error) {
	if err := c.Authorize("cloudtrail:DescribeTrails", "*", nil); err != nil {
		return nil, err
	}
	var wanted []string
	for _, name := range in.TrailNameList {
		wanted = append(wanted, c.Account.CloudTrail.ARN(c.Region.Name, name))
	}
	out := &trails{TrailList: []types.Trail{}}
	for _, t := range c.Account.CloudTrail.Trails() {
		shadow := t.HomeRegion != c.Region.Name
		if shadow && in.IncludeShadowTrails != nil && !*in.IncludeShadowTrails {
			continue
		}
		if len(wanted) == 0 || slices.Contains(wanted, t.ARN) {
			out.TrailList = append(out.TrailList, shape(t))
		}
	}
	return out, nil
}

func shape(t cloudtrail.Trail) types.Trail {
	return types.Trail{
		HasCustomEventSelectors:    &t.Custom,
		HasInsightSelectors:        aws.Bool(false),
		HomeRegion:                 &t.HomeRegion,
		IncludeGlobalServiceEvents: aws.Bool(true),
		IsMultiRegionTrail:         aws.Bool(true),
		IsOrganizationTrail:        aws.Bool(false),
		LogFileValidationEnabled:   aws.Bool(true),
		Name:                       &t.Name,
		S3BucketName:               &t.Bucket,
		TrailARN:                   &t.ARN,
	}
}

// find finds a trail that the caller may do something with.
func find(c *call.Call, action string, name *string) (cloudtrail.Trail, error) {
	if err := authorize(c, action, name); err != nil {
		return cloudtrail.Trail{}, err
	}
	return c.Account.CloudTrail.Trail(c.Region.Name, aws.ToString(name))
}

func authorize(c *call.Call, action string, name *string) error {
	return c.Authorize("cloudtrail:"+action, c.Account.CloudTrail.ARN(c.Region.Name, aws.ToString(name)), nil)
}

func status(c *call.Call, in *sdk.GetTrailStatusInput) (*sdk.GetTrailStatusOutput, error) {
	t, err := find(c, "GetTrailStatus", in.Name)
	if err != nil {
		return nil, err
	}
	return &sdk.GetTrailStatusOutput{IsLogging: &t.Logging, StartLoggingTime: t.Started, StopLoggingTime: t.Stopped}, nil
}

func start(c *call.Call, in *sdk.StartLoggingInput) (*sdk.StartLoggingOutput, error) {
	if err := authorize(c, "StartLogging", in.Name); err != nil {
		return nil, err
	}
	return &sdk.StartLoggingOutput{}, c.Account.CloudTrail.SetLogging(c.Region.Name, aws.ToString(in.Name), true)
}

func stop(c *call.Call, in *sdk.StopLoggingInput) (*sdk.StopLoggingOutput, error) {
	if err := authorize(c, "StopLogging", in.Name); err != nil {
		return nil, err
	}
	return &sdk.StopLoggingOutput{}, c.Account.CloudTrail.SetLogging(c.Region.Name, aws.ToString(in.Name), false)
}

func remove(c *call.Call, in *sdk.DeleteTrailInput) (*sdk.DeleteTrailOutput, error) {
	if err := authorize(c, "DeleteTrail", in.Name); err != nil {
		return nil, err
	}
	return &sdk.DeleteTrailOutput{}, c.Account.CloudTrail.DeleteTrail(c.Region.Name, aws.ToString(in.Name))
}
