package stacks

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"aurora-dsql-dr/components"
)

// alertProtocols are the ways SNS reaches a recipient, each with the form of its endpoint.
var alertProtocols = map[string]struct {
	accepted string
	valid    func(string) bool
}{
	"email":      {"an e-mail address such as oncall@example.com", isAddress},
	"email-json": {"an e-mail address such as oncall@example.com", isAddress},
	"sms":        {"a phone number in E.164 form such as +12065550100", regexp.MustCompile(`^\+[1-9]\d{6,14}$`).MatchString},
	"https":      {"a URL such as https://alerts.example.com/hook", isHTTPS},
	"sqs":        {"the ARN of a standard queue", regexp.MustCompile(`^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}$`).MatchString},
	"lambda":     {"the ARN of a function", regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_:-]{1,170}$`).MatchString},
}

func isAddress(s string) bool {
	address, err := mail.ParseAddress(s)
	return err == nil && address.Address == s && strings.Contains(s, ".")
}

func isHTTPS(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil
}

// alerts reads the recipients. An sns topic takes a recipient once, so a repeated one is a mistake.
func (r *reader) alerts(from object, key string) []components.Subscription {
	raw, ok := from.look(key)
	if !ok {
		return nil
	}
	var list []map[string]json.RawMessage
	if err := decodeJSON(raw, &list); err != nil {
		r.problem(from.path(key), raw, "a list of {protocol, endpoint}")
		return nil
	}
	var out []components.Subscription
	for i, fields := range list {
		entry := fieldsObject(fmt.Sprintf("%s[%d].", from.path(key), i), fields)
		s := components.Subscription{Protocol: r.text(entry, "protocol", ""), Endpoint: r.text(entry, "endpoint", "")}
		r.leftOver(entry)
		protocol, known := alertProtocols[s.Protocol]
		switch {
		case !known:
			r.problem(entry.path("protocol"), s.Protocol, "email, email-json, sms, https, sqs or lambda")
		case !protocol.valid(s.Endpoint):
			r.problem(entry.path("endpoint"), s.Endpoint, protocol.accepted)
		case slices.Contains(out, s):
			r.problem(entry.path("endpoint"), s.Endpoint, "each recipient once")
		default:
			out = append(out, s)
		}
	}
	return out
}
