package claims

import (
	"context"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

var sqsClaims = []Claim{{
	ID:   "sqs-refusals",
	Says: "CreateQueue refuses names, ranges of attributes and policies out of bounds",
	Page: "sandbox-aws.md",
	Row:  "names, ranges of the attributes, tags; a policy of 8,192 bytes",
	ask:  queuesAreRefused,
}, {
	ID:    "sqs-same-queue",
	Says:  "CreateQueue answers with the queue that there is, unless attributes differ: QueueAlreadyExists",
	Page:  "sandbox-aws.md",
	Row:   "CreateQueue answers with the queue that there is",
	Makes: []*Kind{queue},
	ask:   aQueueIsMadeOnce,
}, {
	ID:    "sqs-visibility",
	Says:  "a received message is invisible until its timeout",
	Page:  "sandbox-aws.md",
	Row:   "visibility timeout, deletion, retention, long polling",
	Makes: []*Kind{queue},
	ask:   aReceivedMessageIsInvisible,
}, {
	ID:    "sqs-purge",
	Says:  "PurgeQueue is refused again within 60 seconds: PurgeQueueInProgress",
	Page:  "sandbox-aws.md",
	Row:   "PurgeQueue empties a queue at once, and again after 60 seconds only",
	Makes: []*Kind{queue},
	ask:   aQueueIsPurgedOnceAMinute,
}}

var queue = &Kind{
	Name:  "queue",
	Basis: "nothing",
	byID:  true,
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		in := &sqs.ListQueuesInput{QueueNamePrefix: aws.String(prefix), MaxResults: aws.Int32(1000)}
		for p := sqs.NewListQueuesPaginator(sqs.NewFromConfig(config), in); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, url := range page.QueueUrls {
				found = append(found, thing{name: path.Base(url), id: url})
			}
		}
		return found, nil
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		_, err := sqs.NewFromConfig(config).DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &t.id})
		return err
	},
}

// queue makes a queue and returns its URL.
func (c *Case) queue(client *sqs.Client, ending string, change func(*sqs.CreateQueueInput)) (string, error) {
	return c.make(queue, c.primary(), ending, func(name string) (string, error) {
		in := &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{}}
		change(in)
		out, err := client.CreateQueue(c, in)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.QueueUrl), nil
	})
}

// plain changes nothing.
func plain(*sqs.CreateQueueInput) {}

func queuesAreRefused(c *Case) error {
	client := sqs.NewFromConfig(c.primary())
	for _, wrong := range []struct{ attribute, value, code string }{
		{"VisibilityTimeout", "43201", "InvalidAttributeValue"},
		{"MessageRetentionPeriod", "59", "InvalidAttributeValue"},
		{"MaximumMessageSize", "1023", "InvalidAttributeValue"},
		{"MaximumMessageSize", "1048577", "InvalidAttributeValue"},
		{"ReceiveMessageWaitTimeSeconds", "21", "InvalidAttributeValue"},
		{"VisibilityTimeout", "long", "InvalidAttributeValue"},
		{"Size", "1", "InvalidAttributeName"},
		{"Policy", "{", "InvalidAttributeValue"},
	} {
		_, err := c.queue(client, "r", func(in *sqs.CreateQueueInput) { in.Attributes[wrong.attribute] = wrong.value })
		c.refused("CreateQueue with "+wrong.attribute+" "+wrong.value, err, wrong.code)
	}
	for _, wrong := range []struct {
		what string
		name func(string) string
	}{
		{"a space in its name", func(name string) string { return name + " x" }},
		{"a name of 81 characters", func(name string) string { return name + strings.Repeat("x", 81-len(name)) }},
	} {
		_, err := c.queue(client, "r", func(in *sqs.CreateQueueInput) {
			in.QueueName = aws.String(wrong.name(*in.QueueName))
		})
		c.refused("CreateQueue with "+wrong.what, err, "InvalidParameterValue")
	}
	return nil
}

func aQueueIsMadeOnce(c *Case) error {
	client := sqs.NewFromConfig(c.primary())
	in := &sqs.CreateQueueInput{}
	url, err := c.queue(client, "q", func(asked *sqs.CreateQueueInput) {
		asked.Attributes["VisibilityTimeout"] = "60"
		in.QueueName = asked.QueueName
	})
	if err != nil {
		return err
	}
	in.Attributes = map[string]string{"VisibilityTimeout": "60"}
	again, err := client.CreateQueue(c, in)
	if c.accepted("CreateQueue with the same attributes", err) {
		c.is("the URL of the second", aws.ToString(again.QueueUrl), url)
	}
	in.Attributes["VisibilityTimeout"] = "30"
	_, err = client.CreateQueue(c, in)
	c.refused("CreateQueue with another attribute", err, "QueueAlreadyExists")
	return nil
}

func aReceivedMessageIsInvisible(c *Case) error {
	client := sqs.NewFromConfig(c.primary())
	url, err := c.queue(client, "v", func(in *sqs.CreateQueueInput) { in.Attributes["VisibilityTimeout"] = "3600" })
	if err != nil {
		return err
	}
	if _, err = client.SendMessage(c, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("m")}); err != nil {
		return err
	}
	receive := func() (int, error) {
		out, err := client.ReceiveMessage(c, &sqs.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 2})
		if err != nil {
			return 0, err
		}
		return len(out.Messages), nil
	}
	err = c.await("the message", short, func() (string, bool, error) {
		n, err := receive()
		return "not there yet", n > 0, err
	})
	if err != nil {
		return err
	}
	n, err := receive()
	if err == nil {
		c.is("messages received while it is invisible", n, 0)
	}
	return err
}

func aQueueIsPurgedOnceAMinute(c *Case) error {
	client := sqs.NewFromConfig(c.primary())
	url, err := c.queue(client, "p", plain)
	if err != nil {
		return err
	}
	in := &sqs.PurgeQueueInput{QueueUrl: &url}
	if _, err := client.PurgeQueue(c, in); err != nil {
		return err
	}
	_, err = client.PurgeQueue(c, in)
	c.refused("PurgeQueue again", err, "AWS.SimpleQueueService.PurgeQueueInProgress")
	return nil
}
