package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
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
	"sms": {"a phone number in E.164 form, in quotes, such as \"+12065550100\"",
		regexp.MustCompile(`^\+[1-9]\d{6,14}$`).MatchString},
	"https": {"a URL of a public host such as https://alerts.example.com/hook", isHTTPS},
	"sqs":   {"the ARN of a standard queue such as arn:aws:sqs:us-east-1:123456789012:pages", queueARN.MatchString},
	"lambda": {
		"the ARN of a function such as arn:aws:lambda:us-east-1:123456789012:function:pager, not in a region to opt in to: " +
			"SNS does not deliver there from other regions", isReachableFunction,
	},
}

// Forms of ARNs, in the partition "aws": Aurora DSQL is in no other, and SNS delivers across none.
var (
	direction   = `(?:central|east|north|northeast|northwest|south|southeast|southwest|west)`
	regionCode  = `(?:af|ap|ca|eu|il|me|mx|sa|us)-` + direction + `-\d`
	queueARN    = regexp.MustCompile(`^arn:aws:sqs:` + regionCode + `:\d{12}:[A-Za-z0-9_-]{1,80}$`)
	functionARN = regexp.MustCompile(`^arn:aws:lambda:(` + regionCode +
		`):\d{12}:function:[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_-]{1,128})?$`)
)

// defaultRegions are enabled in every account. The list is complete: all launched after March 20, 2019 are to be opted
// in to (AWS Account Management, "Enable or disable AWS Regions in your account").
var defaultRegions = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
	"ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
	"us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

// isReachableFunction leaves out functions in regions to opt in to: every recipient is subscribed in three regions, and
// "cross-region delivery to Lambda from a region that is enabled by default to an opt-in region" is not supported
// (Amazon SNS Developer Guide, "Prerequisites for integrating Amazon SNS with Lambda functions across regions").
func isReachableFunction(s string) bool {
	match := functionARN.FindStringSubmatch(s)
	return match != nil && slices.Contains(defaultRegions, match[1])
}

// Forms of what a mail address and a URL are made of, in ASCII: SNS converts nothing.
var (
	hostName = regexp.MustCompile(
		`^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	localPart = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")
	urlText   = regexp.MustCompile(`^(?:[A-Za-z0-9._~:/?@!$&'()*+,;=\[\]-]|%[0-9A-Fa-f]{2})+$`)
)

func isAddress(s string) bool {
	at := strings.LastIndex(s, "@")
	return at > 0 && at <= 64 && len(s) <= 254 && localPart.MatchString(s[:at]) && hostName.MatchString(s[at+1:])
}

// isHTTPS accepts what a service of AWS can reach: a public host, a port that exists, no credentials and no fragment.
func isHTTPS(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.User != nil || len(s) > 2048 || !urlText.MatchString(s) {
		return false
	}
	if _, port, given := strings.Cut(strings.TrimPrefix(u.Host, "["+u.Hostname()+"]"), ":"); given {
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return false
		}
	}
	if address, err := netip.ParseAddr(u.Hostname()); err == nil {
		return address.IsGlobalUnicast() && !address.IsPrivate()
	}
	return len(u.Hostname()) <= 253 && hostName.MatchString(u.Hostname())
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
		s := components.Subscription{
			Protocol: r.text(entry, "protocol", ""),
			Endpoint: r.text(entry, "endpoint", ""),
			Secret:   r.secrets[key],
		}
		r.leftOver(entry)
		protocol, known := alertProtocols[s.Protocol]
		switch {
		case !known:
			r.problem(entry.path("protocol"), s.Protocol, "email, email-json, sms, https, sqs or lambda")
		case !protocol.valid(s.Endpoint):
			r.problem(entry.path("endpoint"), s.Endpoint, protocol.accepted)
		case slices.ContainsFunc(out, func(before components.Subscription) bool { return same(before, s) }):
			r.problem(entry.path("endpoint"), s.Endpoint, "each recipient once")
		default:
			out = append(out, s)
		}
	}
	return out
}

// same reports whether two recipients are one; mail addresses are, however they are capitalized.
func same(a, b components.Subscription) bool {
	mail := strings.HasPrefix(a.Protocol, "email")
	return a.Protocol == b.Protocol && (a.Endpoint == b.Endpoint || mail && strings.EqualFold(a.Endpoint, b.Endpoint))
}

// Recipients reads the value of alerts alone, "" for none.
func Recipients(alerts string) ([]components.Subscription, error) {
	r := &reader{secrets: map[string]bool{"alerts": true}}
	values := map[string]string{"alerts": alerts}
	if alerts == "" {
		values = nil
	}
	list := r.alerts(top(values), "alerts")
	return list, errors.Join(r.problems...)
}
