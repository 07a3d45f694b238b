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
	// Database is the region's side, of which everything is reported. Required.
	Database *DsqlSide
	// Testers are the ARNs of the roles that restore tests work as. What they do to other clusters is not reported, unless
	// it was refused. Optional.
	Testers pulumi.StringArray
	// After is what must not be reported: the creation and peering of the clusters by this stack. Required.
	After []pulumi.Resource
	// Runbooks are linked from the description of the alarm. Required.
	Runbooks contract.Runbooks
}

// DatabaseEvents reports the API calls that change, end or restore a cluster of the region to its topic, those that
// were refused as such. Aurora DSQL emits no state-change events; "AWS API Call via CloudTrail" is what there is, best
// effort, and it needs a CloudTrail trail that records management events in the region.
type DatabaseEvents struct {
	pulumi.ResourceState

	// ARNs and Names are of the alarm on what did not reach the topic.
	ARNs, Names pulumi.StringArray
}

// databaseCalls are the calls that are reported. Of a restore this is Aurora DSQL's own call, which AWS Backup makes in
// the role that it restores as ("Logging Aurora DSQL operations using AWS CloudTrail", Aurora DSQL User Guide): a copy
// of all rows that somebody makes concerns a bank as much as a deletion.
var databaseCalls = []string{"DeleteCluster", "UpdateCluster", "PutClusterPolicy", "StartRestoreJob"}

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
		"Database": a.Database != nil,
		"After":    len(a.After) > 0,
		"Runbooks": a.Runbooks != "",
	})
}

func (r report) create(
	ctx *pulumi.Context, name string, parent pulumi.Resource, args *DatabaseEventsArgs,
) (*cloudwatch.EventRule, error) {
	pattern := pulumi.All(args.Database.Identifier, args.Testers).ApplyT(func(v []any) (string, error) {
		testers, _ := v[1].([]string) // nil without
		return r.pattern(v[0].(string), testers)
	}).(pulumi.StringOutput)
	description := "Changes, deletions and restores of Aurora DSQL clusters in " + args.Region.Name
	if r.refused {
		description += " that were refused"
	}
	return cloudwatch.NewEventRule(ctx, name+r.rule, &cloudwatch.EventRuleArgs{
		Description:  pulumi.String(description),
		EventPattern: pattern,
	}, args.Region.Child(parent, pulumi.DependsOn(args.After))...)
}

// pattern matches the calls to report.
func (r report) pattern(cluster string, testers []string) (string, error) {
	detail := map[string]any{
		"eventSource": []string{"dsql.amazonaws.com"},
		"eventName":   databaseCalls,
		"errorCode":   []any{map[string]bool{"exists": r.refused}},
	}
	if !r.refused && len(testers) > 0 {
		detail["$or"] = []any{onCluster(cluster), byOthers(testers)}
	}
	body, err := json.Marshal(map[string]any{
		"source":      []string{"aws.dsql"},
		"detail-type": []string{"AWS API Call via CloudTrail"},
		"detail":      detail,
	})
	return string(body), err
}

// onCluster matches what is done to a cluster, whoever does it.
func onCluster(identifier string) map[string]any {
	return map[string]any{"requestParameters": map[string]any{"identifier": []string{identifier}}}
}

// byOthers matches what is done by anybody but sessions of these roles. Of a session CloudTrail names the role in
// sessionIssuer, which the records of root and of IAM users do not have ("CloudTrail userIdentity element", CloudTrail
// User Guide). Anything-but alone matches no field that is not there, and exists looks at leaves only ("Comparison
// operators for use in event patterns", EventBridge User Guide).
func byOthers(roles []string) map[string]any {
	role := []any{map[string]bool{"exists": false}, map[string][]string{"anything-but": roles}}
	return map[string]any{"userIdentity": map[string]any{
		"sessionContext": map[string]any{"sessionIssuer": map[string]any{"arn": role}},
	}}
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
