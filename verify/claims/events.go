package claims

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

var eventsClaims = []Claim{{
	ID:   "events-patterns",
	Says: "patterns see leaves of events: exact, prefix, suffix, equals-ignore-case, anything-but, exists, numeric, $or",
	Page: "sandbox-aws.md",
	Row:  "patterns of up to 2,048 characters: exact, prefix, suffix",
	ask:  patternsMatch,
}, {
	ID:   "events-pattern-refusals",
	Says: "what is no pattern is refused in the words of aws/event-ruler: InvalidEventPatternException",
	Page: "sandbox-aws.md",
	Row:  "patterns of up to 2,048 characters: exact, prefix, suffix",
	ask:  patternsAreRefused,
}, {
	ID:   "events-test-pattern",
	Says: "TestEventPattern refuses an event that lacks one of an event's fields: ValidationException",
	Page: "sandbox-aws.md",
	Row:  "TestEventPattern compares a pattern with an event that has all of an event's fields",
	ask:  incompleteEventsAreRefused,
}, {
	ID:   "events-rule-refusals",
	Says: "PutRule refuses names, schedules and patterns out of bounds",
	Page: "sandbox-aws.md",
	Row:  "lengths and patterns of what rules, targets, transformers",
	ask:  rulesAreRefused,
}, {
	ID:   "events-put-refusals",
	Says: "PutEvents refuses more than 10 entries as a whole, and what is wrong with one entry fails that entry",
	Page: "sandbox-aws.md",
	Row:  "PutEvents: 10 entries and 256 KB in all",
	ask:  entriesAreRefused,
}}

var rule = &Kind{
	Name:  "rule",
	Basis: "nothing",
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		client := eventbridge.NewFromConfig(config)
		in := &eventbridge.ListRulesInput{NamePrefix: aws.String(prefix)}
		for {
			page, err := client.ListRules(ctx, in)
			if err != nil {
				return nil, err
			}
			for _, r := range page.Rules {
				found = append(found, thing{name: aws.ToString(r.Name)})
			}
			if in.NextToken = page.NextToken; in.NextToken == nil {
				return found, nil
			}
		}
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		_, err := eventbridge.NewFromConfig(config).DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: t.key()})
		return err
	},
}

// call is the event of a call of Aurora DSQL's API, as CloudTrail has it.
const call = `{"id":"1","account":"123456789012","source":"aws.dsql","time":"2026-11-29T00:00:00Z",` +
	`"region":"us-east-1","resources":["arn:one","arn:two"],"detail-type":"AWS API Call via CloudTrail","detail":{` +
	`"eventSource":"dsql.amazonaws.com","eventName":"DeleteCluster","count":3,"flag":true,"nothing":null,"empty":[],` +
	`"items":[{"id":1,"kind":"a"},{"id":2,"kind":"b"}],"requestParameters":{"identifier":"abc"}}}`

// patterns are with whether they match the call.
var patterns = []struct {
	pattern string
	claimed bool
}{
	{`{"source":["aws.dsql"]}`, true},
	{`{"source":["aws.dsql"],"detail":{"eventName":["DeleteCluster","UpdateCluster"]}}`, true},
	{`{"source":["aws.dsql"],"detail":{"eventName":["GetCluster"]}}`, false},
	{`{"resources":["arn:two"]}`, true},
	{`{"detail":{"eventName":[{"prefix":"Delete"}]}}`, true},
	{`{"detail":{"eventName":[{"prefix":"delete"}]}}`, false},
	{`{"detail":{"eventName":[{"suffix":"Cluster"}]}}`, true},
	{`{"detail":{"eventName":[{"equals-ignore-case":"deletecluster"}]}}`, true},
	{`{"detail":{"eventName":[{"anything-but":["GetCluster","DeleteCluster"]}]}}`, false},
	{`{"detail":{"eventName":[{"anything-but":{"prefix":"Get"}}]}}`, true},
	{`{"detail":{"absent":[{"anything-but":"x"}]}}`, false},
	{`{"detail":{"absent":[{"exists":false}]}}`, true},
	{`{"detail":{"empty":[{"exists":false}]}}`, true},
	{`{"detail":{"requestParameters":[{"exists":true}]}}`, false},
	{`{"detail":{"requestParameters":{"identifier":[{"exists":true}]}}}`, true},
	{`{"detail":{"count":[3.0]}}`, true},
	{`{"detail":{"count":["3"]}}`, false},
	{`{"detail":{"count":[{"numeric":[">",0,"<=",3]}]}}`, true},
	{`{"detail":{"count":[{"numeric":["=",3.000001]}]}}`, false},
	{`{"detail":{"eventName":[{"numeric":["=",3]}]}}`, false},
	{`{"detail":{"flag":[true],"nothing":[null]}}`, true},
	{`{"detail":{"items":{"id":[2],"kind":["b"]}}}`, true},
	{`{"detail":{"items":{"id":[1],"kind":["b"]}}}`, false},
	{`{"detail":{"absent":{"deeper":[{"exists":false},{"anything-but":["x"]}]}}}`, true},
	{`{"detail":{"eventName":[{"exists":false},{"anything-but":["DeleteCluster"]}]}}`, false},
	{`{"detail":{"eventName":[{"exists":false},{"anything-but":["GetCluster"]}]}}`, true},
	{`{"detail":{"eventName":["DeleteCluster"],"$or":[{"count":[4]},{"flag":[true]}]}}`, true},
	{`{"detail":{"eventName":["DeleteCluster"],"$or":[{"count":[4]},{"flag":[false]}]}}`, false},
	{`{"detail":{"$or":[{"count":[4],"flag":[true]},{"count":[3],"flag":[false]}]}}`, false},
}

func patternsMatch(c *Case) error {
	client := eventbridge.NewFromConfig(c.primary())
	for _, p := range patterns {
		in := &eventbridge.TestEventPatternInput{Event: aws.String(call), EventPattern: &p.pattern}
		out, err := client.TestEventPattern(c, in)
		if c.accepted("TestEventPattern of "+p.pattern, err) {
			c.is(p.pattern+" matches", out.Result, p.claimed)
		}
	}
	return nil
}

func patternsAreRefused(c *Case) error {
	client := eventbridge.NewFromConfig(c.primary())
	for _, wrong := range []struct{ pattern, words string }{
		{`[]`, "Filter is not an object"},
		{`{}`, "Empty objects are not allowed"},
		{`{"detail":{}}`, "Empty objects are not allowed"},
		{`{"source":"aws.dsql"}`, "must be an object or an array"},
		{`{"source":[]}`, "Empty arrays are not allowed"},
		{`{"source":[["a"]]}`, "Match value must be String, number, true, false, or null"},
		{`{"source":[{"like":"a"}]}`, "Unrecognized match type like"},
		{`{"source":[{"prefix":"a","suffix":"b"}]}`, "Only one key allowed in match expression"},
		{`{"source":[{"prefix":1}]}`, "prefix match pattern must be a string"},
		{`{"source":[{"exists":"yes"}]}`, "exists match pattern must be either true or false."},
		{`{"source":[{"numeric":5}]}`, "Value of numeric must be an array."},
		{`{"source":[{"numeric":["~",1]}]}`, "Unrecognized numeric range operator: ~"},
		{`{"source":[{"numeric":[">","1"]}]}`, "Value of > must be numeric"},
		{`{"source":[{"numeric":[">",5,"<",5]}]}`, "Bottom must be less than top"},
		{`{"source":[{"numeric":["=",5000000001]}]}`, "Value must be between -5.0E9 and 5.0E9, inclusive"},
		{`{"source":[{"anything-but":{"numeric":["=",1]}}]}`, "Unsupported anything-but pattern: numeric"},
		{`{"$or":[{"source":["a"]},{"detail":{"prefix":["a"]}}]}`, "reserved fieldName which cannot be used inside $or"},
	} {
		in := &eventbridge.TestEventPatternInput{Event: aws.String(call), EventPattern: &wrong.pattern}
		_, err := client.TestEventPattern(c, in)
		c.refused("TestEventPattern of "+wrong.pattern, err, "InvalidEventPatternException", wrong.words)
	}
	return nil
}

func incompleteEventsAreRefused(c *Case) error {
	client := eventbridge.NewFromConfig(c.primary())
	for _, field := range []string{"id", "account", "source", "time", "region", "resources", "detail-type"} {
		_, err := client.TestEventPattern(c, &eventbridge.TestEventPatternInput{
			Event:        aws.String(strings.Replace(call, `"`+field+`":`, `"other":`, 1)),
			EventPattern: aws.String(`{"source":["aws.dsql"]}`),
		})
		c.refused("TestEventPattern of an event without "+field, err, "ValidationException")
	}
	return nil
}

func rulesAreRefused(c *Case) error {
	client := eventbridge.NewFromConfig(c.primary())
	const pattern = `{"source":["verify-aws"]}`
	scheduled := func(expression string) func(*eventbridge.PutRuleInput) {
		return func(in *eventbridge.PutRuleInput) { in.EventPattern, in.ScheduleExpression = nil, &expression }
	}
	for _, wrong := range []struct {
		what, code string
		change     func(*eventbridge.PutRuleInput)
	}{
		{"a name of 65 characters", "ValidationException", func(in *eventbridge.PutRuleInput) {
			in.Name = aws.String(*in.Name + strings.Repeat("x", 65-len(*in.Name)))
		}},
		{"a space in its name", "ValidationException", func(in *eventbridge.PutRuleInput) {
			in.Name = aws.String(*in.Name + " x")
		}},
		{"a description of 513 characters", "ValidationException", func(in *eventbridge.PutRuleInput) {
			in.Description = aws.String(strings.Repeat("d", 513))
		}},
		{"neither pattern nor schedule", "ValidationException", func(in *eventbridge.PutRuleInput) { in.EventPattern = nil }},
		{"rate(1 minutes)", "ValidationException", scheduled("rate(1 minutes)")},
		{"rate(2 minute)", "ValidationException", scheduled("rate(2 minute)")},
		{"rate(0 minutes)", "ValidationException", scheduled("rate(0 minutes)")},
		{"rate(30 seconds)", "ValidationException", scheduled("rate(30 seconds)")},
		{"a pattern of 2,049 characters", "LimitExceededException", func(in *eventbridge.PutRuleInput) {
			in.EventPattern = aws.String(`{"source":["` + strings.Repeat("x", 2049-len(`{"source":[""]}`)) + `"]}`)
		}},
	} {
		_, err := c.make(rule, c.primary(), "r", func(name string) (string, error) {
			in := &eventbridge.PutRuleInput{
				Name:         &name,
				EventPattern: aws.String(pattern),
				State:        types.RuleStateDisabled,
			}
			wrong.change(in)
			_, err := client.PutRule(c, in)
			return *in.Name, err
		})
		c.refused("PutRule with "+wrong.what, err, wrong.code)
	}
	return nil
}

// entriesAreRefused puts no event: every entry is wrong by itself, too.
func entriesAreRefused(c *Case) error {
	client := eventbridge.NewFromConfig(c.primary())
	entry := func(source, kind, detail string) types.PutEventsRequestEntry {
		return types.PutEventsRequestEntry{Source: &source, DetailType: &kind, Detail: &detail}
	}
	var eleven []types.PutEventsRequestEntry
	for range 11 {
		eleven = append(eleven, entry(prefix, "t", "no JSON"))
	}
	_, err := client.PutEvents(c, &eventbridge.PutEventsInput{Entries: eleven})
	c.refused("PutEvents of 11 entries", err, "ValidationException")
	large := entry(prefix, "t", "no JSON"+strings.Repeat(" ", 256<<10))
	_, err = client.PutEvents(c, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{large}})
	c.refused("PutEvents of more than 256 KB", err, "ValidationException")
	wrong := []struct{ what, source, kind, detail, code string }{
		{"a detail that is no JSON", prefix, "t", "no JSON", "MalformedDetail"},
		{"a detail that is no object", prefix, "t", "[]", "MalformedDetail"},
		{"no detail type", prefix, "", "{}", "InvalidArgument"},
		{"a source of AWS's", "aws.dsql", "t", "{}", "NotAuthorizedForSourceException"},
		{"a detail type of 129 characters", prefix, strings.Repeat("t", 129), "{}", "InvalidArgument"},
	}
	in := &eventbridge.PutEventsInput{}
	for _, w := range wrong {
		in.Entries = append(in.Entries, entry(w.source, w.kind, w.detail))
	}
	out, err := client.PutEvents(c, in)
	if err != nil {
		return err
	}
	c.is("entries that failed", out.FailedEntryCount, len(wrong))
	for i, w := range wrong {
		c.is("an entry with "+w.what, aws.ToString(out.Entries[i].ErrorCode), w.code)
	}
	return nil
}
