package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"aurora-dsql-dr/lambda/contract"
)

// SNS is the part of the SNS client that publishing needs.
type SNS interface {
	Publish(ctx context.Context, in *sns.PublishInput, opts ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Route is a topic with the client of its region.
type Route struct {
	Topic  contract.Topic
	Client SNS
}

// Publisher publishes to the first topic that accepts.
type Publisher struct {
	// Routes in order of preference: the own region's first.
	Routes []Route
	// Timeout bounds the attempt at one topic.
	Timeout time.Duration
	Log     *slog.Logger
}

// Publish hands the message to one topic. Its error, when every topic failed, names each with its cause.
func (p Publisher) Publish(ctx context.Context, m Message) error {
	var failures []error
	for _, r := range p.Routes {
		err := p.publish(ctx, r, m)
		if err == nil {
			for _, f := range failures {
				p.Log.WarnContext(ctx, "topic failed, another took the alert", "error", f, "took", r.Topic.Region)
			}
			return nil
		}
		failures = append(failures, err)
	}
	return fmt.Errorf("alert %q reached no topic: %w", m.Subject, errors.Join(failures...))
}

func (p Publisher) publish(ctx context.Context, r Route, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	attributes := make(map[string]types.MessageAttributeValue, len(m.Attributes))
	for name, value := range m.Attributes {
		kind := "String"
		if name == AttributeIncident {
			kind = "Number"
		}
		attributes[name] = types.MessageAttributeValue{DataType: aws.String(kind), StringValue: aws.String(value)}
	}
	_, err := r.Client.Publish(ctx, &sns.PublishInput{
		TopicArn: aws.String(r.Topic.ARN), Subject: aws.String(m.Subject), Message: aws.String(m.Body), MessageAttributes: attributes,
	})
	if err != nil {
		return fmt.Errorf("topic %s: %w", r.Topic.ARN, err)
	}
	return nil
}
