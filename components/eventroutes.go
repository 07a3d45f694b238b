package components

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/part"
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
	// Undelivered holds the events that did not reach a route's target.
	Undelivered *sqs.Queue
}

// NewEventRoutes creates a rule and a target for each route.
func NewEventRoutes(
	ctx *pulumi.Context, name string, args *EventRoutesArgs, opts ...pulumi.ResourceOption,
) (*EventRoutes, error) {
	e := &EventRoutes{QueueURLs: pulumi.StringMap{}}
	if err := part.Open(ctx, "EventRoutes", name, e, args.validate(), opts); err != nil {
		return nil, err
	}
	region := args.Bus.Region
	var err error
	if e.Undelivered, err = longLivedQueue(ctx, name+"-undelivered", e, region); err != nil {
		return nil, err
	}
	rules := make([]*cloudwatch.EventRule, len(args.Routes))
	for i, route := range args.Routes {
		pattern, err := route.pattern(region.Name)
		if err != nil {
			return nil, err
		}
		if rules[i], err = cloudwatch.NewEventRule(ctx, name+"-"+route.Name, &cloudwatch.EventRuleArgs{
			Description:  pulumi.String("Route " + route.Name + " to its " + route.Target),
			EventBusName: args.Bus.Bus.Name,
			EventPattern: pulumi.String(pattern),
		}, region.Child(e)...); err != nil {
			return nil, err
		}
	}
	fed, err := feedQueue(ctx, name+"-undelivered-policy", e, region, e.Undelivered, args.Bus.rules())
	if err != nil {
		return nil, err
	}
	for i, route := range args.Routes {
		arn, permission, err := e.target(ctx, name+"-"+route.Name, args, route, rules[i])
		if err != nil {
			return nil, err
		}
		if _, err := cloudwatch.NewEventTarget(ctx, name+"-"+route.Name+"-target", &cloudwatch.EventTargetArgs{
			Rule:             rules[i].Name,
			EventBusName:     args.Bus.Bus.Name,
			Arn:              arn,
			DeadLetterConfig: cloudwatch.EventTargetDeadLetterConfigArgs{Arn: e.Undelivered.Arn},
		}, region.Child(e, pulumi.DependsOn(append(permission, fed)))...); err != nil {
			return nil, err
		}
	}
	return e, ctx.RegisterResourceOutputs(e, pulumi.Map{"queueUrls": e.QueueURLs})
}

func (a *EventRoutesArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{part.Required(map[string]bool{
		"Bus":       a.Bus != nil,
		"Processor": a.Processor != nil,
		"Topic":     a.Topic != nil,
		"Routes":    len(a.Routes) > 0,
	})}
	for i, r := range a.Routes {
		if r.Name == "" || !slices.Contains([]string{RouteToFunction, RouteToQueue, RouteToTopic}, r.Target) {
			problems = append(problems, fmt.Errorf("Routes[%d] is %q to %q: want a name, and %s, %s or %s", i, r.Name, r.Target,
				RouteToFunction, RouteToQueue, RouteToTopic))
		}
	}
	return errors.Join(problems...)
}

// target is the ARN of a route's target, and what must exist before the rule may use it.
func (e *EventRoutes) target(
	ctx *pulumi.Context, name string, args *EventRoutesArgs, route EventRoute, rule *cloudwatch.EventRule,
) (pulumi.StringOutput, []pulumi.Resource, error) {
	switch route.Target {
	case RouteToFunction:
		permission, err := permit(ctx, name, e, args.Processor.Function, rule)
		return args.Processor.Function.Function.Arn, []pulumi.Resource{permission}, err
	case RouteToQueue:
		queue, err := longLivedQueue(ctx, name+"-queue", e, args.Bus.Region)
		if err != nil {
			return pulumi.StringOutput{}, nil, err
		}
		fed, err := feedQueue(ctx, name+"-queue-policy", e, args.Bus.Region, queue, rule.Arn)
		e.QueueURLs[route.Name] = queue.Url
		return queue.Arn, []pulumi.Resource{fed}, err
	default:
		return args.Topic.ARN, nil, nil
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
