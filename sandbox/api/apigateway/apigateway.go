// Package apigateway is API Gateway on the AWS face, as far as it is read.
package apigateway

import (
	_ "embed" // operations.txt
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/apigateway"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/region"
)

//go:embed operations.txt
var operations string

// All are the operations that the service has on AWS.
var All = wire.ReadOperations(operations)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("GetApis", apis).At(http.MethodGet, "/v2/apis", paged),
	call.On("GetApi", api).At(http.MethodGet, "/v2/apis/{ApiId}"),
	call.On("GetDomainNames", domains).At(http.MethodGet, "/v2/domainnames", paged),
	call.On("GetDomainName", domain).At(http.MethodGet, "/v2/domainnames/{DomainName}"),
	call.On("GetApiMappings", mappings).At(http.MethodGet, "/v2/domainnames/{DomainName}/apimappings", paged),
}

// Beside is what is said about other operations.
const Beside = "; HTTP APIs are made as resources of a Pulumi program, aws:apigatewayv2/…, and serve at their " +
	"apiEndpoint"

var paged = wire.InQuery(map[string]string{"maxResults": "MaxResults", "nextToken": "NextToken"})

// Items of a page.
const (
	perPage     = 25
	mostPerPage = 500
)

// page is the part of a list that a request asks for, whose numbers are text here.
func page[T any](items []T, asked, token *string) ([]T, *string, error) {
	size := perPage
	if asked != nil {
		n, err := strconv.Atoi(*asked)
		if err != nil || n < 1 || n > mostPerPage {
			return nil, nil, badRequest("maxResults is %q: want 1 to %d", *asked, mostPerPage)
		}
		size = n
	}
	some, next, ok := wire.Page(items, token, size)
	if !ok {
		return nil, nil, badRequest("Invalid nextToken")
	}
	return some, next, nil
}

func badRequest(format string, args ...any) error {
	return awserr.Invalid("BadRequestException", format, args...)
}

// mayGet asks for the permission to read what is at a path ("Control access to API management", API Gateway Developer
// Guide).
func mayGet(c *call.Call, path string) error {
	return c.Authorize("apigateway:GET", "arn:"+region.Partition+":apigateway:"+c.Region.Name+"::"+path, nil)
}

func apis(c *call.Call, in *sdk.GetApisInput) (*sdk.GetApisOutput, error) {
	if err := mayGet(c, "/apis"); err != nil {
		return nil, err
	}
	some, next, err := page(c.Region.APIGateway.APIs(), in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &sdk.GetApisOutput{Items: []types.Api{}, NextToken: next}
	for _, a := range some {
		out.Items = append(out.Items, apiShape(a))
	}
	return out, nil
}

func apiShape(a apigateway.API) types.Api {
	return types.Api{
		ApiEndpoint:               &a.Endpoint,
		ApiId:                     &a.ID,
		ApiKeySelectionExpression: &a.APIKeySelection,
		Description:               wire.Optional(a.Description),
		DisableExecuteApiEndpoint: aws.Bool(false),
		IpAddressType:             types.IpAddressType(a.IPAddressType),
		Name:                      &a.Name,
		ProtocolType:              types.ProtocolType(a.ProtocolType),
		RouteSelectionExpression:  &a.RouteSelection,
		Tags:                      a.Tags,
	}
}

func api(c *call.Call, in *sdk.GetApiInput) (*sdk.GetApiOutput, error) {
	id := aws.ToString(in.ApiId)
	if err := mayGet(c, "/apis/"+id); err != nil {
		return nil, err
	}
	found, err := c.Region.APIGateway.API(id)
	if err != nil {
		return nil, err
	}
	a := apiShape(found)
	return &sdk.GetApiOutput{
		ApiEndpoint:               a.ApiEndpoint,
		ApiId:                     a.ApiId,
		ApiKeySelectionExpression: a.ApiKeySelectionExpression,
		Description:               a.Description,
		DisableExecuteApiEndpoint: a.DisableExecuteApiEndpoint,
		IpAddressType:             a.IpAddressType,
		Name:                      a.Name,
		ProtocolType:              a.ProtocolType,
		RouteSelectionExpression:  a.RouteSelectionExpression,
		Tags:                      a.Tags,
	}, nil
}
