package recipe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	dsqltypes "github.com/aws/aws-sdk-go-v2/service/dsql/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/sandbox/lambda"
	inbox "aurora-dsql-dr/sandbox/sns"
)

const (
	// speed is that of the recipe's clock. Its times are minutes, and its functions are in this process and take no time
	// worth measuring, so an hour of it fits into one of ours that lasts a minute.
	speed = 60
	// settled is how long it runs before the outage: two periods of its alarm and a little more.
	settled = (periods*period + 90) * time.Second
	// held is the shortest outage of one fault: its alarm needs more than ten minutes to notice any.
	held = 20 * time.Minute
	// watched is how long it is watched after the outage.
	watched = 15 * time.Minute
)

// Options describe the outage.
type Options struct {
	// Dir is the project's directory.
	Dir string
	// Outage are the faults; Places the regions by their names in the stack.
	Outage []fault.Step
	Places map[string]string
	// Deploying is held while the recipe is deployed; optional.
	Deploying sync.Locker
}

// Lived is what the recipe went through.
type Lived struct {
	// Lacks says what the outage takes that the recipe does not have; then nothing was injected. "" is nothing.
	Lacks string
	// Outage is when it was.
	Outage fault.Outage
	// Messages are those that reached people, from the outage's begin on.
	Messages []chronicle.Message
}

// Run deploys the recipe with the real engine to a sandbox of its own in this process and lives it through the outage.
// An outage of one fault is held for 20 minutes at least, so that the recipe's alarm has the time that it needs.
func Run(ctx context.Context, opts Options) (_ *Lived, err error) {
	s, err := stack.Start(ctx, sandbox.Options{Dir: opts.Dir, Speed: speed})
	if err != nil {
		return nil, fmt.Errorf("the recipe: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	e, err := s.Stack(ctx, "recipe", program(opts.Places), stack.Config()) // the project wants it, the recipe reads none
	if err != nil {
		return nil, fmt.Errorf("the recipe: %w", err)
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if _, err := e.Up(ctx, engine.Run{Turn: opts.Deploying}); err != nil {
		return nil, fmt.Errorf("deploy the recipe: %w", err)
	}
	if err := install(s); err != nil {
		return nil, fmt.Errorf("the recipe: %w", err)
	}
	if err := s.Clock.Sleep(ctx, settled); err != nil {
		return nil, err
	}
	return live(ctx, s, opts)
}

// live goes through the outage and reads what people were told.
func live(ctx context.Context, s *sandbox.Sandbox, opts Options) (*Lived, error) {
	faults := fault.NewInjector(s, opts.Places)
	outage, err := faults.Play(ctx, longEnough(opts.Outage), nil, nil)
	if missing := new(fault.InjectionError); errors.As(err, &missing) {
		return &Lived{Lacks: missing.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	if err := s.Clock.Sleep(ctx, watched); err != nil {
		return nil, err
	}
	return &Lived{Outage: outage, Messages: since(outage.Start, s.Account.Inbox.Messages())}, nil
}

// longEnough holds an outage of one fault for as long as the recipe's alarm needs.
func longEnough(outage []fault.Step) []fault.Step {
	if len(outage) != 1 {
		return outage
	}
	only := outage[0]
	return []fault.Step{{Until: max(only.Until-only.At, held), Spec: only.Spec}}
}

// since reads the messages that came from a time on.
func since(start time.Time, all []inbox.Message) (told []chronicle.Message) {
	for _, raw := range all {
		m := chronicle.ReadMessage(raw)
		if !m.Time.Before(start) && m.Kind != chronicle.Confirmation {
			told = append(told, m)
		}
	}
	return told
}

// install replaces the placeholders of the deployed functions by what they do.
func install(s *sandbox.Sandbox) error {
	var problems []error
	for _, r := range s.Account.Regions() {
		for _, f := range r.Lambda.Functions() {
			f.Code, f.Stub = nil, (&observer{sandbox: s, region: r.Name, function: f}).observe
			_, err := r.Lambda.UpdateFunction(f)
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// observer is the recipe's function in one region.
type observer struct {
	sandbox  *sandbox.Sandbox
	region   string
	function lambda.Function
}

// observe asks for the cluster's status, publishes it as a number, tells people of any status but ACTIVE, at every run,
// and answers that all went well, whatever happened.
func (o *observer) observe(ctx context.Context, _ []byte) ([]byte, error) {
	config := sdk.Config{
		Region:           o.region,
		BaseEndpoint:     &o.sandbox.Endpoint,
		RetryMaxAttempts: 1,
		Credentials:      sdk.CredentialsProviderFunc(o.credentials),
	}
	variables := o.function.Environment.Variables
	id, topic := variables[variableCluster], variables[variableTopic]
	healthy, subject := 1.0, ""
	cluster, err := dsql.NewFromConfig(config).GetCluster(ctx, &dsql.GetClusterInput{Identifier: &id})
	switch {
	case err != nil:
		healthy, subject = 0, "Aurora DSQL health check error in "+o.region
	case cluster.Status != dsqltypes.ClusterStatusActive:
		healthy, subject = 0, fmt.Sprintf("Aurora DSQL cluster %s in %s", cluster.Status, o.region)
	}
	if subject != "" {
		_, _ = sns.NewFromConfig(config).Publish(ctx, &sns.PublishInput{
			TopicArn: &topic,
			Subject:  &subject,
			Message:  &subject,
		})
	}
	_, _ = cloudwatch.NewFromConfig(config).PutMetricData(ctx, &cloudwatch.PutMetricDataInput{
		Namespace: sdk.String(namespace),
		MetricData: []cwtypes.MetricDatum{{
			MetricName: sdk.String(metricName),
			Value:      &healthy,
			Dimensions: []cwtypes.Dimension{
				{Name: sdk.String("ClusterID"), Value: &id},
				{Name: sdk.String("Region"), Value: &o.region},
			},
		}},
	})
	return []byte(`{"statusCode":200}`), nil // the recipe swallows every error, too
}

func (o *observer) credentials(context.Context) (sdk.Credentials, error) {
	identities := o.sandbox.Account.IAM
	c, err := identities.AssumeRole("lambda.amazonaws.com", o.function.Role, o.function.Name)
	if err != nil {
		return sdk.Credentials{}, err
	}
	identities.Place(c.AccessKeyID, o.region)
	return sdk.Credentials{
		AccessKeyID:     c.AccessKeyID,
		SecretAccessKey: c.SecretAccessKey,
		SessionToken:    c.SessionToken,
	}, nil
}
