package api

import (
	"crypto/md5" //nolint:gosec // what SQS's clients compare, no protection
	"encoding/hex"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
)

var sqsOperations = []operation{
	on("SendMessage", sendMessage),
	on("ReceiveMessage", receiveMessage),
	on("DeleteMessage", deleteMessage),
	on("GetQueueAttributes", getQueueAttributes),
	on("GetQueueUrl", getQueueURL),
	on("ListQueues", listQueues),
}

// sqsFlattened is how the query protocol, which SQS's clients spoke until 2023, repeats a member's name.
var sqsFlattened = map[string]string{
	"AttributeNames": "AttributeName", "Attributes": "Attribute", "MessageAttributeNames": "MessageAttributeName",
	"MessageAttributes": "MessageAttribute", "MessageSystemAttributeNames": "MessageSystemAttributeName",
	"Messages": "Message", "QueueUrls": "QueueUrl",
}

// sendMessage leaves the permission to the queue, which has a policy. Clients check the digest of the body.
func sendMessage(c *Call, in *sdk.SendMessageInput) (*sdk.SendMessageOutput, error) {
	attributes := map[string]string{}
	for name, value := range in.MessageAttributes {
		attributes[name] = aws.ToString(value.StringValue)
	}
	body := aws.ToString(in.MessageBody)
	id, err := c.services.SQS.Send(c.Caller, aws.ToString(in.QueueUrl), body, attributes, c.Conditions)
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
