package claims

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

var alarm = &Kind{
	Name:   "alarm",
	USD:    0.10 / 730,
	Basis:  "$0.10 a month, by the hour",
	list:   listAlarms(types.AlarmTypeMetricAlarm),
	remove: removeAlarm,
}

var compositeAlarm = &Kind{
	Name:   "composite alarm",
	USD:    0.50 / 730,
	Basis:  "$0.50 a month, by the hour",
	list:   listAlarms(types.AlarmTypeCompositeAlarm),
	remove: removeAlarm,
}

func listAlarms(kind types.AlarmType) func(context.Context, aws.Config) ([]thing, error) {
	return func(ctx context.Context, config aws.Config) (found []thing, err error) {
		in := &cloudwatch.DescribeAlarmsInput{
			AlarmNamePrefix: aws.String(prefix),
			AlarmTypes:      []types.AlarmType{kind},
		}
		for p := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(config), in); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, a := range page.MetricAlarms {
				found = append(found, thing{name: aws.ToString(a.AlarmName)})
			}
			for _, a := range page.CompositeAlarms {
				found = append(found, thing{name: aws.ToString(a.AlarmName)})
			}
		}
		return found, nil
	}
}

func removeAlarm(ctx context.Context, config aws.Config, t thing) error {
	in := &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{*t.key()}}
	_, err := cloudwatch.NewFromConfig(config).DeleteAlarms(ctx, in)
	return err
}

// alarm makes an alarm on a metric that nobody publishes.
func (c *Case) alarm(
	client *cloudwatch.Client, ending string, change func(*cloudwatch.PutMetricAlarmInput),
) (string, error) {
	return c.make(alarm, c.primary(), ending, func(name string) (string, error) {
		in := &cloudwatch.PutMetricAlarmInput{
			AlarmName:          &name,
			Namespace:          &name,
			MetricName:         aws.String("Silent"),
			Statistic:          types.StatisticSum,
			Period:             aws.Int32(60),
			EvaluationPeriods:  aws.Int32(1),
			ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold,
			Threshold:          aws.Float64(0),
		}
		change(in)
		_, err := client.PutMetricAlarm(c, in)
		return *in.AlarmName, err
	})
}

func alarmsAreRefused(c *Case) error {
	client := cloudwatch.NewFromConfig(c.primary())
	elsewhere := c.arn("sns", c.run.Regions[1], "none")
	here := c.arn("sns", c.run.Regions[0], "none")
	for _, wrong := range []struct {
		what   string
		change func(*cloudwatch.PutMetricAlarmInput)
		words  []string
	}{
		{"a name of 256 characters", func(in *cloudwatch.PutMetricAlarmInput) {
			in.AlarmName = aws.String(*in.AlarmName + strings.Repeat("x", 256-len(*in.AlarmName)))
		}, nil},
		{"a description of 1,025 characters", func(in *cloudwatch.PutMetricAlarmInput) {
			in.AlarmDescription = aws.String(strings.Repeat("d", 1025))
		}, nil},
		{"a period of 45 seconds", func(in *cloudwatch.PutMetricAlarmInput) { in.Period = aws.Int32(45) }, nil},
		{"periods of two days in all", func(in *cloudwatch.PutMetricAlarmInput) {
			in.Period, in.EvaluationPeriods = aws.Int32(1800), aws.Int32(96)
		}, nil},
		{"2 of 1 datapoints", func(in *cloudwatch.PutMetricAlarmInput) { in.DatapointsToAlarm = aws.Int32(2) }, nil},
		{"a rule of nobody's for missing data", func(in *cloudwatch.PutMetricAlarmInput) {
			in.TreatMissingData = aws.String("good")
		}, nil},
		{"31 dimensions", func(in *cloudwatch.PutMetricAlarmInput) { in.Dimensions = tooMany() }, nil},
		{"6 actions", func(in *cloudwatch.PutMetricAlarmInput) {
			in.AlarmActions = []string{here + "1", here + "2", here + "3", here + "4", here + "5", here + "6"}
		}, nil},
		{"a topic of another region", func(in *cloudwatch.PutMetricAlarmInput) {
			in.AlarmActions = []string{elsewhere}
		}, []string{
			"Invalid region " + c.run.Regions[1] + " specified. Only " + c.run.Regions[0] + " is supported",
		}},
	} {
		_, err := c.alarm(client, "r", wrong.change)
		c.refused("PutMetricAlarm with "+wrong.what, err, "ValidationError", wrong.words...)
	}
	return nil
}

// composite makes a composite alarm of a rule.
func (c *Case) composite(client *cloudwatch.Client, ending, rule string) (string, error) {
	return c.make(compositeAlarm, c.primary(), ending, func(name string) (string, error) {
		_, err := client.PutCompositeAlarm(c, &cloudwatch.PutCompositeAlarmInput{AlarmName: &name, AlarmRule: &rule})
		return name, err
	})
}

func unknownChildrenAreRefused(c *Case) error {
	client := cloudwatch.NewFromConfig(c.primary())
	_, err := c.composite(client, "u", fmt.Sprintf("ALARM(%q)", c.run.ID+"-none"))
	c.refused("PutCompositeAlarm over an alarm that is not there", err, "ValidationError")
	return nil
}

func noChildOfACompositeIsDeleted(c *Case) error {
	client := cloudwatch.NewFromConfig(c.primary())
	child, err := c.alarm(client, "child", func(*cloudwatch.PutMetricAlarmInput) {})
	if err != nil {
		return err
	}
	for _, rule := range []string{"ALARM(", "ALARM(" + child + ") XOR TRUE", "RED(" + child + ")", ""} {
		_, err := c.composite(client, "r", rule)
		c.refused(fmt.Sprintf("PutCompositeAlarm with the rule %q", rule), err, "ValidationError")
	}
	parent, err := c.composite(client, "parent", "NOT (OK("+child+") OR FALSE) AND TRUE")
	if !c.accepted("PutCompositeAlarm with NOT, OR and AND", err) {
		return nil
	}
	remove := func(names ...string) error {
		_, err := client.DeleteAlarms(c, &cloudwatch.DeleteAlarmsInput{AlarmNames: names})
		return err
	}
	c.refused("DeleteAlarms of the child", remove(child), "ValidationError", "composite alarm(s) depending on it")
	c.accepted("DeleteAlarms of the composite alarm", remove(parent))
	c.accepted("DeleteAlarms of the child then", remove(child))
	return nil
}

func missingDataAreTreated(c *Case) error {
	client := cloudwatch.NewFromConfig(c.primary())
	names := map[string]string{}
	for _, rule := range []string{"breaching", "notBreaching", "missing", "ignore"} {
		name, err := c.alarm(client, rule, func(in *cloudwatch.PutMetricAlarmInput) { in.TreatMissingData = &rule })
		if err != nil {
			return err
		}
		names[name] = rule
	}
	states := map[string]types.StateValue{}
	// An alarm is evaluated every minute; that one without data needs some minutes to be so has been reported.
	err := c.await("the four alarms", 10*time.Minute, func() (string, bool, error) {
		out, err := client.DescribeAlarms(c, &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String(c.run.ID)})
		if err != nil {
			return "", false, err
		}
		for _, a := range out.MetricAlarms {
			states[names[aws.ToString(a.AlarmName)]] = a.StateValue
		}
		const unknown = types.StateValueInsufficientData
		return "not evaluated yet", states["breaching"] != unknown && states["notBreaching"] != unknown, nil
	})
	if err != nil {
		return err
	}
	c.is("the alarm whose missing data are breaching", states["breaching"], types.StateValueAlarm)
	c.is("the alarm whose missing data are notBreaching", states["notBreaching"], types.StateValueOk)
	c.is("the alarm whose missing data are missing", states["missing"], types.StateValueInsufficientData)
	c.is("the alarm whose missing data are ignored", states["ignore"], types.StateValueInsufficientData)
	return nil
}
