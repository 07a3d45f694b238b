package api_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsacm "github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestACertificateIsRequestedDescribedListedAndDeleted(t *testing.T) {
	ctx := t.Context()
	client := awsacm.NewFromConfig(newWorld(t, nil).admin("us-east-1"))
	in := &awsacm.RequestCertificateInput{
		DomainName:              aws.String("api.example.com"),
		SubjectAlternativeNames: []string{"www.example.com"},
		ValidationMethod:        types.ValidationMethodDns,
		IdempotencyToken:        aws.String("one"),
		Tags:                    []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
	}
	made, err := client.RequestCertificate(ctx, in)
	require.NoError(t, err)
	assert.Regexp(t, `^arn:aws:acm:us-east-1:123456789012:certificate/[0-9a-f-]{36}$`, *made.CertificateArn)
	again, err := client.RequestCertificate(ctx, in)
	require.NoError(t, err)
	assert.Equal(t, made.CertificateArn, again.CertificateArn)

	described, err := client.DescribeCertificate(ctx,
		&awsacm.DescribeCertificateInput{CertificateArn: made.CertificateArn})
	require.NoError(t, err)
	c := described.Certificate
	assert.Equal(t, types.CertificateStatusPendingValidation, c.Status)
	assert.Equal(t, types.KeyAlgorithmRsa2048, c.KeyAlgorithm)
	assert.Equal(t, []string{"api.example.com", "www.example.com"}, c.SubjectAlternativeNames)
	require.Len(t, c.DomainValidationOptions, 2)
	record := c.DomainValidationOptions[1].ResourceRecord
	assert.Equal(t, types.RecordTypeCname, record.Type)
	assert.Contains(t, *record.Name, ".www.example.com.")

	list := func(in awsacm.ListCertificatesInput) []types.CertificateSummary {
		out, err := client.ListCertificates(ctx, &in)
		require.NoError(t, err)
		return out.CertificateSummaryList
	}
	assert.Len(t, list(awsacm.ListCertificatesInput{}), 1)
	assert.Empty(t, list(awsacm.ListCertificatesInput{
		CertificateStatuses: []types.CertificateStatus{types.CertificateStatusIssued},
	}))
	assert.Empty(t, list(awsacm.ListCertificatesInput{
		Includes: &types.Filters{KeyTypes: []types.KeyAlgorithm{types.KeyAlgorithmEcPrime256v1}},
	}))
	tags, err := client.ListTagsForCertificate(ctx,
		&awsacm.ListTagsForCertificateInput{CertificateArn: made.CertificateArn})
	require.NoError(t, err)
	assert.Equal(t, in.Tags, tags.Tags)

	remove := &awsacm.DeleteCertificateInput{CertificateArn: made.CertificateArn}
	_, err = client.DeleteCertificate(ctx, remove)
	require.NoError(t, err)
	_, err = client.DeleteCertificate(ctx, remove)
	var missing *types.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
}

func TestCertificatesNeedPermission(t *testing.T) {
	w := newWorld(t, nil)
	client := awsacm.NewFromConfig(w.function(t, "us-east-1"))
	_, err := client.ListCertificates(t.Context(), &awsacm.ListCertificatesInput{})
	requireCode(t, err, "AccessDeniedException", "not authorized to perform: acm:ListCertificates")
	w.allow(t, "acm:ListCertificates", "*", "")
	_, err = client.ListCertificates(t.Context(), &awsacm.ListCertificatesInput{})
	require.NoError(t, err)
	_, err = client.RequestCertificate(t.Context(), &awsacm.RequestCertificateInput{
		DomainName:       aws.String("api.example.com"),
		ValidationMethod: types.ValidationMethodDns,
	})
	requireCode(t, err, "AccessDeniedException", "acm:RequestCertificate")
}
