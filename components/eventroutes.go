package components

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/lambda/contract"
)

// Targets of an EventRoute.
const (
	// RouteToFunction runs the region's EventProcessor.
	RouteToFunction = "function"
	// RouteToQueue fills a queue of the route's own in each region.
	RouteToQueue = "queue"
	// RouteToTopic alerts the region's topic, in the region where the event was published first, so that people are told
	// once.
	RouteToTopic = "topic"
)

// EventRoute sends the events it matches to a target. A condition that is not set matches everything.
type EventRoute struct {
	// Name of the route, used in resource names. Required.
	Name string
	// Types are detail types. Optional.
	Types []string
	// MinimumAmount and MaximumAmount bound the amount, inclusively. Optional.
	MinimumAmount, MaximumAmount *float64
	// Regions are where the transaction was written. Optional.
	Regions []string
	// Target is RouteToFunction, RouteToQueue or RouteToTopic. Required.
	Target string
}

// EventRoutesArgs configures EventRoutes.
type EventRoutesArgs struct {
	// Bus is the region's bus, Processor and Topic the region's other targets. Required.
	Bus       *RegionalBus
	Processor *EventProcessor
	Topic     *AlertTopic
	// Routes to set up. Required.
	Routes []EventRoute
}

// EventRoutes are a region's rules from configuration.
type EventRoutes struct {
	pulumi.ResourceState

	// QueueURLs of the routes to queues, by route.
	QueueURLs pulumi.StringMap
}

// NewEventRoutes creates a rule and a target for each route.
func NewEventRoutes(ctx *pulumi.Context, name string, args *EventRoutesArgs, opts ...pulumi.ResourceOption) (*EventRoutes, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("EventRoutes %q: %w", name, err)
	}
	e := &EventRoutes{QueueURLs: pulumi.StringMap{}}
	if err := ctx.RegisterComponentResource(token("EventRoutes"), name, e, opts...); err != nil {
		return nil, err
	}
	region := args.Bus.Region
	for _, route := range args.Routes {
		pattern, err := route.pattern(region.Name)
		if err != nil {
			return nil, err
		}
		rule, err := cloudwatch.NewEventRule(ctx, name+"-"+route.Name, &cloudwatch.EventRuleArgs{
			Description:  pulumi.String("Route " + route.Name + " to its " + route.Target),
			EventBusName: args.Bus.Bus.Name, EventPattern: pulumi.String(pattern),
		}, region.child(e)...)
		if err != nil {
			return nil, err
		}
		if err := e.target(ctx, name+"-"+route.Name, args, route, rule); err != nil {
			return nil, err
		}
	}
	return e, ctx.RegisterResourceOutputs(e, pulumi.Map{"queueUrls": e.QueueURLs})
}

func (a *EventRoutesArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{required(map[string]bool{"Bus": a.Bus != nil, "Processor": a.Processor != nil, "Topic": a.Topic != nil, "Routes": len(a.Routes) > 0})}
	for i, r := range a.Routes {
		if r.Name == "" || !slices.Contains([]string{RouteToFunction, RouteToQueue, RouteToTopic}, r.Target) {
			problems = append(problems, fmt.Errorf("Routes[%d] is %q to %q, want a name, and %s, %s or %s", i, r.Name, r.Target, RouteToFunction, RouteToQueue, RouteToTopic))
		}
	}
	return errors.Join(problems...)
}

func (e *EventRoutes) target(ctx *pulumi.Context, name string, args *EventRoutesArgs, route EventRoute, rule *cloudwatch.EventRule) error {
	region := args.Bus.Region
	switch route.Target {
	case RouteToFunction:
		permission, err := permit(ctx, name, e, args.Processor.Function, rule)
		if err != nil {
			return err
		}
		_, err = cloudwatch.NewEventTarget(ctx, name+"-target", &cloudwatch.EventTargetArgs{
			Rule: rule.Name, EventBusName: args.Bus.Bus.Name, Arn: args.Processor.Function.Function.Arn,
		}, region.child(e, pulumi.DependsOn([]pulumi.Resource{permission}))...)
		return err
	case RouteToQueue:
		queue, err := sqs.NewQueue(ctx, name+"-queue", &sqs.QueueArgs{SqsManagedSseEnabled: pulumi.Bool(true), MessageRetentionSeconds: pulumi.Int(14 * 24 * 3600)}, region.child(e)...)
		if err != nil {
			return err
		}
		fed, err := ruleQueuePolicy(ctx, name+"-queue-policy", e, region, queue, rule)
		if err != nil {
			return err
		}
		e.QueueURLs[route.Name] = queue.Url
		_, err = cloudwatch.NewEventTarget(ctx, name+"-target", &cloudwatch.EventTargetArgs{
			Rule: rule.Name, EventBusName: args.Bus.Bus.Name, Arn: queue.Arn,
		}, region.child(e, pulumi.DependsOn([]pulumi.Resource{fed}))...)
		return err
	default:
		_, err := cloudwatch.NewEventTarget(ctx, name+"-target", &cloudwatch.EventTargetArgs{
			Rule: rule.Name, EventBusName: args.Bus.Bus.Name, Arn: args.Topic.ARN,
		}, region.child(e)...)
		return err
	}
}

// pattern compiles the route for a region's bus.
func (r EventRoute) pattern(region string) (string, error) {
	pattern, detail := map[string]any{"source": []string{contract.EventSource}}, map[string]any{}
	if len(r.Types) > 0 {
		pattern["detail-type"] = r.Types
	}
	var bounds []any
	if r.MinimumAmount != nil {
		bounds = append(bounds, ">=", *r.MinimumAmount)
	}
	if r.MaximumAmount != nil {
		bounds = append(bounds, "<=", *r.MaximumAmount)
	}
	if bounds != nil {
		detail["amountNumber"] = []any{map[string]any{"numeric": bounds}}
	}
	if len(r.Regions) > 0 {
		detail["region"] = r.Regions
	}
	if r.Target == RouteToTopic {
		detail["publishedIn"] = []string{region}
	}
	if len(detail) > 0 {
		pattern["detail"] = detail
	}
	body, err := json.Marshal(pattern)
	return string(body), err
}
