// Package cloudwatch is CloudWatch on the AWS face.
package cloudwatch

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/iam"
)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("PutMetricData", put),
	call.On("GetMetricStatistics", statistics),
	call.On("GetMetricData", data),
	call.On("ListMetrics", listMetrics),
	call.On("PutMetricAlarm", putAlarm),
	call.On("PutCompositeAlarm", putComposite),
	call.On("DeleteAlarms", deleteAlarms),
	call.On("DescribeAlarms", describe),
	call.On("DescribeAlarmHistory", history),
	call.On("SetAlarmState", setState),
	call.On("PutDashboard", putDashboard),
	call.On("DeleteDashboards", deleteDashboards),
	call.On("GetDashboard", getDashboard),
	call.On("ListDashboards", listDashboards),
}

func put(c *call.Call, in *sdk.PutMetricDataInput) (*sdk.PutMetricDataOutput, error) {
	namespace := aws.ToString(in.Namespace)
	if err := c.Authorize("cloudwatch:PutMetricData", "*", iam.Context{"cloudwatch:namespace": namespace}); err != nil {
		return nil, err
	}
	data := make([]cloudwatch.Datum, len(in.MetricData))
	for i, d := range in.MetricData {
		if err := checkDimensions(d.Dimensions, i); err != nil {
			return nil, err
		}
		data[i] = datum(d)
		if d.Timestamp != nil { // the caller's own clock
			data[i].Timestamp = c.Written(*d.Timestamp)
		}
	}
	return &sdk.PutMetricDataOutput{}, c.Region.CloudWatch.PutMetricData(namespace, data...)
}

func datum(d types.MetricDatum) cloudwatch.Datum {
	to := cloudwatch.Datum{
		MetricName:        aws.ToString(d.MetricName),
		Dimensions:        dimensionMap(d.Dimensions),
		Value:             d.Value,
		Values:            d.Values,
		Counts:            d.Counts,
		Unit:              string(d.Unit),
		StorageResolution: int(aws.ToInt32(d.StorageResolution)),
	}
	if s := d.StatisticValues; s != nil {
		to.StatisticValues = &cloudwatch.StatisticSet{SampleCount: aws.ToFloat64(s.SampleCount), Sum: aws.ToFloat64(s.Sum),
			Minimum: aws.ToFloat64(s.Minimum), Maximum: aws.ToFloat64(s.Maximum)}
	}
	return to
}

// checkDimensions refuses a dimension that is given twice.
func checkDimensions(dimensions []types.Dimension, datum int) error {
	given := map[string]bool{}
	for _, d := range dimensions {
		name := aws.ToString(d.Name)
		if given[name] {
			return awserr.Invalid("InvalidParameterValue", "The value %s for parameter "+
				"MetricData.member.%d.Dimensions.Name is invalid: it is there twice.", name, datum+1)
		}
		given[name] = true
	}
	return nil
}

func dimensionMap(dimensions []types.Dimension) map[string]string {
	named := map[string]string{}
	for _, d := range dimensions {
		named[aws.ToString(d.Name)] = aws.ToString(d.Value)
	}
	return named
}
