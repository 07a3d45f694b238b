package events

import (
	"encoding/json"
	"testing"
)

func FuzzPatterns(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"source":["aws.dsql",1,null,true]}`, call},
		{`{"detail":{"count":[{"numeric":[">",0,"<=",3]},{"exists":true}]}}`, call},
		{`{"detail":{"eventName":[{"anything-but":{"prefix":"Get"}},{"anything-but":[1,2]}]}}`, call},
		{`{"a":[{"anything-but":{}}]}`, `{"a":1e400}`},
		{`{"a":[{"anything-but":{"prefix":{}}}]}`, `{"a":[[[]]]}`},
		{`{"a":{"b":{"c":[{"suffix":"x"}]}}}`, `{"a":[{"b":null},{"b":[{"c":"x"}]}]}`},
		{`{"a":[{"numeric":["=",1e400]}]}`, `{"a":-0}`},
		{`{"detail":{"$or":[{"count":[3]},{"$or":[{"a":{"b":[1]}},{"flag":[true]}]}]}}`, call},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(_ *testing.T, text, event string) {
		p, err := parsePattern(text, PatternQuota.Default)
		var object map[string]json.RawMessage
		if err == nil && json.Unmarshal([]byte(event), &object) == nil {
			p.matches(parse([]byte(event)))
		}
	})
}

func FuzzInputTransformers(f *testing.F) {
	for _, template := range []string{`"<a> <b>"`, `{"x":<a>,"y":"<aws.events.event.json>"}`, `<`, `<aws.events.rule-arn>`, `\"<a>\`} {
		f.Add("$.detail.count", "$.resources[1]", template, call)
	}
	f.Add("$[99999999999999999999]", "$.a[0][1].b", "<a><b>", `{"a":[1e400]}`)
	f.Fuzz(func(_ *testing.T, a, b, template, event string) {
		var object map[string]json.RawMessage
		if json.Unmarshal([]byte(event), &object) != nil {
			return
		}
		s := &Service{}
		target := Target{TargetID: "t", Rule: "r", Arn: "arn:aws:sqs:us-east-1:123456789012:q",
			InputTransformer: &InputTransformer{InputPaths: map[string]string{"a": a, "b": b}, InputTemplate: template}}
		if s.checkTarget(target) == nil {
			target.input(Rule{Name: "r"}, []byte(event))
		}
		if target = (Target{TargetID: "t", Rule: "r", Arn: "arn:aws:sqs:us-east-1:123456789012:q", InputPath: a}); s.checkTarget(target) == nil {
			target.input(Rule{}, []byte(event))
		}
	})
}
