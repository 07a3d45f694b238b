package lambda

import (
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
)

// Sizes of code in bytes: 50 MB zipped, 250 MB unzipped, 75 GB of all functions in a region ("Lambda quotas", Lambda
// Developer Guide).
const (
	codeZipped   = 50 << 20
	codeUnzipped = 250 << 20
	codeOfAll    = 75 << 30
)

func settings(c *call.Call, _ *sdk.GetAccountSettingsInput) (*sdk.GetAccountSettingsOutput, error) {
	if err := c.Authorize("lambda:GetAccountSettings", "*", nil); err != nil {
		return nil, err
	}
	functions := c.Region.Lambda.Functions()
	usage := &types.AccountUsage{FunctionCount: int64(len(functions))}
	for _, f := range functions {
		usage.TotalCodeSize += int64(len(f.Code))
	}
	return &sdk.GetAccountSettingsOutput{
		AccountLimit: &types.AccountLimit{
			CodeSizeUnzipped:               codeUnzipped,
			CodeSizeZipped:                 codeZipped,
			ConcurrentExecutions:           *wire.Small(c.Region.Lambda.Concurrency()),
			TotalCodeSize:                  codeOfAll,
			UnreservedConcurrentExecutions: wire.Small(c.Region.Lambda.Unreserved()),
		},
		AccountUsage: usage,
	}, nil
}

func concurrency(c *call.Call, in *sdk.GetFunctionConcurrencyInput) (*sdk.GetFunctionConcurrencyOutput, error) {
	f, err := find(c, "GetFunctionConcurrency", in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	out := &sdk.GetFunctionConcurrencyOutput{}
	if n := f.ReservedConcurrentExecutions; n != nil && *n >= 0 {
		out.ReservedConcurrentExecutions = wire.Small(*n)
	}
	return out, nil
}
