package components

import (
	"encoding/json"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/alarm"
	"aurora-dsql-dr/lambda/contract"
)

// CallReports tell the people of a region of calls of an AWS API, those that were refused as such. The calls come as
// "AWS API Call via CloudTrail": best effort, and only with a CloudTrail trail that records management events there.
type CallReports struct {
	// Region of the calls, and its Topic.
	Region Region
	Topic  *AlertTopic
	// On is what the calls are made on, as people read it: "Aurora DSQL".
	On string
	// Calls describe the rules: what is reported.
	Calls string
	// Pattern is that of a rule, see CallPattern.
	Pattern func(refused bool) pulumi.StringOutput
	// Undelivered is what has happened when the topic did not take an event, for the description of the alarm.
	Undelivered string
	// After is what must not be reported: what the stack itself does to make what is watched.
	After []pulumi.Resource
	// Runbooks are linked from the description of the alarm.
	Runbooks contract.Runbooks
}

// report is one of the two rules: CloudTrail gives a call that was refused an errorCode, and the done one none.
type report struct {
	suffix  string // of its name
	refused bool
	begins  string // its message
}

var reports = []report{
	{},
	{suffix: "-refused", refused: true, begins: "REFUSED (<error>): "},
}

// CallPattern matches calls of a service's API that were done or refused; detail says which, without errorCode.
func CallPattern(service string, refused bool, detail map[string]any) (string, error) {
	detail["eventSource"] = []string{service + ".amazonaws.com"}
	detail["errorCode"] = []any{map[string]bool{"exists": refused}}
	body, err := json.Marshal(map[string]any{
		"source":      []string{"aws." + service},
		"detail-type": []string{"AWS API Call via CloudTrail"},
		"detail":      detail,
	})
	return string(body), err
}

// Create creates rules and targets, and a queue with an alarm for what the topic does not take. All come after what is
// watched and go before it, so that neither a first deployment nor a destroy reports its own calls.
func (r CallReports) Create(ctx *pulumi.Context, name string, parent pulumi.Resource) (AlarmList, error) {
	undelivered, err := longLivedQueue(ctx, name+"-dead-letters", parent, r.Region)
	if err != nil {
		return AlarmList{}, err
	}
	rules := make([]*cloudwatch.EventRule, len(reports))
	arns := make([]pulumi.StringOutput, len(reports))
	for i, one := range reports {
		if rules[i], err = r.rule(ctx, name, parent, one); err != nil {
			return AlarmList{}, err
		}
		arns[i] = rules[i].Arn
	}
	fed, err := feedQueue(ctx, name+"-dead-letter-policy", parent, r.Region, undelivered, arns...)
	if err != nil {
		return AlarmList{}, err
	}
	for i, one := range reports {
		if _, err := cloudwatch.NewEventTarget(ctx, name+"-target"+one.suffix, &cloudwatch.EventTargetArgs{
			Rule:             rules[i].Name,
			Arn:              r.Topic.ARN,
			InputTransformer: one.transformer(r.On),
			DeadLetterConfig: cloudwatch.EventTargetDeadLetterConfigArgs{Arn: undelivered.Arn},
		}, r.Region.Child(parent, pulumi.DependsOn([]pulumi.Resource{fed}))...); err != nil {
			return AlarmList{}, err
		}
	}
	return r.alarm(ctx, name, parent, undelivered)
}

func (r CallReports) rule(
	ctx *pulumi.Context, name string, parent pulumi.Resource, one report,
) (*cloudwatch.EventRule, error) {
	description := r.Calls
	if one.refused {
		description += " that were refused"
	}
	return cloudwatch.NewEventRule(ctx, name+"-rule"+one.suffix, &cloudwatch.EventRuleArgs{
		Description:  pulumi.String(description),
		EventPattern: r.Pattern(one.refused),
	}, r.Region.Child(parent, pulumi.DependsOn(r.After))...)
}

// alarm is on what did not reach the topic.
func (r CallReports) alarm(
	ctx *pulumi.Context, name string, parent pulumi.Resource, undelivered *sqs.Queue,
) (AlarmList, error) {
	set := &alarm.Set{Context: ctx, Parent: parent}
	args := alarm.LostEvents(undelivered.Name, alarm.Described(
		r.Undelivered+" in "+r.Region.Name+" could not be reported; the queue has it.", r.Runbooks,
		contract.RunbookUndelivered))
	_, err := set.Metric(r.Region.Provider, r.Topic.ARN, name+"-alarms-undelivered", args)
	return AlarmList{ARNs: set.ARNs, Names: set.Names}, err
}

// transformer makes the message. In quotes are only names that hold no quotation mark, since EventBridge escapes
// nothing there; the request, which may be a policy and so JSON within JSON, is a value of its own.
func (r report) transformer(on string) cloudwatch.EventTargetInputTransformerArgs {
	paths := pulumi.StringMap{
		"call":    pulumi.String("$.detail.eventName"),
		"who":     pulumi.String("$.detail.userIdentity.arn"),
		"region":  pulumi.String("$.region"),
		"time":    pulumi.String("$.time"),
		"request": pulumi.String("$.detail.requestParameters"),
	}
	if r.refused {
		paths["error"] = pulumi.String("$.detail.errorCode")
	}
	return cloudwatch.EventTargetInputTransformerArgs{
		InputPaths: paths,
		InputTemplate: pulumi.String(`{"alert":"` + r.begins + "<call> on " + on +
			` in <region> by <who> at <time>","request":<request>}`),
	}
}
