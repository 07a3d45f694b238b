package provider

import (
	awssqs "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"

	"aurora-dsql-dr/sandbox/sqs"
)

var sqsKinds = map[string]*kind{
	"aws:sqs/queue:Queue": {
		title:    "SQS Queue",
		service:  "sqs",
		args:     awssqs.QueueArgs{}.ElementType(),
		state:    awssqs.QueueState{}.ElementType(),
		name:     &autoName{limit: 80},
		replaces: []string{"name", "fifoQueue"},
		computed: []string{
			"policy",
			"sqsManagedSseEnabled",
			"messageRetentionSeconds",
			"visibilityTimeoutSeconds",
			"maxMessageSize",
		},
		handlers: over(operations[sqs.Queue]{
			id:     func(q sqs.Queue) string { return q.URL },
			create: func(c *call, q sqs.Queue) (sqs.Queue, error) { return c.region.SQS.CreateQueue(q) },
			read:   func(c *call) (sqs.Queue, error) { return c.region.SQS.Queue(c.id) },
			update: func(c *call, q sqs.Queue) (sqs.Queue, error) {
				q.URL = c.id
				return c.region.SQS.UpdateQueue(q)
			},
			delete: func(c *call) error { return c.region.SQS.DeleteQueue(c.id) },
		}),
	},
	"aws:sqs/queuePolicy:QueuePolicy": {
		title: "SQS Queue Policy", service: "sqs",
		args: awssqs.QueuePolicyArgs{}.ElementType(), state: awssqs.QueuePolicyState{}.ElementType(),
		required: []string{"policy"},
		replaces: []string{"queueUrl"},
		handlers: over(operations[sqs.QueuePolicy]{
			id:     func(p sqs.QueuePolicy) string { return p.QueueURL },
			create: func(c *call, p sqs.QueuePolicy) (sqs.QueuePolicy, error) { return c.region.SQS.PutQueuePolicy(p) },
			read:   func(c *call) (sqs.QueuePolicy, error) { return c.region.SQS.QueuePolicy(c.id) },
			update: func(c *call, p sqs.QueuePolicy) (sqs.QueuePolicy, error) { return c.region.SQS.PutQueuePolicy(p) },
			delete: func(c *call) error {
				_, err := c.region.SQS.PutQueuePolicy(sqs.QueuePolicy{QueueURL: c.id})
				return err
			},
		}),
	},
}
