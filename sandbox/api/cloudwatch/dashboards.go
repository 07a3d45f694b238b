package cloudwatch

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
)

const dashboardsPerPage = 1000

// dashboardARN has no region: dashboards belong to the account.
func dashboardARN(c *call.Call, name string) string {
	return "arn:aws:cloudwatch::" + c.Account.ID + ":dashboard/" + name
}

func getDashboard(c *call.Call, in *sdk.GetDashboardInput) (*sdk.GetDashboardOutput, error) {
	name := aws.ToString(in.DashboardName)
	if err := c.Authorize("cloudwatch:GetDashboard", dashboardARN(c, name), nil); err != nil {
		return nil, err
	}
	d, err := c.Region.CloudWatch.Dashboard(name)
	if errors.Is(err, awserr.ErrNotFound) {
		return nil, wire.Shaped(err, "DashboardNotFoundError")
	}
	if err != nil {
		return nil, err
	}
	return &sdk.GetDashboardOutput{
		DashboardName: &d.DashboardName,
		DashboardArn:  &d.DashboardArn,
		DashboardBody: &d.DashboardBody,
	}, nil
}

func putDashboard(c *call.Call, in *sdk.PutDashboardInput) (*sdk.PutDashboardOutput, error) {
	d := cloudwatch.Dashboard{
		DashboardName: aws.ToString(in.DashboardName),
		DashboardBody: aws.ToString(in.DashboardBody),
	}
	if err := c.Authorize("cloudwatch:PutDashboard", dashboardARN(c, d.DashboardName), nil); err != nil {
		return nil, err
	}
	if len(in.Tags) > 0 {
		return nil, wire.NotImplemented("cloudwatch: tags of dashboards are not modelled by the sandbox")
	}
	_, err := c.Region.CloudWatch.PutDashboard(d)
	return &sdk.PutDashboardOutput{DashboardValidationMessages: []types.DashboardValidationMessage{}}, err
}

// deleteDashboards deletes all of them or, if one is not there, none (API Reference, DeleteDashboards).
func deleteDashboards(c *call.Call, in *sdk.DeleteDashboardsInput) (*sdk.DeleteDashboardsOutput, error) {
	for _, name := range in.DashboardNames {
		if err := c.Authorize("cloudwatch:DeleteDashboards", dashboardARN(c, name), nil); err != nil {
			return nil, err
		}
		if _, err := c.Region.CloudWatch.Dashboard(name); err != nil {
			return nil, wire.Shaped(err, "DashboardNotFoundError")
		}
	}
	for _, name := range in.DashboardNames {
		if err := c.Region.CloudWatch.DeleteDashboard(name); err != nil {
			return nil, err
		}
	}
	return &sdk.DeleteDashboardsOutput{}, nil
}

func listDashboards(c *call.Call, in *sdk.ListDashboardsInput) (*sdk.ListDashboardsOutput, error) {
	if err := c.Authorize("cloudwatch:ListDashboards", "*", nil); err != nil {
		return nil, err
	}
	entries := []types.DashboardEntry{}
	for _, d := range c.Region.CloudWatch.Dashboards() {
		if strings.HasPrefix(d.DashboardName, aws.ToString(in.DashboardNamePrefix)) {
			entries = append(entries, types.DashboardEntry{DashboardName: &d.DashboardName, DashboardArn: &d.DashboardArn,
				Size: aws.Int64(int64(len(d.DashboardBody)))})
		}
	}
	entries, next, ok := wire.Page(entries, in.NextToken, dashboardsPerPage)
	if !ok {
		return nil, awserr.Invalid("InvalidParameterValue", "The value for parameter NextToken is invalid.")
	}
	return &sdk.ListDashboardsOutput{DashboardEntries: entries, NextToken: next}, nil
}
