package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// AlarmList are the ARNs and names of alarms of one region.
type AlarmList struct {
	ARNs, Names pulumi.StringArray
}

// namedAlarm is an alarm that is still to be made.
type namedAlarm struct {
	name string
	args cloudwatch.MetricAlarmArgs
}
