package provider

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// terraform-provider-aws takes a subscription that nobody has confirmed for deleted, and SNS forgets it by itself.
func TestASubscriptionThatWaitsIsLeftToSNS(t *testing.T) {
	w := newWorld(t, Options{})
	w.Inbox.SetConfirming(false)
	i := w.in(primary, object{})
	topic := i.mustCreate(topicKind, "alerts", object{})
	sub := i.mustCreate("aws:sns/topicSubscription:TopicSubscription", "ops",
		object{"topic": topic.id, "protocol": "email", "endpoint": "ops@example.com"})
	assert.Equal(t, true, sub.outputs["pendingConfirmation"])
	require.NoError(t, i.delete(sub))
	assert.Len(t, w.Account.Region(primary).SNS.Subscriptions(topic.id), 1)
	require.NoError(t, i.delete(topic))
	assert.Empty(t, w.Account.Region(primary).SNS.Subscriptions(topic.id))
}
