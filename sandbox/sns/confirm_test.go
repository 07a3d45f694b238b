package sns

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const operator = "ops@example.com"

func (w *world) receives(t *testing.T, endpoint string) bool {
	t.Helper()
	before := len(w.Inbox().Messages())
	_, err := w.Publish(w.identities.Admin().Principal, Publication{TopicARN: topic, Message: "m"}, secure)
	require.NoError(t, err)
	for _, m := range w.Inbox().Messages()[before:] {
		if m.Endpoint == endpoint {
			return true
		}
	}
	return false
}

func TestWhoHasNotConfirmedReceivesNothing(t *testing.T) {
	w := newWorld(t, Topic{})
	w.Inbox().SetConfirming(false)
	sub, err := w.Subscribe(Subscription{Topic: topic, Protocol: "email", Endpoint: operator})
	require.NoError(t, err)
	assert.True(t, sub.PendingConfirmation)
	phone, err := w.Subscribe(Subscription{Topic: topic, Protocol: "sms", Endpoint: "+4915112345678"})
	require.NoError(t, err)
	assert.False(t, phone.PendingConfirmation, "a phone is not asked")
	assert.True(t, w.receives(t, phone.Endpoint))
	assert.False(t, w.receives(t, operator))

	asked := len(w.Inbox().Messages())
	again, err := w.Subscribe(Subscription{Topic: topic, Protocol: "email", Endpoint: operator})
	require.NoError(t, err)
	assert.Equal(t, sub.Arn, again.Arn)
	assert.Len(t, w.Inbox().Messages(), asked+1, "who subscribes again asks again")
	require.ErrorContains(t, w.Unsubscribe(sub.Arn), "Cannot unsubscribe a subscription that is pending confirmation")

	require.NoError(t, w.Confirm(sub.Arn))
	assert.True(t, w.receives(t, operator))
	require.NoError(t, w.Unsubscribe(sub.Arn))
	require.Error(t, w.Confirm(sub.Arn))
}

func TestASubscriptionThatNobodyConfirmsIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Topic{})
		w.Inbox().SetConfirming(false)
		sub, err := w.Subscribe(Subscription{Topic: topic, Protocol: "email", Endpoint: operator})
		require.NoError(t, err)
		time.Sleep(48*time.Hour - time.Second)
		_, err = w.Subscription(sub.Arn)
		require.NoError(t, err)
		time.Sleep(time.Second)
		_, err = w.Subscription(sub.Arn)
		require.ErrorContains(t, err, "Subscription does not exist")
	})
}
