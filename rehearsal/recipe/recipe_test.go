package recipe

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/sns"
)

var places = map[string]string{"primary": "us-east-1", "secondary": "us-east-2", "witness": "us-west-2"}

// recorder records what the program registers.
type recorder struct {
	mu     sync.Mutex
	inputs map[string][]resource.PropertyMap // by type
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inputs[args.TypeToken] = append(r.inputs[args.TypeToken], args.Inputs)
	out := args.Inputs.Copy()
	out["arn"], out["identifier"] = resource.NewProperty("arn:"+args.Name), resource.NewProperty(args.Name)
	return args.Name, out, nil
}

func (r *recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

// The program is the recipe: its schedule, its one alarm, and nothing of it in the witness region.
func TestTheProgramHasTheRecipesParameters(t *testing.T) {
	r := &recorder{inputs: map[string][]resource.PropertyMap{}}
	require.NoError(t, pulumi.RunErr(program(places), pulumi.WithMocks("p", "s", r)))
	assert.Len(t, r.inputs["aws:dsql/cluster:Cluster"], 2)
	assert.Len(t, r.inputs["aws:dsql/clusterPeering:ClusterPeering"], 2, "our repair")
	assert.Len(t, r.inputs["aws:lambda/function:Function"], 2)
	rules := r.inputs["aws:cloudwatch/eventRule:EventRule"]
	require.Len(t, rules, 2)
	assert.Equal(t, "rate(2 minutes)", rules[0]["scheduleExpression"].StringValue())
	alarms := r.inputs["aws:cloudwatch/metricAlarm:MetricAlarm"]
	require.Len(t, alarms, 1, "in the primary region only")
	a := alarms[0]
	assert.Equal(t, []float64{300, 2}, []float64{a["period"].NumberValue(), a["evaluationPeriods"].NumberValue()})
	dimensions := a["dimensions"].ObjectValue()
	assert.Equal(t, "us-east-1", dimensions["Region"].StringValue(), "our repair")
	assert.Equal(t, "recipe-cluster-primary", dimensions["ClusterID"].StringValue())
	assert.NotContains(t, a, resource.PropertyKey("treatMissingData"), "as it is by default")
	for _, topic := range r.inputs["aws:sns/topic:Topic"] {
		assert.NotContains(t, topic, resource.PropertyKey("kmsMasterKeyId"))
	}
}

// The function asks for the status of its own region's cluster and takes anything but ACTIVE for an outage.
func TestTheObserverKnowsTheStatusOnly(t *testing.T) {
	s, err := stack.Start(t.Context(), sandbox.Options{ClusterDelay: time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	home := s.Account.Region("us-east-1")
	cluster, err := s.Account.Region("us-east-1").DSQL.CreateCluster(dsql.CreateClusterInput{})
	require.NoError(t, err)
	plane := s.Account.DSQL
	for changed := plane.Changed(); plane.Clusters()[0].Status != dsql.Active; changed = plane.Changed() {
		select {
		case <-changed:
		case <-time.After(10 * time.Millisecond): // it may have changed before
		}
	}
	topic, err := home.SNS.CreateTopic(sns.Topic{Name: "alerts"})
	require.NoError(t, err)
	_, err = home.SNS.Subscribe(sns.Subscription{Topic: topic.Arn, Protocol: "email", Endpoint: recipient})
	require.NoError(t, err)
	role, err := s.Account.IAM.CreateRole(iam.Role{
		Name: "r",
		AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	})
	require.NoError(t, err)
	_, err = s.Account.IAM.PutRolePolicy(iam.RolePolicy{
		Role: "r",
		Name: "all",
		Policy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["dsql:*","sns:*","cloudwatch:*"],"Resource":"*"}]}`,
	})
	require.NoError(t, err)
	f, err := s.Account.Region("us-east-1").Lambda.CreateFunction(lambda.Function{
		Name:    "f",
		Role:    role.Arn,
		Runtime: "provided.al2023",
		Handler: "bootstrap",
		Stub:    func(context.Context, []byte) ([]byte, error) { return nil, nil },
		Environment: &lambda.Environment{
			Variables: map[string]string{variableCluster: cluster.Identifier, variableTopic: topic.Arn},
		},
	})
	require.NoError(t, err)
	require.NoError(t, install(s))
	observe := func() (paged []string) {
		before := len(s.Account.Inbox.Messages())
		result, err := s.Account.Region("us-east-1").Lambda.Invoke(
			t.Context(),
			s.Account.IAM.Admin().Principal,
			f.Name,
			nil,
			nil,
		)
		require.NoError(t, err)
		assert.Equal(t, `{"statusCode":200}`, string(result.Payload), "whatever happened")
		for _, m := range s.Account.Inbox.Messages()[before:] {
			paged = append(paged, m.Subject)
		}
		return paged
	}
	assert.Empty(t, observe())
	faults := fault.NewInjector(s, places)
	for _, harmless := range []string{"endpoint-black-holed", "commits-stalled"} {
		undo, err := faults.Inject(fault.Spec{Name: harmless, With: map[string]string{"region": "primary"}})
		require.NoError(t, err)
		assert.Empty(t, observe(), "it never connects")
		require.NoError(t, undo())
	}
	_, err = faults.Inject(fault.Spec{Name: "cluster-idle", With: map[string]string{"region": "primary"}})
	require.NoError(t, err)
	assert.Equal(t, []string{"Aurora DSQL cluster IDLE in us-east-1"}, observe(), "an idle cluster pages people")
	assert.Equal(t, []string{"Aurora DSQL cluster IDLE in us-east-1"}, observe(), "at every run")
	now := s.Clock.Now()
	points, err := home.CloudWatch.GetMetricStatistics(cloudwatch.Metric{
		Namespace: namespace,
		Name:      metricName,
		Dimensions: map[string]string{
			"ClusterID": cluster.Identifier,
			"Region":    "us-east-1",
		},
	}, now.Add(-5*time.Minute), now.Add(time.Minute), 10*time.Minute, "")
	require.NoError(t, err)
	require.NotEmpty(t, points)
}

func TestOnlyWhatTheOutageCausedIsRead(t *testing.T) {
	epoch := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	message := func(after time.Duration, kind sns.Kind, subject string) sns.Message {
		return sns.Message{
			Time:    epoch.Add(after),
			Region:  "us-east-1",
			Kind:    kind,
			Subject: subject,
		}
	}
	var told []string
	for _, m := range since(epoch, []sns.Message{
		message(-time.Minute, sns.KindAlert, "before"),
		message(0, sns.KindConfirmation, "confirm"),
		message(2*time.Minute, sns.KindAlert, "first"),
		message(11*time.Minute, sns.KindAlarm, "ALARM: a"),
	}) {
		told = append(told, m.Subject)
	}
	assert.Equal(t, []string{"first", "ALARM: a"}, told)
}

func TestAnOutageOfOneFaultIsHeldForTheRecipesAlarm(t *testing.T) {
	one := fault.Step{At: 5 * time.Second, Until: time.Minute, Spec: fault.Spec{Name: "witness-lost"}}
	assert.Equal(t, []fault.Step{{Until: 20 * time.Minute, Spec: one.Spec}}, longEnough([]fault.Step{one}))
	long := fault.Step{At: time.Minute, Until: time.Hour, Spec: one.Spec}
	assert.Equal(t, []fault.Step{{Until: 59 * time.Minute, Spec: one.Spec}}, longEnough([]fault.Step{long}))
	assert.Equal(t, []fault.Step{one, long}, longEnough([]fault.Step{one, long}), "of several as they are")
}
