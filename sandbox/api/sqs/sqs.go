// Package sqs is SQS on the AWS face.
package sqs

import (
	"crypto/md5" //nolint:gosec // what SQS's clients compare, no protection
	"encoding/hex"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"

	"aurora-dsql-dr/sandbox/api/call"
)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("CreateQueue", create),
	call.On("DeleteQueue", removeQueue),
	call.On("SendMessage", send),
	call.On("ReceiveMessage", receive),
	call.On("DeleteMessage", remove),
	call.On("PurgeQueue", purge),
	call.On("GetQueueAttributes", getAttributes),
	call.On("GetQueueUrl", getURL),
	call.On("ListQueues", list),
}

// Flattened is how the query protocol, which SQS's clients spoke until 2023, repeats a member's name.
var Flattened = map[string]string{
	"AttributeNames": "AttributeName", "Attributes": "Attribute", "MessageAttributeNames": "MessageAttributeName",
	"MessageAttributes": "MessageAttribute", "MessageSystemAttributeNames": "MessageSystemAttributeName",
	"Messages": "Message", "QueueUrls": "QueueUrl",
}

// send leaves the permission to the queue, which has a policy. Clients check the digest of the body.
func send(c *call.Call, in *sdk.SendMessageInput) (*sdk.SendMessageOutput, error) {
	attributes := map[string]string{}
	for name, value := range in.MessageAttributes {
		attributes[name] = aws.ToString(value.StringValue)
	}
	body := aws.ToString(in.MessageBody)
	id, err := c.Region.SQS.Send(c.Caller, aws.ToString(in.QueueUrl), body, attributes, c.Conditions)
	if err != nil {
		return nil, err
	}
	return &sdk.SendMessageOutput{MessageId: &id, MD5OfMessageBody: digest(body)}, nil
}

// digest is the MD5 of a message's body.
func digest(body string) *string {
	sum := md5.Sum([]byte(body)) //nolint:gosec // as above
	return aws.String(hex.EncodeToString(sum[:]))
}
