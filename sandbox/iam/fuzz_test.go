package iam

import "testing"

func FuzzPolicies(f *testing.F) {
	for _, seed := range []string{
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sns:*","Resource":"*","Condition":{"StringLike":{"a":["b*"]}}}]}`,
		`{"Statement":{"Effect":"Deny","Principal":{"AWS":["*"],"Service":"x"},"Action":["*"],"Resource":["arn:aws:s3:::*?"]}}`,
		`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"Bool":{"a":true},"Null":{"b":1}}}]}`,
		`{"Statement":[null]}`, `{"Statement":{"Condition":{"StringEquals":{"a":{}}}}}`, `{"Statement":[{"Principal":{"AWS":1e400}}]}`, `[]`,
	} {
		f.Add(seed, "sns:Publish", "arn:aws:sns:us-east-1:123456789012:t")
	}
	f.Fuzz(func(_ *testing.T, document, action, resource string) {
		for _, parse := range []func(string) (*Policy, error){ParseIdentityPolicy, ParseResourcePolicy, ParseTrustPolicy} {
			if p, err := parse(document); err == nil {
				p.decide(request{caller: Principal{ARN: "arn:aws:iam::123456789012:user/u"}, account: "123456789012", action: action, resource: resource, context: Context{"a": "b"}})
			}
		}
	})
}
