package api_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsquotas "github.com/aws/aws-sdk-go-v2/service/servicequotas"
	quotatypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/api"
	sandboxaws "aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
)

func concurrency() *awsquotas.GetServiceQuotaInput {
	return &awsquotas.GetServiceQuotaInput{ServiceCode: aws.String("lambda"), QuotaCode: aws.String("L-B99A9384")}
}

func TestQuotasAreReadAsTheSandboxIsSet(t *testing.T) {
	w := newWorld(t, func(c *api.Config) {
		c.Account = sandboxaws.NewAccount(sandboxaws.Options{
			Clock:       clock.New(1),
			Regions:     []string{"us-east-1"},
			Concurrency: 10,
		})
	})
	client := awsquotas.NewFromConfig(w.admin("us-east-1"))
	out, err := client.GetServiceQuota(t.Context(), concurrency())
	require.NoError(t, err)
	assert.InDelta(t, 10, *out.Quota.Value, 0)
	assert.True(t, out.Quota.Adjustable)
	assert.Equal(t, "arn:aws:servicequotas:us-east-1:123456789012:lambda/L-B99A9384", *out.Quota.QuotaArn)
	byDefault, err := client.GetAWSDefaultServiceQuota(t.Context(), &awsquotas.GetAWSDefaultServiceQuotaInput{
		ServiceCode: aws.String("lambda"),
		QuotaCode:   aws.String("L-B99A9384"),
	})
	require.NoError(t, err)
	assert.InDelta(t, 1000, *byDefault.Quota.Value, 0)
	assert.Equal(t, "arn:aws:servicequotas:us-east-1::lambda/L-B99A9384", *byDefault.Quota.QuotaArn)
}

func TestQuotasComeInPages(t *testing.T) {
	client := awsquotas.NewFromConfig(newWorld(t, nil).admin("us-east-1"))
	in := &awsquotas.ListServiceQuotasInput{ServiceCode: aws.String("events"), MaxResults: aws.Int32(2)}
	var names []string
	for p := awsquotas.NewListServiceQuotasPaginator(client, in); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		require.NoError(t, err)
		for _, q := range out.Quotas {
			names = append(names, *q.QuotaName)
		}
	}
	assert.Equal(t, []string{"Number of rules", "Event buses", "Event pattern size"}, names)
	_, err := client.ListServiceQuotas(t.Context(), &awsquotas.ListServiceQuotasInput{
		ServiceCode: aws.String("events"),
		NextToken:   aws.String("made up"),
	})
	var invalid *quotatypes.InvalidPaginationTokenException
	require.ErrorAs(t, err, &invalid)
}

func TestAQuotaThatIsNotThereIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	client := awsquotas.NewFromConfig(w.function(t, "us-east-1"))
	_, err := client.GetServiceQuota(t.Context(), concurrency())
	requireCode(t, err, "AccessDeniedException", "not authorized to perform: servicequotas:GetServiceQuota")
	w.allow(t, "servicequotas:GetServiceQuota", "*", "")
	_, err = client.GetServiceQuota(t.Context(), concurrency())
	require.NoError(t, err)
	in := concurrency()
	in.QuotaCode = aws.String("L-00000000")
	_, err = client.GetServiceQuota(t.Context(), in)
	var missing *quotatypes.NoSuchResourceException
	require.ErrorAs(t, err, &missing)
}
