package components

import (
	"encoding/json"
	"errors"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/alarm"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// DatabaseEventsArgs configures DatabaseEvents.
type DatabaseEventsArgs struct {
	// Region of the cluster, and its Topic. Required.
	Region Region
	Topic  *AlertTopic
	// After is what must not be reported: the creation and peering of the clusters by this stack. Required.
	After []pulumi.Resource
	// Runbooks are linked from the description of the alarm. Required.
	Runbooks contract.Runbooks
}

// DatabaseEvents reports the API calls that change or end a cluster to a region's topic, those that were refused as
// such. Aurora DSQL emits no state-change events; "AWS API Call via CloudTrail" is what there is, best effort, and it
// needs a CloudTrail trail that records management events in the region.
type DatabaseEvents struct {
	pulumi.ResourceState

	// ARNs and Names are of the alarm on what did not reach the topic.
	ARNs, Names pulumi.StringArray
}

// databaseCalls are the calls that are reported.
var databaseCalls = []string{"DeleteCluster", "UpdateCluster", "PutClusterPolicy"}

// report is one rule of DatabaseEvents: CloudTrail gives a call that was refused an errorCode, and the done one none.
type report struct {
	rule, target string // what their names end in
	refused      bool
	alert        string
}

var reports = []report{
	{rule: "-rule", target: "-target", alert: "<call> on Aurora DSQL in <region> by <who> at <time>"},
	{
		rule:    "-rule-refused",
		target:  "-target-refused",
		refused: true,
		alert:   "REFUSED (<error>): <call> on Aurora DSQL in <region> by <who> at <time>",
	},
}

// NewDatabaseEvents creates the rules and their targets. All come after the clusters and go before them, so that
// neither a first deployment nor a destroy reports its own calls.
func NewDatabaseEvents(
	ctx *pulumi.Context, name string, args *DatabaseEventsArgs, opts ...pulumi.ResourceOption,
) (*DatabaseEvents, error) {
	d := &DatabaseEvents{}
	if err := part.Open(ctx, "DatabaseEvents", name, d, args.validate(), opts); err != nil {
		return nil, err
	}
	undelivered, err := longLivedQueue(ctx, name+"-dead-letters", d, args.Region)
	if err != nil {
		return nil, err
	}
	rules := make([]*cloudwatch.EventRule, len(reports))
	arns := make([]pulumi.StringOutput, len(reports))
	for i, r := range reports {
		if rules[i], err = r.create(ctx, name, d, args); err != nil {
			return nil, err
		}
		arns[i] = rules[i].Arn
	}
	fed, err := feedQueue(ctx, name+"-dead-letter-policy", d, args.Region, undelivered, arns...)
	if err != nil {
		return nil, err
	}
	for i, r := range reports {
		if _, err := cloudwatch.NewEventTarget(ctx, name+r.target, &cloudwatch.EventTargetArgs{
			Rule:             rules[i].Name,
			Arn:              args.Topic.ARN,
			InputTransformer: r.transformer(),
			DeadLetterConfig: cloudwatch.EventTargetDeadLetterConfigArgs{Arn: undelivered.Arn},
		}, args.Region.Child(d, pulumi.DependsOn([]pulumi.Resource{fed}))...); err != nil {
			return nil, err
		}
	}
	set := &alarm.Set{Context: ctx, Parent: d}
	unreported := alarm.LostEvents(undelivered.Name, alarm.Described(
		"A change of the database in "+args.Region.Name+" could not be reported; the queue has it.", args.Runbooks,
		contract.RunbookUndelivered))
	if _, err := set.Metric(args.Region.Provider, args.Topic.ARN, name+"-alarms-undelivered", unreported); err != nil {
		return nil, err
	}
	d.ARNs, d.Names = set.ARNs, set.Names
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"ruleName": rules[0].Name})
}

func (a *DatabaseEventsArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Region.Required("Region"), map[string]bool{
		"Topic":    a.Topic != nil,
		"After":    len(a.After) > 0,
		"Runbooks": a.Runbooks != "",
	})
}

func (r report) create(
	ctx *pulumi.Context, name string, parent pulumi.Resource, args *DatabaseEventsArgs,
) (*cloudwatch.EventRule, error) {
	pattern, err := json.Marshal(map[string]any{
		"source":      []string{"aws.dsql"},
		"detail-type": []string{"AWS API Call via CloudTrail"},
		"detail": map[string]any{
			"eventSource": []string{"dsql.amazonaws.com"},
			"eventName":   databaseCalls,
			"errorCode":   []any{map[string]bool{"exists": r.refused}},
		},
	})
	if err != nil {
		return nil, err
	}
	description := "Changes and deletions of Aurora DSQL clusters in " + args.Region.Name
	if r.refused {
		description += " that were refused"
	}
	return cloudwatch.NewEventRule(ctx, name+r.rule, &cloudwatch.EventRuleArgs{
		Description:  pulumi.String(description),
		EventPattern: pulumi.String(string(pattern)),
	}, args.Region.Child(parent, pulumi.DependsOn(args.After))...)
}

// transformer makes the message. In quotes are only names that hold no quotation mark, since EventBridge escapes
// nothing there; the request, which may be a policy and so JSON within JSON, is a value of its own.
func (r report) transformer() cloudwatch.EventTargetInputTransformerArgs {
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
		InputPaths:    paths,
		InputTemplate: pulumi.String(`{"alert":"` + r.alert + `","request":<request>}`),
	}
}
