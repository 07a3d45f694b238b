package api_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/apigateway"
	"aurora-dsql-dr/sandbox/route53"
)

// certified is the ARN of an issued certificate for a name.
func (w *world) certified(t *testing.T, name string) string {
	t.Helper()
	region := w.account.Region("us-east-1")
	asked, err := region.ACM.Request(acm.Certificate{DomainName: name, ValidationMethod: acm.DNS, KeyAlgorithm: "EC_prime256v1"}, "")
	require.NoError(t, err)
	zone, _, err := w.account.Route53.CreateZone("example.com", "once", "")
	require.NoError(t, err)
	ttl := int64(60)
	_, err = w.account.Route53.ChangeRecordSets(zone.ID, "", []route53.Change{{Action: route53.Create, Set: route53.RecordSet{
		Name: asked.Validations[0].Name, Type: "CNAME", TTL: &ttl, Values: []string{asked.Validations[0].Value}}}})
	require.NoError(t, err)
	region.ACM.Tick(region.Now())
	return asked.Arn
}

func TestAPIsAndDomainNamesAreRead(t *testing.T) {
	w := newWorld(t, nil)
	gateway := w.account.Region("us-east-1").APIGateway
	var ids []string
	for _, name := range []string{"a", "b", "c"} {
		made, err := gateway.CreateAPI(apigateway.API{Name: name, ProtocolType: "HTTP", Tags: map[string]string{"k": name}})
		require.NoError(t, err)
		ids = append(ids, made.ID)
	}
	client := awsapigateway.NewFromConfig(w.admin("us-east-1"))
	var seen []string
	in := &awsapigateway.GetApisInput{MaxResults: aws.String("2")}
	for {
		out, err := client.GetApis(t.Context(), in)
		require.NoError(t, err)
		for _, a := range out.Items {
			seen = append(seen, *a.ApiId)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	assert.ElementsMatch(t, ids, seen)
	one, err := client.GetApi(t.Context(), &awsapigateway.GetApiInput{ApiId: &ids[0]})
	require.NoError(t, err)
	assert.Equal(t, "a", *one.Name)
	assert.Equal(t, apitypes.ProtocolTypeHttp, one.ProtocolType)
	assert.Equal(t, map[string]string{"k": "a"}, one.Tags)

	_, err = gateway.PutStage(apigateway.Stage{APIID: ids[0], Name: "$default", AutoDeploy: true})
	require.NoError(t, err)
	certificate := w.certified(t, "api.example.com")
	made, err := gateway.CreateDomainName(apigateway.DomainName{Name: "api.example.com", Configuration: apigateway.Configuration{
		CertificateArn: certificate, EndpointType: "REGIONAL", SecurityPolicy: "TLS_1_2"}})
	require.NoError(t, err)
	domain := &made.Name
	none, err := client.GetApiMappings(t.Context(), &awsapigateway.GetApiMappingsInput{DomainName: domain})
	require.NoError(t, err)
	assert.Empty(t, none.Items)
	_, err = gateway.CreateMapping(apigateway.Mapping{DomainName: made.Name, APIID: ids[0], Stage: "$default"})
	require.NoError(t, err)
	mapped, err := client.GetApiMappings(t.Context(), &awsapigateway.GetApiMappingsInput{DomainName: domain})
	require.NoError(t, err)
	require.Len(t, mapped.Items, 1)
	assert.Equal(t, ids[0], *mapped.Items[0].ApiId)
	read, err := client.GetDomainName(t.Context(), &awsapigateway.GetDomainNameInput{DomainName: domain})
	require.NoError(t, err)
	require.Len(t, read.DomainNameConfigurations, 1)
	assert.Equal(t, certificate, *read.DomainNameConfigurations[0].CertificateArn)
	assert.Equal(t, apitypes.DomainNameStatusAvailable, read.DomainNameConfigurations[0].DomainNameStatus)
	all, err := client.GetDomainNames(t.Context(), &awsapigateway.GetDomainNamesInput{})
	require.NoError(t, err)
	require.Len(t, all.Items, 1)
	assert.Equal(t, made.Configuration.TargetDomainName, *all.Items[0].DomainNameConfigurations[0].ApiGatewayDomainName)
}

func TestWhatAPIGatewayIsNotAskedSoIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	client := awsapigateway.NewFromConfig(w.admin("us-east-1"))
	for _, size := range []string{"0", "501", "many"} {
		_, err := client.GetApis(t.Context(), &awsapigateway.GetApisInput{MaxResults: &size})
		requireCode(t, err, "BadRequestException", "want 1 to 500")
	}
	_, err := client.GetDomainNames(t.Context(), &awsapigateway.GetDomainNamesInput{NextToken: aws.String("x")})
	requireCode(t, err, "BadRequestException", "Invalid nextToken")
	_, err = client.GetApi(t.Context(), &awsapigateway.GetApiInput{ApiId: aws.String("none")})
	requireCode(t, err, "NotFoundException", "")
	name := aws.String("none.example.com")
	_, err = client.GetDomainName(t.Context(), &awsapigateway.GetDomainNameInput{DomainName: name})
	requireCode(t, err, "NotFoundException", "")
	_, err = client.CreateApi(t.Context(), &awsapigateway.CreateApiInput{Name: name, ProtocolType: apitypes.ProtocolTypeHttp})
	requireCode(t, err, "NotImplemented", "operation CreateApi is not modelled")

	nobody := awsapigateway.NewFromConfig(w.function(t, "us-east-1"))
	for path, call := range map[string]func() error{
		"/apis": func() error { _, err := nobody.GetApis(t.Context(), nil); return err },
		"/apis/x": func() error {
			_, err := nobody.GetApi(t.Context(), &awsapigateway.GetApiInput{ApiId: aws.String("x")})
			return err
		},
		"/domainnames": func() error { _, err := nobody.GetDomainNames(t.Context(), nil); return err },
		"/domainnames/none.example.com": func() error {
			_, err := nobody.GetDomainName(t.Context(), &awsapigateway.GetDomainNameInput{DomainName: name})
			return err
		},
		"/domainnames/none.example.com/apimappings": func() error {
			_, err := nobody.GetApiMappings(t.Context(), &awsapigateway.GetApiMappingsInput{DomainName: name})
			return err
		},
	} {
		requireCode(t, call(), "AccessDeniedException", "apigateway:GET on resource: arn:aws:apigateway:us-east-1::"+path)
	}
}
