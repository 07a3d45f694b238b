package sns

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEachProtocolIsSentItsOwnText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Topic{}) // with a telephone
		w.subscribe(t, "email", "oncall@example.com")
		w.subscribe(t, "sqs", "arn:aws:sqs:us-east-1:123456789012:q")
		w.subscribe(t, "lambda", "arn:aws:lambda:us-east-1:123456789012:function:f")
		_, err := w.Publish(w.identities.Admin().Principal, Publication{
			TopicARN: topic, Subject: "s", Structure: "json",
			Message: `{"default":"long","sms":"short","lambda":"","email":7,"pager":"unknown"}`,
		}, secure)
		require.NoError(t, err)
		got := map[string]string{}
		for _, m := range w.inbox.Messages() {
			if m.Kind != KindConfirmation {
				got[m.Protocol] = m.Body
			}
		}
		assert.Equal(t, map[string]string{"sms": "short", "email": "long", "sqs": "long", "lambda": ""}, got,
			"a value that is no text is ignored, an empty one is sent")
		var inQueue struct{ Message string }
		_, body, found := strings.Cut(w.queues.sent[0], "{")
		require.True(t, found)
		require.NoError(t, json.Unmarshal([]byte("{"+body), &inQueue))
		assert.Equal(t, "long", inQueue.Message)
	})
}

func TestAStructureThatSNSRefusesReachesNobody(t *testing.T) {
	const noDefault = "InvalidParameter: Invalid parameter: Message Structure - No default entry in JSON message body"
	const unparsed = "InvalidParameter: Invalid parameter: Message Structure - JSON message body failed to parse"
	w := newWorld(t, Topic{})
	before := len(w.inbox.Messages())
	for message, want := range map[string]string{
		`{}`:                             noDefault,
		`{"sms":"m"}`:                    noDefault,
		`{"default":7}`:                  noDefault,
		`{"default":null}`:               noDefault,
		`plain`:                          unparsed,
		`"default"`:                      unparsed,
		`null`:                           unparsed,
		`["default"]`:                    unparsed,
		`{"default":"m"`:                 unparsed,
		`{"default":"m",}`:               unparsed,
		`{"default":"m"} {}`:             unparsed,
		`{"default":"m","default":"n"}`:  unparsed,
		`{"default":"m","sms":"` + "\n}": unparsed,
	} {
		_, err := w.Publish(w.identities.Admin().Principal, Publication{TopicARN: topic, Structure: "json", Message: message}, secure)
		assert.ErrorContains(t, err, want, message)
	}
	_, err := w.Publish(w.identities.Admin().Principal, Publication{TopicARN: topic, Structure: "xml", Message: "m"}, secure)
	require.ErrorContains(t, err, "InvalidParameter: Invalid parameter: MessageStructure")
	assert.Len(t, w.inbox.Messages(), before)
}
