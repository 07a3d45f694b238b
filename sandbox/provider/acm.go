package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	awsacm "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"

	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/awserr"
)

// The behaviour here is that of terraform-provider-aws 5.100.0, internal/service/acm.

var acmKinds = map[string]*kind{
	"aws:acm/certificate:Certificate": {
		title: "ACM Certificate", service: "acm",
		args: awsacm.CertificateArgs{}.ElementType(), state: awsacm.CertificateState{}.ElementType(),
		replaces: []string{"domainName", "subjectAlternativeNames", "validationMethod", "keyAlgorithm"},
		computed: []string{"keyAlgorithm", "options", "subjectAlternativeNames"},
		// Names cannot change, and the domain name among them is AWS's own addition.
		writeOnly: []string{"subjectAlternativeNames"},
		handlers: over(operations[acm.Certificate]{
			id: func(a acm.Certificate) string { return a.Arn },
			create: func(c *call, a acm.Certificate) (acm.Certificate, error) {
				return c.region.ACM.Request(a, "")
			},
			read: readCertificate,
			update: func(c *call, a acm.Certificate) (acm.Certificate, error) {
				if a.Options != nil && *a.Options != (acm.Options{Transparency: "ENABLED", Export: "DISABLED"}) {
					return a, errors.New("the sandbox does not model this: other options of a certificate")
				}
				return c.region.ACM.Tag(c.id, a.Tags)
			},
			delete: deleteCertificate,
		}),
	},
	"aws:acm/certificateValidation:CertificateValidation": {
		title: "ACM Certificate Validation", service: "acm",
		args:      awsacm.CertificateValidationArgs{}.ElementType(),
		state:     awsacm.CertificateValidationState{}.ElementType(),
		replaces:  []string{"certificateArn", "validationRecordFqdns"},
		writeOnly: []string{"validationRecordFqdns"},
		handlers: handlers{ // no delete: a validation is not undone
			create: createValidation,
			read:   readValidation,
		},
	},
}

// readCertificate takes a certificate whose validation has timed out for gone.
func readCertificate(c *call) (acm.Certificate, error) { return c.certificate(c.id) }

func (c *call) certificate(arn string) (acm.Certificate, error) {
	found, err := c.region.ACM.Certificate(arn)
	if err == nil && found.Status == acm.ValidationTimedOut {
		return found, gone("ACM certificate %s is %s", arn, found.Status)
	}
	return found, err
}

const (
	// releaseTime is how long a deletion waits for those who use a certificate.
	releaseTime = 20 * time.Minute
	// pollTime is the pause between two looks at a certificate.
	pollTime = time.Second
)

// deleteCertificate waits for those who still use the certificate.
func deleteCertificate(c *call) error {
	ctx, stop := context.WithTimeout(c.ctx, c.region.Clock.Wall(releaseTime))
	defer stop()
	for {
		err := c.region.ACM.Delete(c.id)
		var refused *awserr.Error
		used := errors.As(err, &refused) && refused.Code == "ResourceInUseException"
		if !used || c.region.Clock.Sleep(ctx, pollTime) != nil {
			return err
		}
	}
}

type validationArgs struct {
	CertificateArn        string   `json:"certificateArn"`
	ValidationRecordFqdns []string `json:"validationRecordFqdns"`
}

// createValidation demands the records of all names, if it is given any, and waits until the certificate is issued.
func createValidation(c *call) (string, map[string]any, error) {
	in, err := decode[validationArgs](c.inputs)
	if err != nil {
		return "", nil, err
	}
	found, err := c.certificate(in.CertificateArn)
	if err != nil {
		return "", nil, fmt.Errorf("reading ACM Certificate (%s): %w", in.CertificateArn, err)
	}
	if err := in.complete(found); err != nil {
		return "", nil, err
	}
	if err := c.awaitIssued(in.CertificateArn); err != nil {
		return "", nil, fmt.Errorf("waiting for ACM Certificate (%s) to be issued: %w", in.CertificateArn, err)
	}
	var issued time.Time // as it was before the wait
	if found.IssuedAt != nil {
		issued = found.IssuedAt.UTC()
	}
	return issued.String(), map[string]any{"certificateArn": in.CertificateArn}, nil
}

func (a validationArgs) complete(c acm.Certificate) error {
	var missing []error
	for _, v := range c.Validations {
		name := strings.TrimSuffix(v.Name, ".")
		listed := slices.ContainsFunc(a.ValidationRecordFqdns, func(fqdn string) bool {
			return strings.TrimSuffix(fqdn, ".") == name
		})
		if len(a.ValidationRecordFqdns) > 0 && !listed {
			missing = append(missing, fmt.Errorf("missing %s DNS validation record: %s", v.DomainName, name))
		}
	}
	return errors.Join(missing...)
}

func (c *call) awaitIssued(arn string) error {
	ctx, stop := context.WithTimeout(c.ctx, c.region.Clock.Wall(c.timeout))
	defer stop()
	for {
		found, err := c.region.ACM.Certificate(arn)
		switch {
		case err != nil:
			return err
		case found.Status == acm.Issued:
			return nil
		case found.Status != acm.PendingValidation:
			return fmt.Errorf("unexpected state '%s', wanted target '%s'", found.Status, acm.Issued)
		}
		if c.region.Clock.Sleep(ctx, pollTime) != nil {
			if c.ctx.Err() != nil {
				return context.Cause(c.ctx)
			}
			return fmt.Errorf("timeout while waiting for state to become '%s' (last state: '%s', timeout: %s)",
				acm.Issued, found.Status, c.timeout.Round(time.Millisecond))
		}
	}
}

// readValidation takes the validation of a certificate that is not issued for gone.
func readValidation(c *call) (map[string]any, error) {
	arn := text(c.inputs, "certificateArn")
	found, err := c.certificate(arn)
	if err == nil && found.Status != acm.Issued {
		err = gone("ACM certificate %s is %s", arn, found.Status)
	}
	return map[string]any{"certificateArn": arn}, err
}
