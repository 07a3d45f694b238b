package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"aurora-dsql-dr/lambda/contract"
)

// SNS is the part of the SNS client that publishing needs, with Retryer: a call without an answer may have published,
// and is repeated at another topic if at all.
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
	// Timeout is how long a topic is waited for before the next one is asked as well.
	Timeout time.Duration
	Log     *slog.Logger
}

// ErrUnanswered is in the error of a message that a topic may have taken: it gave no answer that says otherwise. A
// standard topic does not recognise a repetition, so the message should not be repeated at once.
var ErrUnanswered = errors.New("no answer")

// patience is how many timeouts an answer is waited for after the last topic was asked: a late one saves a repetition.
const patience = 4

// Publish hands the message to one topic. Each topic is asked once, the next one when one has failed or the last has
// had its time; late answers count. So a message arrives if any topic lives, and at most as often as topics were too
// slow to say so. The error, when no topic accepted, names each with its cause, and is ErrUnanswered unless all are
// known not to have the message.
func (p Publisher) Publish(ctx context.Context, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(len(p.Routes)-1+patience)*p.Timeout)
	defer cancel() // a topic that is slow need not take what another has
	answers := make(chan error, len(p.Routes))
	var failures []error
	asked := 0
	for len(failures) < len(p.Routes) && ctx.Err() == nil {
		var next <-chan time.Time
		if asked < len(p.Routes) {
			route := p.Routes[asked]
			go func() { answers <- p.publish(ctx, route, m) }()
			asked++
			next = time.After(p.turn(ctx, len(p.Routes)-asked))
		}
		select {
		case err := <-answers:
			if err == nil {
				p.logFailures(ctx, failures)
				return nil
			}
			failures = append(failures, err)
		case <-next:
		case <-ctx.Done():
		}
	}
	if waiting := asked - len(failures); waiting > 0 {
		failures = append(failures, fmt.Errorf("%d of %d topics: %w: %w", waiting, len(p.Routes), ErrUnanswered, ctx.Err()))
	} else if asked < len(p.Routes) {
		failures = append(failures, fmt.Errorf("%d of %d topics not asked: %w", len(p.Routes)-asked, len(p.Routes),
			ctx.Err()))
	}
	return fmt.Errorf("alert %q reached no topic: %w", m.Subject, errors.Join(failures...))
}

// turn is how long a topic is waited for before the next is asked: the timeout, or an equal share of what is left for
// it and for the topics after it.
func (p Publisher) turn(ctx context.Context, after int) time.Duration {
	deadline, _ := ctx.Deadline()
	if after == 0 {
		return time.Until(deadline)
	}
	return min(p.Timeout, time.Until(deadline)/time.Duration(after+1))
}

func (p Publisher) logFailures(ctx context.Context, failures []error) {
	for _, f := range failures {
		p.Log.WarnContext(ctx, "topic failed, another took the alert", "error", f)
	}
}

func (p Publisher) publish(ctx context.Context, r Route, m Message) error {
	attributes := make(map[string]types.MessageAttributeValue, len(m.Attributes))
	for name, value := range m.Attributes {
		kind := "String"
		if name == contract.AttributeIncident {
			kind = "Number"
		}
		attributes[name] = types.MessageAttributeValue{DataType: aws.String(kind), StringValue: aws.String(value)}
	}
	message, err := json.Marshal(map[string]string{"default": m.Body, "sms": m.Short})
	if err != nil {
		return fmt.Errorf("alert %q: %w", m.Subject, err)
	}
	_, err = r.Client.Publish(ctx, &sns.PublishInput{
		TopicArn:          aws.String(r.Topic.ARN),
		Subject:           aws.String(m.Subject),
		Message:           aws.String(string(message)),
		MessageStructure:  aws.String("json"),
		MessageAttributes: attributes,
	})
	switch {
	case err == nil:
		return nil
	case unpublished(err):
		return fmt.Errorf("topic %s: %w", r.Topic.ARN, err)
	default:
		return fmt.Errorf("topic %s: %w: %w", r.Topic.ARN, ErrUnanswered, err)
	}
}

// unpublished tells whether an error proves that nothing was published: SNS answered that it refuses or is unavailable,
// or could not be connected to. After a timeout, a lost connection or an internal error nobody knows.
func unpublished(err error) bool {
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) {
		status := answer.HTTPStatusCode()
		return status >= 400 && status < 500 || status == http.StatusServiceUnavailable
	}
	var connection *net.OpError
	return errors.As(err, &connection) && connection.Op == "dial"
}

// Retryer is how SNS may be asked again within the time it has: only if it is certain that it has not published.
func Retryer(timeout time.Duration) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxBackoff = timeout / 4
		o.Retryables = slices.Insert(o.Retryables, 0,
			retry.IsErrorRetryable(retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
				if unpublished(err) {
					return aws.UnknownTernary // the others decide
				}
				return aws.FalseTernary
			})))
	})
}
