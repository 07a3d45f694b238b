// Package servicequotas is Service Quotas on the AWS face.
package servicequotas

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/servicequotas"
)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("GetServiceQuota", get),
	call.On("GetAWSDefaultServiceQuota", getDefault),
	call.On("ListServiceQuotas", list),
}

// perPage is the most of a page (API Reference, ListServiceQuotas).
const perPage = 100

func get(c *call.Call, in *sdk.GetServiceQuotaInput) (*sdk.GetServiceQuotaOutput, error) {
	if err := c.Authorize("servicequotas:GetServiceQuota", "*", nil); err != nil {
		return nil, err
	}
	if in.ContextId != nil {
		return nil, wire.NotImplemented("servicequotas: ContextId of GetServiceQuota is not modelled by the sandbox")
	}
	q, err := find(c, in.ServiceCode, in.QuotaCode)
	if err != nil {
		return nil, err
	}
	return &sdk.GetServiceQuotaOutput{Quota: applied(c, q)}, nil
}

func getDefault(
	c *call.Call,
	in *sdk.GetAWSDefaultServiceQuotaInput,
) (*sdk.GetAWSDefaultServiceQuotaOutput, error) {
	if err := c.Authorize("servicequotas:GetAWSDefaultServiceQuota", "*", nil); err != nil {
		return nil, err
	}
	q, err := find(c, in.ServiceCode, in.QuotaCode)
	if err != nil {
		return nil, err
	}
	byDefault := shape(q, q.Default)
	byDefault.QuotaArn = aws.String(c.Region.ServiceQuotas.DefaultARN(q))
	return &sdk.GetAWSDefaultServiceQuotaOutput{Quota: byDefault}, nil
}

func list(c *call.Call, in *sdk.ListServiceQuotasInput) (*sdk.ListServiceQuotasOutput, error) {
	if err := c.Authorize("servicequotas:ListServiceQuotas", "*", nil); err != nil {
		return nil, err
	}
	if err := require(in.ServiceCode, aws.String("any")); err != nil {
		return nil, err
	}
	size, err := wire.Limit(in.MaxResults, perPage, perPage, "maxResults", "IllegalArgumentException")
	if err != nil {
		return nil, err
	}
	quotas, err := c.Region.ServiceQuotas.Quotas(*in.ServiceCode)
	if err != nil {
		return nil, err
	}
	if in.QuotaAppliedAtLevel == types.AppliedLevelEnumResource {
		quotas = nil // all there are hold for the account
	}
	quotas, next, ok := wire.Page(quotas, in.NextToken, size)
	if !ok {
		return nil, awserr.Invalid("InvalidPaginationTokenException", "Invalid input was provided: NextToken.")
	}
	out := &sdk.ListServiceQuotasOutput{Quotas: []types.ServiceQuota{}, NextToken: next}
	for _, q := range quotas {
		if in.QuotaCode == nil || *in.QuotaCode == q.Code {
			out.Quotas = append(out.Quotas, *applied(c, q))
		}
	}
	return out, nil
}

func find(c *call.Call, service, code *string) (servicequotas.Quota, error) {
	if err := require(service, code); err != nil {
		return servicequotas.Quota{}, err
	}
	return c.Region.ServiceQuotas.Quota(*service, *code)
}

func require(service, code *string) error {
	if service == nil || code == nil {
		return awserr.Invalid("IllegalArgumentException",
			"Invalid input was provided: ServiceCode and QuotaCode are required.")
	}
	return nil
}

// applied is a quota as the account has it.
func applied(c *call.Call, q servicequotas.Quota) *types.ServiceQuota {
	to := shape(q, q.Value)
	to.QuotaArn = aws.String(c.Region.ServiceQuotas.ARN(q))
	to.QuotaAppliedAtLevel = types.AppliedLevelEnumAccount
	return to
}

func shape(q servicequotas.Quota, value int) *types.ServiceQuota {
	return &types.ServiceQuota{
		ServiceCode: &q.Service,
		ServiceName: &q.ServiceName,
		QuotaCode:   &q.Code,
		QuotaName:   &q.Name,
		Adjustable:  true,
		Unit:        aws.String("None"),
		Value:       aws.Float64(float64(value)),
	}
}
