package claims

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
)

var acmClaims = []Claim{{
	ID:    "acm-same-record",
	Says:  "every certificate for a name asks for the same record, in whatever region",
	Page:  "sandbox-aws.md",
	Row:   "every certificate for a name asks for the same record, in whatever region",
	Makes: []*Kind{certificate, certificate},
	ask:   theSameRecordEverywhere,
}}

// certificate is a request for one, which nobody answers: the name is in no zone.
var certificate = &Kind{
	Name:  "certificate",
	Basis: "nothing",
	byID:  true,
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		client := acm.NewFromConfig(config)
		for p := acm.NewListCertificatesPaginator(client, &acm.ListCertificatesInput{}); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, s := range page.CertificateSummaryList {
				if name, _, _ := strings.Cut(aws.ToString(s.DomainName), "."); strings.HasPrefix(name, prefix) {
					found = append(found, thing{name: name, id: aws.ToString(s.CertificateArn)})
				}
			}
		}
		return found, nil
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		_, err := acm.NewFromConfig(config).DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: &t.id})
		return err
	},
}

// certificate requests one for a name below example.com and waits for the record that it asks for.
func (c *Case) certificate(config aws.Config, ending string) (types.CertificateDetail, error) {
	client := acm.NewFromConfig(config)
	var detail types.CertificateDetail
	arn, err := c.make(certificate, config, ending, func(name string) (string, error) {
		out, err := client.RequestCertificate(c, &acm.RequestCertificateInput{
			DomainName:       aws.String(name + ".example.com"),
			ValidationMethod: types.ValidationMethodDns,
			Tags:             []types.Tag{{Key: aws.String(mark), Value: &name}},
		})
		if err != nil {
			return "", err
		}
		return aws.ToString(out.CertificateArn), nil
	})
	if err != nil {
		return detail, err
	}
	return detail, c.await("the record of "+arn, short, func() (string, bool, error) {
		out, err := client.DescribeCertificate(c, &acm.DescribeCertificateInput{CertificateArn: &arn})
		if err != nil {
			return "", false, err
		}
		detail = *out.Certificate
		options := detail.DomainValidationOptions
		return string(detail.Status), len(options) > 0 && options[0].ResourceRecord != nil, nil
	})
}

func theSameRecordEverywhere(c *Case) error {
	var records []types.ResourceRecord
	for _, config := range []aws.Config{c.primary(), c.secondary()} {
		detail, err := c.certificate(config, "c")
		if err != nil {
			return err
		}
		c.is("the status in "+config.Region, detail.Status, types.CertificateStatusPendingValidation)
		records = append(records, *detail.DomainValidationOptions[0].ResourceRecord)
	}
	c.is("the type of the record", records[0].Type, types.RecordTypeCname)
	c.is("the record's name in the other region", aws.ToString(records[1].Name), aws.ToString(records[0].Name))
	c.is("the record's value in the other region", aws.ToString(records[1].Value), aws.ToString(records[0].Value))
	return nil
}
