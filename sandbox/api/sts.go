package api

import sdk "github.com/aws/aws-sdk-go-v2/service/sts"

var stsOperations = []operation{
	on("GetCallerIdentity", getCallerIdentity),
}

// getCallerIdentity needs no permission.
func getCallerIdentity(c *Call, _ *sdk.GetCallerIdentityInput) (*sdk.GetCallerIdentityOutput, error) {
	return &sdk.GetCallerIdentityOutput{Account: &c.Account, Arn: &c.Caller.ARN, UserId: &c.Caller.ARN}, nil
}
