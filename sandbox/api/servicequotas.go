package api

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/servicequotas"
)

var servicequotasOperations = []operation{
	on("GetServiceQuota", getServiceQuota),
	on("GetAWSDefaultServiceQuota", getDefaultServiceQuota),
	on("ListServiceQuotas", listServiceQuotas),
}

// quotasPerPage is the most of a page (API Reference, ListServiceQuotas).
const quotasPerPage = 100

func getServiceQuota(c *Call, in *sdk.GetServiceQuotaInput) (*sdk.GetServiceQuotaOutput, error) {
	if err := c.Authorize("servicequotas:GetServiceQuota", "*", nil); err != nil {
		return nil, err
	}
	if in.ContextId != nil {
		return nil, notImplemented("servicequotas: ContextId of GetServiceQuota is not modelled by the sandbox")
	}
	q, err := c.quota(in.ServiceCode, in.QuotaCode)
	if err != nil {
		return nil, err
	}
	return &sdk.GetServiceQuotaOutput{Quota: c.applied(q)}, nil
}

func getDefaultServiceQuota(
	c *Call,
	in *sdk.GetAWSDefaultServiceQuotaInput,
) (*sdk.GetAWSDefaultServiceQuotaOutput, error) {
	if err := c.Authorize("servicequotas:GetAWSDefaultServiceQuota", "*", nil); err != nil {
		return nil, err
	}
	q, err := c.quota(in.ServiceCode, in.QuotaCode)
	if err != nil {
		return nil, err
	}
	byDefault := quota(q, q.Default)
	byDefault.QuotaArn = aws.String(c.services.ServiceQuotas.DefaultARN(q))
	return &sdk.GetAWSDefaultServiceQuotaOutput{Quota: byDefault}, nil
}

func listServiceQuotas(c *Call, in *sdk.ListServiceQuotasInput) (*sdk.ListServiceQuotasOutput, error) {
	if err := c.Authorize("servicequotas:ListServiceQuotas", "*", nil); err != nil {
		return nil, err
	}
	if err := requireQuotaMembers(in.ServiceCode, aws.String("any")); err != nil {
		return nil, err
	}
	size, err := limit(in.MaxResults, quotasPerPage, quotasPerPage, "maxResults", "IllegalArgumentException")
	if err != nil {
		return nil, err
	}
	quotas, err := c.services.ServiceQuotas.Quotas(*in.ServiceCode)
	if err != nil {
		return nil, err
	}
	if in.QuotaAppliedAtLevel == types.AppliedLevelEnumResource {
		quotas = nil // all there are hold for the account
	}
	quotas, next, ok := page(quotas, in.NextToken, size)
	if !ok {
		return nil, awserr.Invalid("InvalidPaginationTokenException", "Invalid input was provided: NextToken.")
	}
	out := &sdk.ListServiceQuotasOutput{Quotas: []types.ServiceQuota{}, NextToken: next}
	for _, q := range quotas {
		if in.QuotaCode == nil || *in.QuotaCode == q.Code {
			out.Quotas = append(out.Quotas, *c.applied(q))
		}
	}
	return out, nil
}

func (c *Call) quota(service, code *string) (servicequotas.Quota, error) {
	if err := requireQuotaMembers(service, code); err != nil {
		return servicequotas.Quota{}, err
	}
	return c.services.ServiceQuotas.Quota(*service, *code)
}

func requireQuotaMembers(service, code *string) error {
	if service == nil || code == nil {
		return awserr.Invalid("IllegalArgumentException", 
			"Invalid input was provided: ServiceCode and QuotaCode are required.")
	}
	return nil
}

// applied is a quota as the account has it.
func (c *Call) applied(q servicequotas.Quota) *types.ServiceQuota {
	to := quota(q, q.Value)
	to.QuotaArn = aws.String(c.services.ServiceQuotas.ARN(q))
	to.QuotaAppliedAtLevel = types.AppliedLevelEnumAccount
	return to
}

func quota(q servicequotas.Quota, value int) *types.ServiceQuota {
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
