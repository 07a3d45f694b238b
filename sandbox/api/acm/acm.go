// Package acm is Certificate Manager on the AWS face.
package acm

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("RequestCertificate", request),
	call.On("DescribeCertificate", describe),
	call.On("ListCertificates", list),
	call.On("DeleteCertificate", remove),
	call.On("ListTagsForCertificate", tags),
}

func request(c *call.Call, in *sdk.RequestCertificateInput) (*sdk.RequestCertificateOutput, error) {
	if err := mayRequest(c, given(in.Tags)); err != nil {
		return nil, err
	}
	if in.CertificateAuthorityArn != nil || len(in.DomainValidationOptions) > 0 || in.ManagedBy != "" {
		return nil, wire.NotImplemented("acm: private certificates, validation by e-mail and certificates that another " +
			"service manages are not modelled by the sandbox")
	}
	made, err := c.Region.ACM.Request(acm.Certificate{
		DomainName:              aws.ToString(in.DomainName),
		SubjectAlternativeNames: in.SubjectAlternativeNames,
		ValidationMethod:        string(in.ValidationMethod),
		KeyAlgorithm:            string(in.KeyAlgorithm),
		Options:                 options(in.Options),
		Tags:                    given(in.Tags),
	}, aws.ToString(in.IdempotencyToken))
	if err != nil {
		return nil, err
	}
	return &sdk.RequestCertificateOutput{CertificateArn: &made.Arn}, nil
}

// mayRequest asks for the permission for tags as well, if there are any (ACM User Guide, "ACM API permissions").
func mayRequest(c *call.Call, tags map[string]string) error {
	arn, asked := c.Region.ARN("acm", "certificate/*"), iam.RequestTags(tags)
	if err := c.Authorize("acm:RequestCertificate", arn, asked); err != nil || len(tags) == 0 {
		return err
	}
	return c.Authorize("acm:AddTagsToCertificate", arn, asked)
}

func options(in *types.CertificateOptions) *acm.Options {
	if in == nil {
		return nil
	}
	return &acm.Options{
		//nolint:staticcheck // deprecated, and still a member of requests
		Transparency: string(in.CertificateTransparencyLoggingPreference),
		Export:       string(in.Export),
	}
}

func given(in []types.Tag) map[string]string {
	tags := map[string]string{}
	for _, t := range in {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags
}

// find finds a certificate that the caller may do something with.
func find(c *call.Call, action string, arn *string) (acm.Certificate, error) {
	found, missing := c.Region.ACM.Certificate(aws.ToString(arn))
	if err := c.Authorize(action, aws.ToString(arn), iam.ResourceTags(found.Tags)); err != nil {
		return acm.Certificate{}, err
	}
	return found, missing
}

func describe(c *call.Call, in *sdk.DescribeCertificateInput) (*sdk.DescribeCertificateOutput, error) {
	found, err := find(c, "acm:DescribeCertificate", in.CertificateArn)
	if err != nil {
		return nil, err
	}
	to := &types.CertificateDetail{
		CertificateArn:          &found.Arn,
		CreatedAt:               &found.CreatedAt,
		DomainName:              &found.DomainName,
		InUseBy:                 append([]string{}, found.InUseBy...),
		IssuedAt:                found.IssuedAt,
		KeyAlgorithm:            types.KeyAlgorithm(found.KeyAlgorithm),
		NotAfter:                found.NotAfter,
		NotBefore:               found.NotBefore,
		RenewalEligibility:      types.RenewalEligibility(found.Eligibility),
		Status:                  types.CertificateStatus(found.Status),
		Subject:                 aws.String("CN=" + found.DomainName),
		SubjectAlternativeNames: found.SubjectAlternativeNames,
		Type:                    types.CertificateType(found.Type),
		Options: &types.CertificateOptions{
			//nolint:staticcheck // deprecated, and still in AWS's answer
			CertificateTransparencyLoggingPreference: types.CertificateTransparencyLoggingPreference(
				found.Options.Transparency),
			Export: types.CertificateExport(found.Options.Export),
		},
	}
	if found.Serial != "" {
		to.Serial, to.Issuer = &found.Serial, &found.Issuer
	}
	for _, v := range found.Validations {
		to.DomainValidationOptions = append(to.DomainValidationOptions, types.DomainValidation{
			DomainName:       &v.DomainName,
			ValidationDomain: &v.DomainName,
			ValidationMethod: types.ValidationMethod(found.ValidationMethod),
			ValidationStatus: types.DomainStatus(v.Status),
			ResourceRecord: &types.ResourceRecord{
				Name:  &v.Name,
				Type:  types.RecordType(v.Type),
				Value: &v.Value,
			},
		})
	}
	return &sdk.DescribeCertificateOutput{Certificate: to}, nil
}

// perPage is the most of a page (API Reference, ListCertificates).
const perPage = 1000

func list(c *call.Call, in *sdk.ListCertificatesInput) (*sdk.ListCertificatesOutput, error) {
	if err := c.Authorize("acm:ListCertificates", "*", nil); err != nil {
		return nil, err
	}
	if len(in.CertificateKeyPairOrigins) > 0 || in.SortBy != "" || in.SortOrder != "" || others(in.Includes) {
		return nil, wire.NotImplemented("acm: of ListCertificates the sandbox models CertificateStatuses and " +
			"Includes.keyTypes")
	}
	size, err := wire.Limit(in.MaxItems, perPage, perPage, "maxItems", "ValidationException")
	if err != nil {
		return nil, err
	}
	chosen := slices.DeleteFunc(c.Region.ACM.Certificates(), func(found acm.Certificate) bool {
		return !wanted(in, found)
	})
	page, next, ok := wire.Page(chosen, in.NextToken, size)
	if !ok {
		return nil, awserr.Invalid("ValidationException", "The next token is not valid.")
	}
	out := &sdk.ListCertificatesOutput{CertificateSummaryList: []types.CertificateSummary{}, NextToken: next}
	for _, found := range page {
		out.CertificateSummaryList = append(out.CertificateSummaryList, summary(found))
	}
	return out, nil
}

// others says whether filters are more than of key types.
func others(f *types.Filters) bool {
	return f != nil && (f.ExportOption != "" || f.ManagedBy != "" || len(f.ExtendedKeyUsage)+len(f.KeyUsage) > 0)
}

// wanted says whether a certificate passes the filters. By default those with other keys than RSA's of up to 2048 bits
// do not (API Reference, Filters).
func wanted(in *sdk.ListCertificatesInput, found acm.Certificate) bool {
	statuses, kinds := in.CertificateStatuses, []types.KeyAlgorithm{types.KeyAlgorithmRsa2048}
	if in.Includes != nil && len(in.Includes.KeyTypes) > 0 {
		kinds = in.Includes.KeyTypes
	}
	return slices.Contains(kinds, types.KeyAlgorithm(found.KeyAlgorithm)) &&
		(len(statuses) == 0 || slices.Contains(statuses, types.CertificateStatus(found.Status)))
}

func summary(found acm.Certificate) types.CertificateSummary {
	return types.CertificateSummary{
		CertificateArn:                       &found.Arn,
		CreatedAt:                            &found.CreatedAt,
		DomainName:                           &found.DomainName,
		HasAdditionalSubjectAlternativeNames: aws.Bool(false),
		InUse:                                aws.Bool(len(found.InUseBy) > 0),
		IssuedAt:                             found.IssuedAt,
		KeyAlgorithm:                         types.KeyAlgorithm(found.KeyAlgorithm),
		NotAfter:                             found.NotAfter,
		NotBefore:                            found.NotBefore,
		RenewalEligibility:                   types.RenewalEligibility(found.Eligibility),
		Status:                               types.CertificateStatus(found.Status),
		SubjectAlternativeNameSummaries:      found.SubjectAlternativeNames,
		Type:                                 types.CertificateType(found.Type),
	}
}

func remove(c *call.Call, in *sdk.DeleteCertificateInput) (*sdk.DeleteCertificateOutput, error) {
	found, err := find(c, "acm:DeleteCertificate", in.CertificateArn)
	if err != nil {
		return nil, err
	}
	return &sdk.DeleteCertificateOutput{}, c.Region.ACM.Delete(found.Arn)
}

func tags(c *call.Call, in *sdk.ListTagsForCertificateInput) (*sdk.ListTagsForCertificateOutput, error) {
	found, err := find(c, "acm:ListTagsForCertificate", in.CertificateArn)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListTagsForCertificateOutput{Tags: []types.Tag{}}
	for _, key := range slices.Sorted(maps.Keys(found.Tags)) {
		out.Tags = append(out.Tags, types.Tag{Key: &key, Value: aws.String(found.Tags[key])})
	}
	return out, nil
}
