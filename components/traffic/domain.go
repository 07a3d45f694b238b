package traffic

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// proofTTL is how long resolvers may keep the records that prove whose a name is, in seconds.
const proofTTL = 300

// RegionalDomainArgs configures a RegionalDomain.
type RegionalDomainArgs struct {
	// Region of the API, and Topic its topic. Required.
	Region components.Region
	Topic  *components.AlertTopic
	// ZoneID is the public hosted zone of the names. Required.
	ZoneID string
	// Domain is the name that all regions share, Own the one of this region alone. Required.
	Domain, Own string
	// Service has the API, with a route that health checkers ask. Required.
	Service *components.TransactionService
	// Proof is the record that proves whose Domain is. Optional; without it the component makes it. Certificates of every
	// region ask for the same, of the account.
	Proof *route53.Record
	// Runbooks are linked from the alarms. Required.
	Runbooks contract.Runbooks
}

// RegionalDomain lets a region's API be reached by two names, the one that all regions share and one of its own.
type RegionalDomain struct {
	pulumi.ResourceState

	// Certificate is for both names.
	Certificate *acm.Certificate
	// Target and TargetZoneID are what an alias of the shared name leads to.
	Target, TargetZoneID pulumi.StringOutput
	// Proof is the record that proves whose Domain is.
	Proof *route53.Record
	// Mapped completes when the API answers to the shared name.
	Mapped pulumi.Resource
	// Alarms are on the certificate and on the open route.
	Alarms components.AlarmList
}

// NewRegionalDomain creates the certificate and, once it is issued, both domain names.
func NewRegionalDomain(
	ctx *pulumi.Context, name string, args *RegionalDomainArgs, opts ...pulumi.ResourceOption,
) (*RegionalDomain, error) {
	d := &RegionalDomain{}
	if err := part.Open(ctx, "RegionalDomain", name, d, args.validate(), opts); err != nil {
		return nil, err
	}
	issued, err := d.certificate(ctx, name, args)
	if err != nil {
		return nil, err
	}
	shared, mapped, err := d.serve(ctx, name, args, args.Domain, issued)
	if err != nil {
		return nil, err
	}
	if _, _, err := d.serve(ctx, name+"-own", args, args.Own, issued); err != nil {
		return nil, err
	}
	configuration := shared.DomainNameConfiguration
	d.Target = said(configuration.TargetDomainName(), args.Domain)
	d.TargetZoneID = said(configuration.HostedZoneId(), args.ZoneID)
	d.Mapped = mapped
	if err := d.watch(ctx, name, args); err != nil {
		return nil, err
	}
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"target": d.Target})
}

func (a *RegionalDomainArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Region.Required("Region"), map[string]bool{
		"Topic":        a.Topic != nil,
		"ZoneID":       a.ZoneID != "",
		"Domain":       a.Domain != "",
		"Own":          a.Own != "",
		"Service":      a.Service != nil,
		"Service.Open": a.Service != nil && a.Service.Open != nil,
		"Runbooks":     a.Runbooks != "",
	})
}

// certificate creates the certificate and the records that prove whose its names are. What it returns completes when it
// is issued.
func (d *RegionalDomain) certificate(
	ctx *pulumi.Context, name string, args *RegionalDomainArgs,
) (*acm.CertificateValidation, error) {
	var err error
	if d.Certificate, err = acm.NewCertificate(ctx, name+"-certificate", &acm.CertificateArgs{
		DomainName:              pulumi.String(args.Domain),
		SubjectAlternativeNames: pulumi.StringArray{pulumi.String(args.Own)},
		ValidationMethod:        pulumi.String("DNS"),
	}, args.Region.Child(d)...); err != nil {
		return nil, err
	}
	if d.Proof = args.Proof; d.Proof == nil {
		if d.Proof, err = d.proof(ctx, name+"-proof", args, args.Domain); err != nil {
			return nil, err
		}
	}
	own, err := d.proof(ctx, name+"-own-proof", args, args.Own)
	if err != nil {
		return nil, err
	}
	return acm.NewCertificateValidation(ctx, name+"-issued", &acm.CertificateValidationArgs{
		CertificateArn: d.Certificate.Arn,
	}, args.Region.Child(d, pulumi.DependsOn([]pulumi.Resource{d.Proof, own}))...)
}

// proof is the record that Certificate Manager wants to see for a name.
func (d *RegionalDomain) proof(
	ctx *pulumi.Context, name string, args *RegionalDomainArgs, domain string,
) (*route53.Record, error) {
	wanted := d.Certificate.DomainValidationOptions.ApplyT(
		func(options []acm.CertificateDomainValidationOption) (map[string]string, error) {
			return wantedFor(domain, options)
		}).(pulumi.StringMapOutput)
	return route53.NewRecord(ctx, name, &route53.RecordArgs{
		ZoneId:  pulumi.String(args.ZoneID),
		Name:    wanted.MapIndex(pulumi.String("name")),
		Type:    route53.RecordTypeCNAME,
		Ttl:     pulumi.Int(proofTTL),
		Records: pulumi.StringArray{wanted.MapIndex(pulumi.String("value"))},
	}, args.Region.Child(d)...)
}

// wantedFor is name and value of the record for a domain. Certificate Manager lists one for each name, in no order that
// it promises. Where nobody lists any, the program is described without AWS: a name then stands for its record.
func wantedFor(domain string, options []acm.CertificateDomainValidationOption) (map[string]string, error) {
	if len(options) == 0 {
		return map[string]string{"name": "_" + domain, "value": domain}, nil
	}
	for _, o := range options {
		if o.DomainName != nil && *o.DomainName == domain && o.ResourceRecordName != nil && o.ResourceRecordValue != nil {
			return map[string]string{"name": *o.ResourceRecordName, "value": *o.ResourceRecordValue}, nil
		}
	}
	return nil, fmt.Errorf("the certificate lists no record for %s: want one that Route 53 can hold", domain)
}

// serve makes a domain name of the region's API.
func (d *RegionalDomain) serve(
	ctx *pulumi.Context, name string, args *RegionalDomainArgs, domain string, issued *acm.CertificateValidation,
) (*apigatewayv2.DomainName, *apigatewayv2.ApiMapping, error) {
	made, err := apigatewayv2.NewDomainName(ctx, name, &apigatewayv2.DomainNameArgs{
		DomainName: pulumi.String(domain),
		DomainNameConfiguration: apigatewayv2.DomainNameDomainNameConfigurationArgs{
			CertificateArn: issued.CertificateArn,
			EndpointType:   pulumi.String("REGIONAL"),
			IpAddressType:  pulumi.String("dualstack"),
			SecurityPolicy: pulumi.String("TLS_1_2"),
		},
	}, args.Region.Child(d)...)
	if err != nil {
		return nil, nil, err
	}
	mapping, err := apigatewayv2.NewApiMapping(ctx, name+"-mapping", &apigatewayv2.ApiMappingArgs{
		ApiId:      args.Service.APIID,
		DomainName: made.ID(),
		Stage:      args.Service.Stage.Name,
	}, args.Region.Child(d)...)
	return made, mapping, err
}

// said is what API Gateway says; where nobody says anything, the program is described without AWS.
func said(what pulumi.StringPtrOutput, otherwise string) pulumi.StringOutput {
	return what.ApplyT(func(known *string) string {
		if known == nil {
			return otherwise
		}
		return *known
	}).(pulumi.StringOutput)
}
