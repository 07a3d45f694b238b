package recipe

import (
	"encoding/json"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dsql"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The recipe's names and parameters.
const (
	namespace  = "Aurora/DSQL/DisasterRecovery"
	metricName = "ClusterHealth"
	schedule   = "rate(2 minutes)"
	period     = 300
	periods    = 2
	threshold  = 0.5
	recipient  = "oncall@recipe.example.com"

	variableCluster = "CLUSTER_ID"
	variableTopic   = "SNS_TOPIC_ARN"
)

// program is the recipe as a Pulumi program.
func program(places map[string]string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		r := &builder{ctx: ctx, witness: places["witness"]}
		for _, place := range []string{"primary", "secondary"} {
			s := &side{place: place, region: places[place]}
			r.sides = append(r.sides, s)
			for _, step := range []func(*side) error{r.provider, r.cluster, r.topic, r.observer, r.schedule} {
				if err := step(s); err != nil {
					return err
				}
			}
		}
		if err := r.peer(); err != nil {
			return err
		}
		return r.alarm(r.sides[0])
	}
}

// builder is the recipe while it is put together.
type builder struct {
	ctx     *pulumi.Context
	witness string
	sides   []*side
}

// side is one of the two data regions.
type side struct {
	place, region string
	in            pulumi.ResourceOption
	database      *dsql.Cluster
	alerts        *sns.Topic
	function      *lambda.Function
}

func (r *builder) provider(s *side) error {
	provider, err := aws.NewProvider(r.ctx, "recipe-"+s.place, &aws.ProviderArgs{Region: pulumi.String(s.region)})
	s.in = pulumi.Provider(provider)
	return err
}

func (r *builder) cluster(s *side) (err error) {
	s.database, err = dsql.NewCluster(r.ctx, "recipe-cluster-"+s.place, &dsql.ClusterArgs{
		DeletionProtectionEnabled: pulumi.Bool(false),
		MultiRegionProperties:     &dsql.ClusterMultiRegionPropertiesArgs{WitnessRegion: pulumi.String(r.witness)},
	}, s.in)
	return err
}

func (r *builder) peer() error {
	for i, s := range r.sides {
		if _, err := dsql.NewClusterPeering(r.ctx, "recipe-peering-"+s.place, &dsql.ClusterPeeringArgs{
			Identifier:    s.database.Identifier,
			Clusters:      pulumi.StringArray{r.sides[1-i].database.Arn},
			WitnessRegion: pulumi.String(r.witness),
		}, s.in); err != nil {
			return err
		}
	}
	return nil
}

func (r *builder) topic(s *side) (err error) {
	if s.alerts, err = sns.NewTopic(r.ctx, "recipe-alerts-"+s.place, nil, s.in); err != nil {
		return err
	}
	_, err = sns.NewTopicSubscription(r.ctx, "recipe-oncall-"+s.place, &sns.TopicSubscriptionArgs{
		Topic:    s.alerts.Arn,
		Protocol: pulumi.String("email"),
		Endpoint: pulumi.String(recipient),
	}, s.in)
	return err
}

// observer is the function. What it does is in this process, see observe; its package is a placeholder.
func (r *builder) observer(s *side) error {
	trust, err := json.Marshal(document("sts:AssumeRole", map[string]any{
		"Principal": map[string]string{"Service": "lambda.amazonaws.com"},
	}))
	if err != nil {
		return err
	}
	role, err := iam.NewRole(r.ctx, "recipe-role-"+s.place, &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(string(trust)),
	}, s.in)
	if err != nil {
		return err
	}
	access, err := json.Marshal(document([]string{"dsql:*", "sns:*", "cloudwatch:*"}, map[string]any{"Resource": "*"}))
	if err != nil {
		return err
	}
	policy, err := iam.NewRolePolicy(r.ctx, "recipe-access-"+s.place, &iam.RolePolicyArgs{
		Role:   role.Name,
		Policy: pulumi.String(string(access)),
	}, s.in)
	if err != nil {
		return err
	}
	s.function, err = lambda.NewFunction(r.ctx, "recipe-monitor-"+s.place, &lambda.FunctionArgs{
		Role:    role.Arn,
		Runtime: pulumi.String("provided.al2023"),
		Handler: pulumi.String("bootstrap"),
		Timeout: pulumi.Int(60),
		Code:    pulumi.NewAssetArchive(map[string]any{"bootstrap": pulumi.NewStringAsset("in the sandbox's process")}),
		Environment: &lambda.FunctionEnvironmentArgs{
			Variables: pulumi.StringMap{variableCluster: s.database.Identifier, variableTopic: s.alerts.Arn},
		},
	}, s.in, pulumi.DependsOn([]pulumi.Resource{policy}))
	return err
}

func document(action any, more map[string]any) map[string]any {
	statement := map[string]any{"Effect": "Allow", "Action": action}
	for key, value := range more {
		statement[key] = value
	}
	return map[string]any{"Version": "2012-10-17", "Statement": []any{statement}}
}

func (r *builder) schedule(s *side) error {
	rule, err := cloudwatch.NewEventRule(r.ctx, "recipe-schedule-"+s.place, &cloudwatch.EventRuleArgs{
		ScheduleExpression: pulumi.String(schedule),
	}, s.in)
	if err != nil {
		return err
	}
	if _, err := cloudwatch.NewEventTarget(r.ctx, "recipe-target-"+s.place, &cloudwatch.EventTargetArgs{
		Rule: rule.Name,
		Arn:  s.function.Arn,
	}, s.in); err != nil {
		return err
	}
	_, err = lambda.NewPermission(r.ctx, "recipe-permission-"+s.place, &lambda.PermissionArgs{
		Action:    pulumi.String("lambda:InvokeFunction"),
		Function:  s.function.Name,
		Principal: pulumi.String("events.amazonaws.com"),
		SourceArn: rule.Arn,
	}, s.in)
	return err
}

func (r *builder) alarm(s *side) error {
	_, err := cloudwatch.NewMetricAlarm(r.ctx, "recipe-cluster-health", &cloudwatch.MetricAlarmArgs{
		Namespace:          pulumi.String(namespace),
		MetricName:         pulumi.String(metricName),
		Statistic:          pulumi.String("Average"),
		Dimensions:         pulumi.StringMap{"ClusterID": s.database.Identifier, "Region": pulumi.String(s.region)},
		Period:             pulumi.Int(period),
		EvaluationPeriods:  pulumi.Int(periods),
		Threshold:          pulumi.Float64(threshold),
		ComparisonOperator: pulumi.String("LessThanThreshold"),
		AlarmActions:       pulumi.Array{s.alerts.Arn},
		OkActions:          pulumi.Array{s.alerts.Arn},
	}, s.in)
	return err
}
