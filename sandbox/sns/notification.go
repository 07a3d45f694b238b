package sns

import (
	"maps"
	"slices"

	"aurora-dsql-dr/sandbox/internal/must"
)

// notification is a message as queues and functions receive it (SNS Developer Guide, "Parsing message formats"). The
// signature is left out: nothing in the sandbox could verify it.
type notification struct {
	Type, MessageID, TopicARN, Subject, Message, Timestamp string
	Attributes                                             map[string]string
}

type attribute struct {
	Type  string `json:"Type"`
	Value string `json:"Value"`
}

func (n notification) attributes() map[string]attribute {
	attributes := map[string]attribute{}
	for _, name := range slices.Sorted(maps.Keys(n.Attributes)) {
		attributes[name] = attribute{"String", n.Attributes[name]}
	}
	return attributes
}

type envelope struct {
	Type              string               `json:"Type"`
	MessageID         string               `json:"MessageId"`
	TopicARN          string               `json:"TopicArn"`
	Subject           string               `json:"Subject,omitempty"`
	Message           string               `json:"Message"`
	Timestamp         string               `json:"Timestamp"`
	MessageAttributes map[string]attribute `json:"MessageAttributes"`
}

func (n notification) envelope() envelope {
	return envelope{n.Type, n.MessageID, n.TopicARN, n.Subject, n.Message, n.Timestamp, n.attributes()}
}

// body is the message for a queue: as it is, or in SNS's envelope.
func (n notification) body(raw bool) string {
	if raw {
		return n.Message
	}
	return string(must.JSON(n.envelope()))
}

// lambdaEvent is the event a function receives (Lambda Developer Guide, "Using Lambda with Amazon SNS").
func (n notification) lambdaEvent(subscriptionARN string) []byte {
	type record struct {
		EventSource          string   `json:"EventSource"`
		EventVersion         string   `json:"EventVersion"`
		EventSubscriptionArn string   `json:"EventSubscriptionArn"`
		Sns                  envelope `json:"Sns"`
	}
	return must.JSON(map[string][]record{"Records": {{"aws:sns", "1.0", subscriptionARN, n.envelope()}}})
}
