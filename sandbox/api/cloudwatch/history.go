package cloudwatch

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/internal/must"
)

func history(c *call.Call, in *sdk.DescribeAlarmHistoryInput) (*sdk.DescribeAlarmHistoryOutput, error) {
	if err := c.Authorize("cloudwatch:DescribeAlarmHistory", c.Region.ARN("cloudwatch", "alarm:*"), nil); err != nil {
		return nil, err
	}
	size, err := wire.Limit(in.MaxRecords, maxAlarmsPerPage, maxAlarmsPerPage, "maxRecords", "ValidationError")
	if err != nil {
		return nil, err
	}
	all := c.Region.CloudWatch.History(aws.ToString(in.AlarmName))
	items := slices.DeleteFunc(all, func(i cloudwatch.HistoryItem) bool { return !isWanted(i, in) })
	if in.ScanBy != types.ScanByTimestampAscending { // the newest first, unless the request says otherwise
		slices.Reverse(items)
	}
	items, next, ok := wire.Page(items, in.NextToken, size)
	if !ok {
		return nil, awserr.Invalid("InvalidNextToken", "The next token specified is invalid.")
	}
	out := &sdk.DescribeAlarmHistoryOutput{AlarmHistoryItems: []types.AlarmHistoryItem{}, NextToken: next}
	for _, i := range items {
		out.AlarmHistoryItems = append(out.AlarmHistoryItems, historyItem(i))
	}
	return out, nil
}

// isWanted takes metric alarms only, unless the request names other types (API Reference, DescribeAlarmHistory).
func isWanted(i cloudwatch.HistoryItem, in *sdk.DescribeAlarmHistoryInput) bool {
	kinds := in.AlarmTypes
	if len(kinds) == 0 {
		kinds = []types.AlarmType{types.AlarmTypeMetricAlarm}
	}
	switch {
	case !slices.Contains(kinds, types.AlarmType(i.AlarmType)),
		in.HistoryItemType != "" && string(in.HistoryItemType) != i.Type,
		in.StartDate != nil && i.Timestamp.Before(*in.StartDate),
		in.EndDate != nil && i.Timestamp.After(*in.EndDate):
		return false
	}
	return true
}

func historyItem(i cloudwatch.HistoryItem) types.AlarmHistoryItem {
	to := types.AlarmHistoryItem{
		AlarmName:       &i.AlarmName,
		AlarmType:       types.AlarmType(i.AlarmType),
		Timestamp:       &i.Timestamp,
		HistoryItemType: types.HistoryItemType(i.Type),
		HistorySummary:  &i.Summary,
	}
	if i.Type == cloudwatch.HistoryStateUpdate {
		to.HistoryData = aws.String(string(must.JSON(stateChange(i))))
	}
	return to
}

// stateChange is the data of a StateUpdate, in CloudWatch's form.
func stateChange(i cloudwatch.HistoryItem) any {
	type state struct {
		StateValue  cloudwatch.State `json:"stateValue"`
		StateReason string           `json:"stateReason,omitempty"`
	}
	return struct {
		Version  string `json:"version"`
		Type     string `json:"type"`
		OldState state  `json:"oldState"`
		NewState state  `json:"newState"`
	}{"1.0", "Update", state{StateValue: i.Old}, state{i.New, i.Reason}}
}
