package sns

import (
	"encoding/json"
	"io"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
)

// structureJSON is the one MessageStructure there is.
const structureJSON = "json"

// texts is a message by the protocol it is for (SNS API Reference, Publish, "JSON-specific constraints").
type texts map[string]string

// forProtocol is what a subscription of the protocol is sent.
func (t texts) forProtocol(protocol string) string {
	if text, own := t[protocol]; own {
		return text
	}
	return t["default"]
}

// texts reads the message as its structure says. What is no text is as if it were not there.
func (p Publication) texts() (texts, error) {
	switch p.Structure {
	case "":
		return texts{"default": p.Message}, nil
	case structureJSON:
	default:
		return nil, awserr.Invalid("InvalidParameter", "Invalid parameter: MessageStructure")
	}
	members, err := uniqueMembers(p.Message)
	if err != nil {
		return nil, awserr.Invalid(
			"InvalidParameter",
			"Invalid parameter: Message Structure - JSON message body failed to parse",
		)
	}
	out := texts{}
	for protocol, value := range members {
		if text, is := value.(string); is {
			out[protocol] = text
		}
	}
	if _, is := out["default"]; !is {
		return nil, awserr.Invalid(
			"InvalidParameter",
			"Invalid parameter: Message Structure - No default entry in JSON message body",
		)
	}
	return out, nil
}

// uniqueMembers reads one JSON object without a member twice.
func uniqueMembers(text string) (map[string]any, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, io.ErrUnexpectedEOF
	}
	members := map[string]any{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		key, is := name.(string)
		if _, twice := members[key]; twice || !is {
			return nil, io.ErrUnexpectedEOF
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		members[key] = value
	}
	if _, err := decoder.Token(); err != nil { // the closing brace
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, io.ErrUnexpectedEOF
	}
	return members, nil
}
