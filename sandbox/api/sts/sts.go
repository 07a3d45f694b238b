// Package sts is STS on the AWS face.
package sts

import (
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"

	"aurora-dsql-dr/sandbox/api/call"
)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("GetCallerIdentity", callerIdentity),
}

// callerIdentity needs no permission.
func callerIdentity(c *call.Call, _ *sdk.GetCallerIdentityInput) (*sdk.GetCallerIdentityOutput, error) {
	return &sdk.GetCallerIdentityOutput{Account: &c.Account.ID, Arn: &c.Caller.ARN, UserId: &c.Caller.ARN}, nil
}
