package cloudwatch

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/cloudwatch"
)

func alarmARN(c *call.Call, name *string) string {
	return c.Region.ARN("cloudwatch", "alarm:"+aws.ToString(name))
}

func putAlarm(c *call.Call, in *sdk.PutMetricAlarmInput) (*sdk.PutMetricAlarmOutput, error) {
	if err := c.Authorize("cloudwatch:PutMetricAlarm", alarmARN(c, in.AlarmName), nil); err != nil {
		return nil, err
	}
	if err := notModelled("PutMetricAlarm", map[string]bool{
		"EvaluateLowSampleCountPercentile": in.EvaluateLowSampleCountPercentile != nil,
		"EvaluationCriteria":               in.EvaluationCriteria != nil,
		"EvaluationInterval":               in.EvaluationInterval != nil,
		"ThresholdMetricId":                in.ThresholdMetricId != nil,
	}); err != nil {
		return nil, err
	}
	if err := checkDimensions(in.Dimensions, 0); err != nil {
		return nil, err
	}
	a := cloudwatch.MetricAlarm{
		Name:                    aws.ToString(in.AlarmName),
		AlarmDescription:        aws.ToString(in.AlarmDescription),
		ActionsEnabled:          in.ActionsEnabled,
		AlarmActions:            in.AlarmActions,
		OkActions:               in.OKActions,
		InsufficientDataActions: in.InsufficientDataActions,
		ComparisonOperator:      string(in.ComparisonOperator),
		Threshold:               in.Threshold,
		EvaluationPeriods:       int(aws.ToInt32(in.EvaluationPeriods)),
		DatapointsToAlarm:       int(aws.ToInt32(in.DatapointsToAlarm)),
		TreatMissingData:        aws.ToString(in.TreatMissingData),
		Namespace:               aws.ToString(in.Namespace),
		MetricName:              aws.ToString(in.MetricName),
		Dimensions:              dimensionMap(in.Dimensions),
		Statistic:               string(in.Statistic),
		ExtendedStatistic:       aws.ToString(in.ExtendedStatistic),
		Period:                  int(aws.ToInt32(in.Period)),
		Unit:                    string(in.Unit),
		Tags:                    tagMap(in.Tags),
	}
	for _, q := range in.Metrics {
		a.MetricQueries = append(a.MetricQueries, metricQuery(q))
	}
	_, err := c.Region.CloudWatch.PutMetricAlarm(a)
	return &sdk.PutMetricAlarmOutput{}, err
}

func putComposite(c *call.Call, in *sdk.PutCompositeAlarmInput) (*sdk.PutCompositeAlarmOutput, error) {
	if err := c.Authorize("cloudwatch:PutCompositeAlarm", alarmARN(c, in.AlarmName), nil); err != nil {
		return nil, err
	}
	a := cloudwatch.CompositeAlarm{
		AlarmName:               aws.ToString(in.AlarmName),
		AlarmRule:               aws.ToString(in.AlarmRule),
		AlarmDescription:        aws.ToString(in.AlarmDescription),
		ActionsEnabled:          in.ActionsEnabled,
		AlarmActions:            in.AlarmActions,
		OkActions:               in.OKActions,
		InsufficientDataActions: in.InsufficientDataActions,
		Tags:                    tagMap(in.Tags),
	}
	if in.ActionsSuppressor != nil {
		a.ActionsSuppressor = &cloudwatch.ActionsSuppressor{
			Alarm:           *in.ActionsSuppressor,
			WaitPeriod:      int(aws.ToInt32(in.ActionsSuppressorWaitPeriod)),
			ExtensionPeriod: int(aws.ToInt32(in.ActionsSuppressorExtensionPeriod)),
		}
	}
	_, err := c.Region.CloudWatch.PutCompositeAlarm(a)
	return &sdk.PutCompositeAlarmOutput{}, err
}

func deleteAlarms(c *call.Call, in *sdk.DeleteAlarmsInput) (*sdk.DeleteAlarmsOutput, error) {
	for _, name := range in.AlarmNames {
		if err := c.Authorize("cloudwatch:DeleteAlarms", alarmARN(c, &name), nil); err != nil {
			return nil, err
		}
	}
	return &sdk.DeleteAlarmsOutput{}, c.Region.CloudWatch.DeleteAlarms(in.AlarmNames...)
}

// notModelled refuses what is given and not modelled, by its name.
func notModelled(operation string, given map[string]bool) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if given[name] {
			return wire.NotImplemented("cloudwatch: %s of %s is not modelled by the sandbox", name, operation)
		}
	}
	return nil
}

func tagMap(tags []types.Tag) map[string]string {
	named := map[string]string{}
	for _, t := range tags {
		named[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return named
}
