package logs

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/logs"
)

// resourcePolicy is a policy of the account.
type resourcePolicy struct {
	PolicyName      *string
	PolicyDocument  *string
	PolicyScope     *string
	LastUpdatedTime *int64
}

// account is the scope of the policies that there are.
const account = "ACCOUNT"

func shape(c *call.Call, p logs.ResourcePolicy) resourcePolicy {
	return resourcePolicy{
		PolicyName:      &p.Name,
		PolicyDocument:  &p.Document,
		PolicyScope:     aws.String(account),
		LastUpdatedTime: aws.Int64(c.Wall(p.Updated).UnixMilli()),
	}
}

type policiesInput struct {
	Limit       *int32
	NextToken   *string
	PolicyScope *string
	ResourceArn *string
}

type policiesOutput struct {
	ResourcePolicies []resourcePolicy
	NextToken        *string
}

const policiesPerPage = 50

func describePolicies(c *call.Call, in *policiesInput) (*policiesOutput, error) {
	if err := c.Authorize("logs:DescribeResourcePolicies", "*", nil); err != nil {
		return nil, err
	}
	if in.ResourceArn != nil || in.PolicyScope != nil && *in.PolicyScope != account {
		return nil, ofResources("DescribeResourcePolicies")
	}
	size, err := wire.Limit(in.Limit, policiesPerPage, policiesPerPage, "limit", "InvalidParameterException")
	if err != nil {
		return nil, err
	}
	policies, next, ok := wire.Page(c.Region.Logs.Policies(), in.NextToken, size)
	if !ok {
		return nil, badToken()
	}
	out := &policiesOutput{ResourcePolicies: []resourcePolicy{}, NextToken: next}
	for _, p := range policies {
		out.ResourcePolicies = append(out.ResourcePolicies, shape(c, p))
	}
	return out, nil
}

type putPolicyInput struct {
	PolicyName     *string
	PolicyDocument *string
	ResourceArn    *string
}

type putPolicyOutput struct{ ResourcePolicy *resourcePolicy }

func putPolicy(c *call.Call, in *putPolicyInput) (*putPolicyOutput, error) {
	if err := c.Authorize("logs:PutResourcePolicy", "*", nil); err != nil {
		return nil, err
	}
	if in.ResourceArn != nil {
		return nil, ofResources("PutResourcePolicy")
	}
	name := aws.ToString(in.PolicyName)
	put, err := c.Region.Logs.PutPolicy(logs.ResourcePolicy{Name: name, Document: aws.ToString(in.PolicyDocument)})
	if err != nil {
		return nil, err
	}
	policy := shape(c, put)
	return &putPolicyOutput{&policy}, nil
}

type deletePolicyInput struct {
	PolicyName  *string
	ResourceArn *string
}

func deletePolicy(c *call.Call, in *deletePolicyInput) (*struct{}, error) {
	if err := c.Authorize("logs:DeleteResourcePolicy", "*", nil); err != nil {
		return nil, err
	}
	if in.ResourceArn != nil {
		return nil, ofResources("DeleteResourcePolicy")
	}
	return &struct{}{}, c.Region.Logs.DeletePolicy(aws.ToString(in.PolicyName))
}

// ofResources refuses policies of log groups of their own.
func ofResources(operation string) error {
	return wire.NotImplemented("logs: policies of single resources in %s are not modelled by the sandbox", operation)
}
