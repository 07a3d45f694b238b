package api_test

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awsdsql "github.com/aws/aws-sdk-go-v2/service/dsql"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	awsroute53 "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/api"
	"aurora-dsql-dr/sandbox/internal/sigv4"
)

func TestARefusedOperationOfARESTServiceIsNamed(t *testing.T) {
	w := newWorld(t, nil)
	config := w.admin("us-east-1")
	cluster, function := aws.String("arn:aws:dsql:us-east-1:123456789012:cluster/abc"), aws.String("f")
	for name, call := range map[string]func() error{
		"UntagResource": func() error {
			_, err := awsdsql.NewFromConfig(config).UntagResource(t.Context(),
				&awsdsql.UntagResourceInput{ResourceArn: cluster, TagKeys: []string{"a"}})
			return err
		},
		"GetVpcEndpointServiceName": func() error {
			_, err := awsdsql.NewFromConfig(config).GetVpcEndpointServiceName(t.Context(),
				&awsdsql.GetVpcEndpointServiceNameInput{Identifier: cluster})
			return err
		},
		"ListTags": func() error {
			_, err := awslambda.NewFromConfig(config).ListTags(t.Context(), &awslambda.ListTagsInput{Resource: function})
			return err
		},
		"ListProvisionedConcurrencyConfigs": func() error {
			_, err := awslambda.NewFromConfig(config).ListProvisionedConcurrencyConfigs(t.Context(),
				&awslambda.ListProvisionedConcurrencyConfigsInput{FunctionName: function})
			return err
		},
		"ListHostedZonesByName": func() error {
			_, err := awsroute53.NewFromConfig(config).ListHostedZonesByName(t.Context(),
				&awsroute53.ListHostedZonesByNameInput{})
			return err
		},
		"GetProvisionedConcurrencyConfig": func() error {
			_, err := awslambda.NewFromConfig(config).GetProvisionedConcurrencyConfig(t.Context(),
				&awslambda.GetProvisionedConcurrencyConfigInput{FunctionName: function, Qualifier: aws.String("live")})
			return err
		},
	} {
		requireCode(t, call(), "NotImplemented", "operation "+name+" is not modelled by the sandbox; modelled are ")
	}
}

// sameRoute tells whether two operations are found at the same place.
func sameRoute(a, b api.Operation) bool { return a.Method == b.Method && a.Path == b.Path }

func TestTheTablesOfRESTServicesTellOperationsApart(t *testing.T) {
	all := api.Everything()
	require.NotEmpty(t, all)
	for _, o := range all {
		r := httptest.NewRequestWithContext(t.Context(), o.Method, "http://127.0.0.1"+o.Path, http.NoBody)
		assert.Equal(t, o.Name, api.Asked(o.Service, r), "%s %s", o.Method, o.Path)
	}
	for _, o := range api.Operations() {
		if !slices.Contains([]string{"account", "apigateway", "backup", "dsql", "lambda", "route53", "scheduler"}, o.Service) {
			continue
		}
		i := slices.IndexFunc(all, func(on api.Operation) bool { return on.Service == o.Service && on.Name == o.Name })
		require.GreaterOrEqual(t, i, 0, "%s has no operation %s", o.Service, o.Name)
		assert.True(t, sameRoute(all[i], o), "%s is at %s %s on AWS, and here at %s %s", o.Name,
			all[i].Method, all[i].Path, o.Method, o.Path)
	}
}

func TestAServiceWithoutItsAPISaysHowItIsUsed(t *testing.T) {
	w := newWorld(t, nil)
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	status, answer := w.post(t, "iam", form, "Action=ListRoles&Version=2010-05-08")
	assert.Equal(t, http.StatusNotImplemented, status)
	assert.Contains(t, answer, "<Code>NotImplemented</Code>")
	assert.Contains(t, answer, "iam: operation ListRoles is not modelled by the sandbox; modelled are GetRole")
	assert.Contains(t, answer, "roles and policies are made as resources of a Pulumi program")
	_, answer = w.post(t, "apigateway", nil, "")
	assert.Contains(t, answer, "HTTP APIs are made as resources of a Pulumi program")
	_, answer = w.post(t, "execute-api", nil, "")
	assert.Contains(t, answer, "execute-api: the sandbox models this service, but does not serve its API")
	_, answer = w.post(t, "ec2", form, "Action=DescribeInstances")
	assert.Contains(t, answer, "is not modelled by the sandbox; modelled are ")
}

// S3's clients sign paths as they are, may leave the body out, and read errors in S3's own XML.
func TestS3IsRefusedInItsOwnWords(t *testing.T) {
	w := newWorld(t, nil)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	stranger := aws.Credentials{AccessKeyID: "AKIANOBODY", SecretAccessKey: "s"}
	for name, c := range map[string]struct {
		method, path, hash string
		credentials        aws.Credentials
		status             int
		code, says         string
	}{
		"list buckets": {http.MethodGet, "/", sigv4.EmptyPayload, credentialsOf(w.account.IAM.Admin()), 501,
			"NotImplemented", "s3: operation GET / is not modelled by the sandbox"},
		"list a bucket": {http.MethodGet, "/b?list-type=2&prefix=a%2Fb", sigv4.EmptyPayload,
			credentialsOf(w.account.IAM.Admin()), 501, "NotImplemented", "the sandbox has no buckets"},
		"put": {http.MethodPut, "/b/a%20b%3Dc", "UNSIGNED-PAYLOAD", credentialsOf(w.account.IAM.Admin()), 501,
			"NotImplemented", "operation PUT /b/a%20b%3Dc is not modelled"},
		"no package": {http.MethodGet, "/lambda-packages/none", sigv4.EmptyPayload,
			credentialsOf(w.account.IAM.Admin()), 404, "NoSuchKey", "does not exist"},
		"stranger": {http.MethodGet, "/", sigv4.EmptyPayload, stranger, 403, "InvalidAccessKeyId", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.request(t, c.method, c.path)
			r.Header.Set("X-Amz-Content-Sha256", c.hash)
			require.NoError(t, signer.SignHTTP(t.Context(), c.credentials, r, c.hash, "s3", "us-east-1", time.Now()))
			status, answer := do(t, r)
			assert.Equal(t, c.status, status)
			assert.True(t, strings.HasPrefix(answer, "<?xml"), answer)
			var failed struct {
				XMLName       xml.Name `xml:"Error"`
				Code, Message string
				RequestID     string `xml:"RequestId"`
			}
			require.NoError(t, xml.Unmarshal([]byte(answer), &failed), answer)
			assert.Equal(t, c.code, failed.Code)
			assert.Contains(t, failed.Message, c.says)
			assert.NotEmpty(t, failed.RequestID)
		})
	}
}
