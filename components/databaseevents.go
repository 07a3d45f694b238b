package components

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// DatabaseEventsArgs configures DatabaseEvents.
type DatabaseEventsArgs struct {
	// Region of the cluster, and its Topic. Required.
	Region Region
	Topic  *AlertTopic
	// After is what must not be reported: the creation and peering of the clusters by this stack. Required.
	After []pulumi.Resource
}

// DatabaseEvents reports the API calls that change or end a cluster to a region's topic. Aurora DSQL emits no
// state-change events; "AWS API Call via CloudTrail" is what there is, best effort, and it needs a CloudTrail trail that
// records management events in the region.
type DatabaseEvents struct {
	pulumi.ResourceState
}

// NewDatabaseEvents creates the rule and its target. Both come after the clusters and go before them, so that neither a
// first deployment nor a destroy reports its own calls.
func NewDatabaseEvents(ctx *pulumi.Context, name string, args *DatabaseEventsArgs, opts ...pulumi.ResourceOption) (*DatabaseEvents, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("DatabaseEvents %q: %w", name, err)
	}
	d := &DatabaseEvents{}
	if err := ctx.RegisterComponentResource(token("DatabaseEvents"), name, d, opts...); err != nil {
		return nil, err
	}
	pattern, err := json.Marshal(map[string]any{
		"source": []string{"aws.dsql"}, "detail-type": []string{"AWS API Call via CloudTrail"},
		"detail": map[string]any{"eventSource": []string{"dsql.amazonaws.com"}, "eventName": []string{"DeleteCluster", "UpdateCluster", "PutClusterPolicy"}},
	})
	if err != nil {
		return nil, err
	}
	rule, err := cloudwatch.NewEventRule(ctx, name+"-rule", &cloudwatch.EventRuleArgs{
		Description:  pulumi.String("Changes and deletions of Aurora DSQL clusters in " + args.Region.Name),
		EventPattern: pulumi.String(string(pattern)),
	}, args.Region.child(d, pulumi.DependsOn(args.After))...)
	if err != nil {
		return nil, err
	}
	if _, err = cloudwatch.NewEventTarget(ctx, name+"-target", &cloudwatch.EventTargetArgs{
		Rule: rule.Name, Arn: args.Topic.ARN,
		InputTransformer: cloudwatch.EventTargetInputTransformerArgs{
			InputPaths: pulumi.StringMap{
				"call": pulumi.String("$.detail.eventName"), "who": pulumi.String("$.detail.userIdentity.arn"),
				"region": pulumi.String("$.region"), "time": pulumi.String("$.time"), "request": pulumi.String("$.detail.requestParameters"),
			},
			InputTemplate: pulumi.String(`"<call> on Aurora DSQL in <region> by <who> at <time>: <request>"`),
		},
	}, args.Region.child(d)...); err != nil {
		return nil, err
	}
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"ruleName": rule.Name})
}

func (a *DatabaseEventsArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return required(a.Region.required("Region"), map[string]bool{"Topic": a.Topic != nil, "After": len(a.After) > 0})
}
