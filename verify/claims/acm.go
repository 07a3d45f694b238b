package claims

import (
	"context"
	"fmt"
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
}, {
	ID:    "acm-token",
	Says:  "the same request with the same token is the same certificate",
	Page:  "sandbox-aws.md",
	Row:   "RSA_2048, EC_prime256v1, EC_secp384r1; a domain name of 64 octets",
	Makes: []*Kind{certificate},
	ask:   aTokenIsOneCertificate,
}, {
	ID:   "acm-refusals",
	Says: "RequestCertificate refuses names that are none, and more than ten",
	Page: "sandbox-aws.md",
	Row:  "RSA_2048, EC_prime256v1, EC_secp384r1; a domain name of 64 octets",
	ask:  certificatesAreRefused,
}, {
	ID:   "acm-long-name",
	Says: "a domain name of more than 64 octets: InvalidDomainValidationOptionsException",
	Page: "sandbox-aws.md",
	Row:  "a domain name of more than 64 octets",
	ask:  aLongNameIsRefused,
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

// requested requests a certificate for a name below example.com and returns its ARN.
func (c *Case) requested(
	client *acm.Client, config aws.Config, ending string, change func(*acm.RequestCertificateInput),
) (string, error) {
	return c.make(certificate, config, ending, func(name string) (string, error) {
		in := &acm.RequestCertificateInput{
			DomainName:       aws.String(name + ".example.com"),
			ValidationMethod: types.ValidationMethodDns,
			Tags:             []types.Tag{{Key: aws.String(mark), Value: &name}},
		}
		change(in)
		out, err := client.RequestCertificate(c, in)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.CertificateArn), nil
	})
}

// certificate requests one and waits for the record that it asks for.
func (c *Case) certificate(config aws.Config) (types.CertificateDetail, error) {
	client := acm.NewFromConfig(config)
	var detail types.CertificateDetail
	arn, err := c.requested(client, config, "c", func(*acm.RequestCertificateInput) {})
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
		detail, err := c.certificate(config)
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

func aTokenIsOneCertificate(c *Case) error {
	client := acm.NewFromConfig(c.primary())
	var asked acm.RequestCertificateInput
	arn, err := c.requested(client, c.primary(), "t", func(in *acm.RequestCertificateInput) {
		in.IdempotencyToken = aws.String("once")
		asked = *in
	})
	if err != nil {
		return err
	}
	again, err := client.RequestCertificate(c, &asked)
	if c.accepted("RequestCertificate again", err) {
		c.is("the ARN of the second", aws.ToString(again.CertificateArn), arn)
	}
	return nil
}

func certificatesAreRefused(c *Case) error {
	client := acm.NewFromConfig(c.primary())
	var many []string
	for i := range 11 {
		many = append(many, fmt.Sprintf("%d.example.com", i))
	}
	for _, wrong := range []struct {
		what, code string
		change     func(*acm.RequestCertificateInput)
	}{
		{"a name that ends with a dot", "ValidationException", func(in *acm.RequestCertificateInput) {
			in.DomainName = aws.String(*in.DomainName + ".")
		}},
		{"another name with an underscore", "ValidationException", func(in *acm.RequestCertificateInput) {
			in.SubjectAlternativeNames = []string{"a_b.example.com"}
		}},
		{"twelve names", "LimitExceededException", func(in *acm.RequestCertificateInput) {
			in.SubjectAlternativeNames = many
		}},
		{"a token that is no word", "ValidationException", func(in *acm.RequestCertificateInput) {
			in.IdempotencyToken = aws.String("not-a-word")
		}},
	} {
		_, err := c.requested(client, c.primary(), "r", wrong.change)
		c.refused("RequestCertificate with "+wrong.what, err, wrong.code)
	}
	return nil
}

func aLongNameIsRefused(c *Case) error {
	client := acm.NewFromConfig(c.primary())
	_, err := c.requested(client, c.primary(), "l", func(in *acm.RequestCertificateInput) {
		in.DomainName = aws.String(strings.Repeat("a", 65-len(".example.com")) + ".example.com")
	})
	c.refused("RequestCertificate with a name of 65 octets", err, "InvalidDomainValidationOptionsException")
	return nil
}
