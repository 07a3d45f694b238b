package sns

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhoDeliversAcrossRegions(t *testing.T) {
	for _, c := range []struct{ from, to, protocol, want string }{
		{"us-east-1", "us-east-1", "sqs", "sns.amazonaws.com"},
		{"us-east-1", "us-west-2", "lambda", "sns.amazonaws.com"},
		{"ca-west-1", "ca-west-1", "lambda", "sns.amazonaws.com"},
		{"ca-west-1", "us-east-1", "sqs", "sns.ca-west-1.amazonaws.com"},
		{"eu-south-2", "eu-west-1", "lambda", "sns.eu-south-2.amazonaws.com"},
		{"us-east-1", "ca-west-1", "sqs", "sns.ca-west-1.amazonaws.com"},
		{"us-east-1", "ca-west-1", "lambda", ""},
		{"ca-west-1", "eu-south-2", "sqs", ""},
		{"us-east-1", "me-south-1", "lambda", ""},
		{"us-east-1", "mx-central-1", "sqs", "sns.mx-central-1.amazonaws.com"},
		{"eu-north-1", "ap-northeast-3", "lambda", "sns.amazonaws.com"},
	} {
		who, err := callerOf(c.from, c.to, c.protocol)
		assert.Equal(t, c.want, who, "%s to %s in %s", c.from, c.protocol, c.to)
		assert.Equal(t, c.want == "", err != nil)
	}
}

func TestWhatIsNotHereIsDroppedAndSaid(t *testing.T) {
	w := newWorld(t, Topic{})
	w.subscribe(t, "sqs", "arn:aws:sqs:us-east-1:210987654321:pages")
	w.subscribe(t, "lambda", "arn:aws:lambda:us-east-2:123456789012:function:pager")
	_, err := w.Publish(w.identities.Admin().Principal, Publication{TopicARN: topic, Message: "m"}, secure)
	require.NoError(t, err, "the publisher hears nothing of it")
	assert.Empty(t, w.queues.sent)
	assert.Empty(t, w.invoked)
	require.Len(t, w.Failures(), 2)
	all := errors.Join(w.Failures()[0].Err, w.Failures()[1].Err) // in any order
	assert.ErrorContains(t, all, "account 210987654321 is not the sandbox's")
	assert.ErrorContains(t, all, "the sandbox does not have region us-east-2")
	assert.Equal(t, Counts{Published: 1, Delivered: 1, Failed: 2}, w.TakeCounts()[topic], "the telephone was reached")
}
