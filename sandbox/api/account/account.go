// Package account is Account Management on the AWS face.
package account

import (
	_ "embed" // operations.txt
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"

	"aurora-dsql-dr/sandbox/account"
	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
)

//go:embed operations.txt
var operations string

// All are the operations that the service has on AWS.
var All = wire.ReadOperations(operations)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("ListRegions", list).At(http.MethodPost, "/listRegions"),
	call.On("GetRegionOptStatus", status).At(http.MethodPost, "/getRegionOptStatus"),
	call.On("EnableRegion", enable).At(http.MethodPost, "/enableRegion"),
	call.On("DisableRegion", disable).At(http.MethodPost, "/disableRegion"),
}

// perPage is the most of a page (Account Management Reference, ListRegions).
const perPage = 50

// authorize asks for the caller's own account, the only one there is; target is the region that is to change.
func authorize(c *call.Call, action string, account, target *string) error {
	conditions := iam.Context{}
	if target != nil {
		conditions["account:TargetRegion"] = *target
	}
	if err := c.Authorize("account:"+action, "arn:aws:account::"+c.Account.ID+":account", conditions); err != nil {
		return err
	}
	if account != nil {
		return wire.NotImplemented("account: AccountId of %s is not modelled by the sandbox, which has no "+
			"organization", action)
	}
	return nil
}

func list(c *call.Call, in *sdk.ListRegionsInput) (*sdk.ListRegionsOutput, error) {
	if err := authorize(c, "ListRegions", in.AccountId, nil); err != nil {
		return nil, err
	}
	size, err := wire.Limit(in.MaxResults, perPage, perPage, "maxResults", "ValidationException")
	if err != nil {
		return nil, err
	}
	wanted := slices.DeleteFunc(c.Account.Management.Regions(), func(r account.Region) bool {
		only := in.RegionOptStatusContains
		return len(only) > 0 && !slices.Contains(only, types.RegionOptStatus(r.Status))
	})
	some, next, ok := wire.Page(wanted, in.NextToken, size)
	if !ok {
		return nil, awserr.Invalid("ValidationException", "NextToken is invalid.")
	}
	out := &sdk.ListRegionsOutput{Regions: []types.Region{}, NextToken: next}
	for _, r := range some {
		out.Regions = append(out.Regions, types.Region{RegionName: &r.Name, RegionOptStatus: types.RegionOptStatus(r.Status)})
	}
	return out, nil
}

func status(c *call.Call, in *sdk.GetRegionOptStatusInput) (*sdk.GetRegionOptStatusOutput, error) {
	if err := authorize(c, "GetRegionOptStatus", in.AccountId, nil); err != nil {
		return nil, err
	}
	r, err := c.Account.Management.Region(aws.ToString(in.RegionName))
	if err != nil {
		return nil, err
	}
	return &sdk.GetRegionOptStatusOutput{RegionName: &r.Name, RegionOptStatus: types.RegionOptStatus(r.Status)}, nil
}

func enable(c *call.Call, in *sdk.EnableRegionInput) (*sdk.EnableRegionOutput, error) {
	if err := authorize(c, "EnableRegion", in.AccountId, in.RegionName); err != nil {
		return nil, err
	}
	name := aws.ToString(in.RegionName)
	if r, err := c.Account.Management.Region(name); err == nil && r.Status == account.Disabled &&
		!c.Account.Management.Runs(name) {
		return nil, wire.NotImplemented("account: the sandbox does not run %s, and cannot enable it; it is started with its "+
			"regions", name)
	}
	return &sdk.EnableRegionOutput{}, c.Account.Management.SetEnabled(name, true)
}

func disable(c *call.Call, in *sdk.DisableRegionInput) (*sdk.DisableRegionOutput, error) {
	if err := authorize(c, "DisableRegion", in.AccountId, in.RegionName); err != nil {
		return nil, err
	}
	return &sdk.DisableRegionOutput{}, c.Account.Management.SetEnabled(aws.ToString(in.RegionName), false)
}
