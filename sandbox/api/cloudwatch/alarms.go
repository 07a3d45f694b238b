package cloudwatch

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
)

// Pages of alarms and of their history (API Reference, DescribeAlarms, DescribeAlarmHistory).
const (
	alarmsPerPage    = 50
	maxAlarmsPerPage = 100
)

// alarm is one of the two kinds as DescribeAlarms lists it.
type alarm struct {
	name      string
	state     types.StateValue
	actions   []string
	metric    *types.MetricAlarm
	composite *types.CompositeAlarm
}

func describe(c *call.Call, in *sdk.DescribeAlarmsInput) (*sdk.DescribeAlarmsOutput, error) {
	if err := c.Authorize("cloudwatch:DescribeAlarms", c.Region.ARN("cloudwatch", "alarm:*"), nil); err != nil {
		return nil, err
	}
	if in.ChildrenOfAlarmName != nil || in.ParentsOfAlarmName != nil {
		return nil, wire.NotImplemented("cloudwatch: ChildrenOfAlarmName and ParentsOfAlarmName of DescribeAlarms " +
			"are not modelled by the sandbox")
	}
	if in.AlarmNamePrefix != nil && len(in.AlarmNames) > 0 {
		return nil, awserr.Invalid("ValidationError", "AlarmNames and AlarmNamePrefix cannot both be specified.")
	}
	if err := checkState(in.StateValue, true); err != nil {
		return nil, err
	}
	size, err := wire.Limit(in.MaxRecords, alarmsPerPage, maxAlarmsPerPage, "maxRecords", "ValidationError")
	if err != nil {
		return nil, err
	}
	alarms, err := alarms(c, in.AlarmTypes)
	if err != nil {
		return nil, err
	}
	alarms = slices.DeleteFunc(alarms, func(a alarm) bool { return !a.isWanted(in) })
	alarms, next, ok := wire.Page(alarms, in.NextToken, size)
	if !ok {
		return nil, awserr.Invalid("InvalidNextToken", "The next token specified is invalid.")
	}
	out := &sdk.DescribeAlarmsOutput{
		MetricAlarms:    []types.MetricAlarm{},
		CompositeAlarms: []types.CompositeAlarm{},
		NextToken:       next,
	}
	for _, a := range alarms {
		if a.metric != nil {
			out.MetricAlarms = append(out.MetricAlarms, *a.metric)
		} else {
			out.CompositeAlarms = append(out.CompositeAlarms, *a.composite)
		}
	}
	return out, nil
}

// alarms lists the alarms of these types, by default metric alarms only (API Reference, DescribeAlarms).
func alarms(c *call.Call, kinds []types.AlarmType) ([]alarm, error) {
	if len(kinds) == 0 {
		kinds = []types.AlarmType{types.AlarmTypeMetricAlarm}
	}
	var alarms []alarm
	if slices.Contains(kinds, types.AlarmTypeCompositeAlarm) {
		for _, a := range c.Region.CloudWatch.CompositeAlarms() {
			status, err := c.Region.CloudWatch.AlarmStatus(a.AlarmName)
			if err != nil {
				return nil, err
			}
			composite := compositeAlarm(a, status)
			alarms = append(alarms, alarm{name: a.AlarmName, state: composite.StateValue, composite: &composite,
				actions: slices.Concat(a.AlarmActions, a.OkActions, a.InsufficientDataActions)})
		}
	}
	if slices.Contains(kinds, types.AlarmTypeMetricAlarm) {
		for _, a := range c.Region.CloudWatch.MetricAlarms() {
			status, err := c.Region.CloudWatch.AlarmStatus(a.Name)
			if err != nil {
				return nil, err
			}
			metric := metricAlarm(a, status)
			alarms = append(alarms, alarm{name: a.Name, state: metric.StateValue, metric: &metric,
				actions: slices.Concat(a.AlarmActions, a.OkActions, a.InsufficientDataActions)})
		}
	}
	return alarms, nil
}

func (a alarm) isWanted(in *sdk.DescribeAlarmsInput) bool {
	switch {
	case len(in.AlarmNames) > 0 && !slices.Contains(in.AlarmNames, a.name),
		!strings.HasPrefix(a.name, aws.ToString(in.AlarmNamePrefix)),
		in.StateValue != "" && in.StateValue != a.state:
		return false
	}
	return in.ActionPrefix == nil || slices.ContainsFunc(a.actions, func(arn string) bool {
		return strings.HasPrefix(arn, *in.ActionPrefix)
	})
}

func metricAlarm(a cloudwatch.MetricAlarm, status cloudwatch.AlarmStatus) types.MetricAlarm {
	to := types.MetricAlarm{
		AlarmName:                          &a.Name,
		AlarmArn:                           &a.Arn,
		AlarmDescription:                   wire.Optional(a.AlarmDescription),
		ActionsEnabled:                     a.ActionsEnabled,
		AlarmActions:                       orNone(a.AlarmActions),
		OKActions:                          orNone(a.OkActions),
		InsufficientDataActions:            orNone(a.InsufficientDataActions),
		ComparisonOperator:                 types.ComparisonOperator(a.ComparisonOperator),
		Threshold:                          a.Threshold,
		EvaluationPeriods:                  wire.Small(a.EvaluationPeriods),
		TreatMissingData:                   &a.TreatMissingData,
		Namespace:                          wire.Optional(a.Namespace),
		MetricName:                         wire.Optional(a.MetricName),
		Dimensions:                         dimensionList(a.Dimensions),
		Statistic:                          types.Statistic(a.Statistic),
		ExtendedStatistic:                  wire.Optional(a.ExtendedStatistic),
		Unit:                               types.StandardUnit(a.Unit),
		StateValue:                         types.StateValue(status.Value),
		StateReason:                        &status.Reason,
		StateUpdatedTimestamp:              &status.UpdatedAt,
		StateTransitionedTimestamp:         &status.TransitionedAt,
		AlarmConfigurationUpdatedTimestamp: &status.ConfiguredAt,
	}
	if a.DatapointsToAlarm > 0 {
		to.DatapointsToAlarm = wire.Small(a.DatapointsToAlarm)
	}
	if a.Period > 0 {
		to.Period = wire.Small(a.Period)
	}
	for _, q := range a.MetricQueries {
		to.Metrics = append(to.Metrics, metricDataQuery(q))
	}
	return to
}

func compositeAlarm(a cloudwatch.CompositeAlarm, status cloudwatch.AlarmStatus) types.CompositeAlarm {
	to := types.CompositeAlarm{
		AlarmName:                          &a.AlarmName,
		AlarmArn:                           &a.Arn,
		AlarmDescription:                   wire.Optional(a.AlarmDescription),
		ActionsEnabled:                     a.ActionsEnabled,
		AlarmRule:                          &a.AlarmRule,
		AlarmActions:                       orNone(a.AlarmActions),
		OKActions:                          orNone(a.OkActions),
		InsufficientDataActions:            orNone(a.InsufficientDataActions),
		StateValue:                         types.StateValue(status.Value),
		StateReason:                        &status.Reason,
		StateUpdatedTimestamp:              &status.UpdatedAt,
		StateTransitionedTimestamp:         &status.TransitionedAt,
		AlarmConfigurationUpdatedTimestamp: &status.ConfiguredAt,
	}
	if by := a.ActionsSuppressor; by != nil {
		to.ActionsSuppressor = &by.Alarm
		to.ActionsSuppressorWaitPeriod = wire.Small(by.WaitPeriod)
		to.ActionsSuppressorExtensionPeriod = wire.Small(by.ExtensionPeriod)
	}
	if status.SuppressedBy != "" {
		to.ActionsSuppressedBy = types.ActionsSuppressedBy(status.SuppressedBy)
		to.ActionsSuppressedReason = aws.String("Actions suppressed by " + string(status.SuppressedBy))
	}
	return to
}

func metricDataQuery(q cloudwatch.MetricQuery) types.MetricDataQuery {
	to := types.MetricDataQuery{
		Id:         &q.ID,
		Expression: wire.Optional(q.Expression),
		Label:      wire.Optional(q.Label),
		ReturnData: q.ReturnData,
	}
	if q.Period > 0 {
		to.Period = wire.Small(q.Period)
	}
	if m := q.Metric; m != nil {
		to.MetricStat = &types.MetricStat{
			Period: wire.Small(m.Period),
			Stat:   &m.Stat,
			Unit:   types.StandardUnit(m.Unit),
			Metric: &types.Metric{
				Namespace:  &m.Namespace,
				MetricName: &m.MetricName,
				Dimensions: dimensionList(m.Dimensions),
			},
		}
	}
	return to
}

// orNone makes a list that is present without items.
func orNone(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// setState holds until the next evaluation, as on AWS.
func setState(c *call.Call, in *sdk.SetAlarmStateInput) (*sdk.SetAlarmStateOutput, error) {
	name := aws.ToString(in.AlarmName)
	if err := c.Authorize("cloudwatch:SetAlarmState", c.Region.ARN("cloudwatch", "alarm:"+name), nil); err != nil {
		return nil, err
	}
	if err := requireMembers(map[string]bool{
		"AlarmName":   in.AlarmName != nil,
		"StateReason": in.StateReason != nil,
	}); err != nil {
		return nil, err
	}
	if err := checkState(in.StateValue, false); err != nil {
		return nil, err
	}
	err := c.Region.CloudWatch.SetAlarmState(name, cloudwatch.State(in.StateValue), *in.StateReason)
	return &sdk.SetAlarmStateOutput{}, err
}

func checkState(state types.StateValue, orNone bool) error {
	if orNone && state == "" || slices.Contains(state.Values(), state) {
		return nil
	}
	return awserr.Invalid("ValidationError", "1 validation error detected: Value '%s' at 'stateValue' "+
		"failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]", state)
}
