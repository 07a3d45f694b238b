package claims

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

var cloudwatchClaims = []Claim{{
	ID:   "cloudwatch-data-refusals",
	Says: "PutMetricData refuses namespaces, names, dimensions, numbers and times out of bounds",
	Page: "sandbox-aws.md",
	Row:  "PutMetricData: 1,000 metrics, 150 values each",
	ask:  dataAreRefused,
}, {
	ID:   "cloudwatch-alarm-refusals",
	Says: "PutMetricAlarm refuses names, periods, counts and actions out of bounds: ValidationError",
	Page: "sandbox-aws.md",
	Row:  "alarms: names of 255 characters, descriptions of 1,024",
	ask:  alarmsAreRefused,
}, {
	ID:   "cloudwatch-dashboard-refusals",
	Says: "PutDashboard refuses names, bodies and more than 500 widgets: InvalidParameterInput",
	Page: "sandbox-aws.md",
	Row:  "dashboards: names of letters, digits",
	ask:  dashboardsAreRefused,
}, {
	ID:   "cloudwatch-composite-unknown",
	Says: "a composite alarm whose children do not exist is refused: ValidationError",
	Page: "sandbox-aws.md",
	Row:  "a composite alarm whose children do not exist",
	ask:  unknownChildrenAreRefused,
}, {
	ID:    "cloudwatch-composite-child",
	Says:  "rules of composite alarms are parsed, and no child of one is deleted: ValidationError",
	Page:  "sandbox-aws.md",
	Row:   "composite alarms: AND, OR, NOT, ALARM, OK",
	Makes: []*Kind{alarm, compositeAlarm},
	ask:   noChildOfACompositeIsDeleted,
}, {
	ID:    "cloudwatch-missing-data",
	Says:  "of an alarm without data breaching makes ALARM, notBreaching OK, missing and ignore leave INSUFFICIENT_DATA",
	Page:  "sandbox-aws.md",
	Row:   "M of N with every rule for missing data",
	Makes: []*Kind{alarm, alarm, alarm, alarm},
	ask:   missingDataAreTreated,
}, {
	ID:    "cloudwatch-missing-term",
	Says:  "metric math takes a missing term for 0 where another has data",
	Page:  "sandbox-aws.md",
	Row:   "metric math: + - * / comparisons",
	Makes: []*Kind{metric},
	ask:   aMissingTermIsZero,
}}

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

var dashboard = &Kind{
	Name:   "dashboard",
	USD:    3.0 / 730,
	Basis:  "$3.00 a month",
	global: true,
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		in := &cloudwatch.ListDashboardsInput{DashboardNamePrefix: aws.String(prefix)}
		for p := cloudwatch.NewListDashboardsPaginator(cloudwatch.NewFromConfig(config), in); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, d := range page.DashboardEntries {
				found = append(found, thing{name: aws.ToString(d.DashboardName)})
			}
		}
		return found, nil
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		in := &cloudwatch.DeleteDashboardsInput{DashboardNames: []string{*t.key()}}
		_, err := cloudwatch.NewFromConfig(config).DeleteDashboards(ctx, in)
		return err
	},
}

// metric is one that CloudWatch lets nobody delete, and forgets by itself.
var metric = &Kind{
	Name:   "custom metric",
	USD:    0.30 / 730,
	Basis:  "$0.30 a month, by the hours with data; it cannot be deleted, and is forgotten after 15 months",
	list:   func(context.Context, aws.Config) ([]thing, error) { return nil, nil },
	remove: func(context.Context, aws.Config, thing) error { return nil },
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

func dataAreRefused(c *Case) error {
	client := cloudwatch.NewFromConfig(c.primary())
	const value, combination = "InvalidParameterValue", "InvalidParameterCombination"
	now := time.Now()
	for _, wrong := range []struct {
		what, code string
		change     func(*cloudwatch.PutMetricDataInput, *types.MetricDatum)
	}{
		{"a namespace of AWS's", value, func(in *cloudwatch.PutMetricDataInput, _ *types.MetricDatum) {
			in.Namespace = aws.String("AWS/Lambda")
		}},
		{"a namespace that begins with a colon", value, func(in *cloudwatch.PutMetricDataInput, _ *types.MetricDatum) {
			in.Namespace = aws.String(":n")
		}},
		{"a name of 256 characters", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.MetricName = aws.String(strings.Repeat("m", 256))
		}},
		{"31 dimensions", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.Dimensions = tooMany()
		}},
		{"NaN", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) { d.Value = aws.Float64(math.NaN()) }},
		{"a number above 2^360", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.Value = aws.Float64(math.Ldexp(1, 361))
		}},
		{"a resolution of 5 seconds", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.StorageResolution = aws.Int32(5)
		}},
		{"a unit of nobody's", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) { d.Unit = "Furlongs" }},
		{"a time three weeks ago", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.Timestamp = aws.Time(now.AddDate(0, 0, -21))
		}},
		{"a time in a day", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.Timestamp = aws.Time(now.AddDate(0, 0, 1))
		}},
		{"151 values", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.Value, d.Values = nil, make([]float64, 151)
		}},
		{"no value", combination, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) { d.Value = nil }},
		{"a value and values", combination, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.Values = []float64{1}
		}},
	} {
		in := &cloudwatch.PutMetricDataInput{
			Namespace:  &c.run.ID,
			MetricData: []types.MetricDatum{{MetricName: aws.String("Refused"), Value: aws.Float64(1)}},
		}
		wrong.change(in, &in.MetricData[0])
		_, err := client.PutMetricData(c, in)
		c.refused("PutMetricData with "+wrong.what, err, wrong.code)
	}
	return nil
}

// tooMany are 31 dimensions.
func tooMany() (all []types.Dimension) {
	for i := range 31 {
		all = append(all, types.Dimension{Name: aws.String(fmt.Sprint("d", i)), Value: aws.String("v")})
	}
	return all
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

func dashboardsAreRefused(c *Case) error {
	client := cloudwatch.NewFromConfig(c.primary())
	many := `{"widgets":[{}` + strings.Repeat(",{}", 500) + `]}`
	for _, wrong := range []struct{ what, ending, body string }{
		{"a dot in its name", ".x", `{"widgets":[]}`},
		{"a name of 256 characters", strings.Repeat("x", 254-len(c.run.ID)), `{"widgets":[]}`},
		{"a body that is no object", "", `[]`},
		{"a body without widgets", "", `{}`},
		{"501 widgets", "", many},
	} {
		_, err := c.make(dashboard, c.primary(), "d", func(name string) (string, error) {
			name += wrong.ending
			_, err := client.PutDashboard(c, &cloudwatch.PutDashboardInput{
				DashboardName: &name,
				DashboardBody: &wrong.body,
			})
			return name, err
		})
		c.refused("PutDashboard with "+wrong.what, err, "InvalidParameterInput")
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

func aMissingTermIsZero(c *Case) error {
	client := cloudwatch.NewFromConfig(c.primary())
	begin := time.Now().Add(-2 * time.Minute).Truncate(time.Minute)
	namespace, err := c.make(metric, c.primary(), "m", func(name string) (string, error) {
		_, err := client.PutMetricData(c, &cloudwatch.PutMetricDataInput{Namespace: &name, MetricData: []types.MetricDatum{{
			MetricName: aws.String("There"),
			Value:      aws.Float64(2),
			Timestamp:  &begin,
		}}})
		return name, err
	})
	if err != nil {
		return err
	}
	sum := func(id, name string) types.MetricDataQuery {
		return types.MetricDataQuery{Id: &id, ReturnData: aws.Bool(false), MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: &namespace, MetricName: &name},
			Period: aws.Int32(60),
			Stat:   aws.String("Sum"),
		}}
	}
	in := &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(begin.Add(-time.Minute)),
		EndTime:   aws.Time(begin.Add(2 * time.Minute)),
		MetricDataQueries: []types.MetricDataQuery{
			sum("there", "There"), sum("absent", "Absent"), {Id: aws.String("both"), Expression: aws.String("there + absent")},
		},
	}
	var values []float64
	// New metrics are readable after minutes (CloudWatch User Guide, "Publish custom metrics").
	err = c.await("the sum of the two metrics", 15*time.Minute, func() (string, bool, error) {
		out, err := client.GetMetricData(c, in)
		if err != nil || len(out.MetricDataResults) == 0 {
			return "without values", false, err
		}
		values = out.MetricDataResults[0].Values
		return "without values", len(values) > 0, nil
	})
	if err == nil {
		c.is("there + absent, of which one is 2", values, []float64{2})
	}
	return err
}
