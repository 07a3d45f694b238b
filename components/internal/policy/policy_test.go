package policy

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestADocumentSaysWhoMayDoWhatOnWhatAndWhen(t *testing.T) {
	for _, tt := range []struct {
		intent    string
		statement Statement
		want      string
	}{
		{
			"An identity policy has no principal.",
			Allow("Read", "dsql:GetCluster").On("arn:a", "arn:b"),
			`{"Sid":"Read","Effect":"Allow","Action":["dsql:GetCluster"],"Resource":["arn:a","arn:b"]}`,
		},
		{
			"A trust policy has no resource.",
			Allow("Assume", "sts:AssumeRole").ToService("lambda.amazonaws.com"),
			`{"Sid":"Assume","Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com"]},"Action":["sts:AssumeRole"]}`,
		},
		{
			"Conditions add up, of one operator and of several.",
			Allow("Use", "kms:Decrypt", "kms:Encrypt").To("arn:root").On("*").
				When("StringLike", "b", "2").When("StringLike", "a", "1").When("Bool", "c", "true"),
			`{"Sid":"Use","Effect":"Allow","Principal":{"AWS":["arn:root"]},"Action":["kms:Decrypt","kms:Encrypt"],` +
				`"Resource":["*"],"Condition":{"Bool":{"c":"true"},"StringLike":{"a":"1","b":"2"}}}`,
		},
		{
			"Whoever comes in plain text is refused, whoever it is.",
			RefusePlainHTTP("sqs:*", "arn:q"),
			`{"Sid":"RefusePlainHttp","Effect":"Deny","Principal":{"AWS":["*"]},"Action":["sqs:*"],` +
				`"Resource":["arn:q"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`,
		},
	} {
		document, err := Document(tt.statement)
		require.NoError(t, err)
		assert.Equal(t, `{"Version":"2012-10-17","Statement":[`+tt.want+`]}`, document, tt.intent)
	}
}

func TestAStatementThatOthersAreMadeOfStaysAsItIs(t *testing.T) {
	first := Allow("A", "sns:Publish").When("ArnLike", "aws:SourceArn", "arn:1")
	second := first.When("ArnLike", "aws:SourceAccount", "2").When("Bool", "c", "true")
	assert.Equal(t, condition{"ArnLike": {"aws:SourceArn": "arn:1"}}, first.Condition)
	assert.Len(t, second.Condition, 2)
}
