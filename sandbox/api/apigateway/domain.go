package apigateway

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/apigateway"
)

func domains(c *call.Call, in *sdk.GetDomainNamesInput) (*sdk.GetDomainNamesOutput, error) {
	if err := mayGet(c, "/domainnames"); err != nil {
		return nil, err
	}
	some, next, err := page(c.Region.APIGateway.DomainNames(), in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &sdk.GetDomainNamesOutput{Items: []types.DomainName{}, NextToken: next}
	for _, d := range some {
		out.Items = append(out.Items, domainShape(d))
	}
	return out, nil
}

func domainShape(d apigateway.DomainName) types.DomainName {
	return types.DomainName{
		ApiMappingSelectionExpression: &d.MappingSelection,
		DomainName:                    &d.Name,
		DomainNameArn:                 &d.Arn,
		DomainNameConfigurations: []types.DomainNameConfiguration{{
			ApiGatewayDomainName: &d.Configuration.TargetDomainName,
			CertificateArn:       &d.Configuration.CertificateArn,
			DomainNameStatus:     types.DomainNameStatusAvailable,
			EndpointType:         types.EndpointType(d.Configuration.EndpointType),
			HostedZoneId:         &d.Configuration.HostedZoneID,
			IpAddressType:        types.IpAddressType(d.Configuration.IPAddressType),
			SecurityPolicy:       types.SecurityPolicy(d.Configuration.SecurityPolicy),
		}},
		RoutingMode: types.RoutingModeApiMappingOnly,
		Tags:        d.Tags,
	}
}

func domain(c *call.Call, in *sdk.GetDomainNameInput) (*sdk.GetDomainNameOutput, error) {
	name := aws.ToString(in.DomainName)
	if err := mayGet(c, "/domainnames/"+name); err != nil {
		return nil, err
	}
	found, err := c.Region.APIGateway.DomainName(name)
	if err != nil {
		return nil, err
	}
	d := domainShape(found)
	return &sdk.GetDomainNameOutput{
		ApiMappingSelectionExpression: d.ApiMappingSelectionExpression,
		DomainName:                    d.DomainName,
		DomainNameArn:                 d.DomainNameArn,
		DomainNameConfigurations:      d.DomainNameConfigurations,
		RoutingMode:                   d.RoutingMode,
		Tags:                          d.Tags,
	}, nil
}

func mappings(c *call.Call, in *sdk.GetApiMappingsInput) (*sdk.GetApiMappingsOutput, error) {
	name := aws.ToString(in.DomainName)
	if err := mayGet(c, "/domainnames/"+name+"/apimappings"); err != nil {
		return nil, err
	}
	all, err := c.Region.APIGateway.Mappings(name)
	if err != nil {
		return nil, err
	}
	some, next, err := page(all, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &sdk.GetApiMappingsOutput{Items: []types.ApiMapping{}, NextToken: next}
	for _, m := range some {
		out.Items = append(out.Items, types.ApiMapping{
			ApiId:         &m.APIID,
			ApiMappingId:  &m.ID,
			ApiMappingKey: wire.Optional(m.Key),
			Stage:         &m.Stage,
		})
	}
	return out, nil
}
