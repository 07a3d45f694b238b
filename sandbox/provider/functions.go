package provider

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	pulumiaws "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/region"
)

// lookup is a function of the provider: the SDK's argument struct and the answer by Pulumi property name.
type lookup struct {
	service string
	args    reflect.Type
	answer  func(*aws.Account, *aws.Region) map[string]any
}

var functions = map[string]lookup{
	"aws:index/getCallerIdentity:getCallerIdentity": {
		"sts",
		reflect.TypeFor[pulumiaws.GetCallerIdentityArgs](),
		callerIdentity,
	},
	"aws:index/getPartition:getPartition": {nobody, reflect.TypeFor[pulumiaws.GetPartitionArgs](), partition},
	"aws:index/getRegion:getRegion":       {"ec2", reflect.TypeFor[pulumiaws.GetRegionArgs](), thisRegion},
}

// callerIdentity is the deployer: the account's administrator.
func callerIdentity(c *aws.Account, _ *aws.Region) map[string]any {
	caller := c.IAM.Admin()
	return map[string]any{
		"accountId": c.ID,
		"arn":       caller.Principal.ARN,
		"id":        c.ID,
		"userId":    caller.AccessKeyID,
	}
}

func partition(*aws.Account, *aws.Region) map[string]any {
	return map[string]any{
		"id":               region.Partition,
		"partition":        region.Partition,
		"dnsSuffix":        "amazonaws.com",
		"reverseDnsPrefix": "com.amazonaws",
	}
}

func thisRegion(_ *aws.Account, r *aws.Region) map[string]any {
	return map[string]any{
		"id":          r.Env.Name,
		"name":        r.Env.Name,
		"description": r.Env.DisplayName(),
		"endpoint":    "ec2." + r.Env.Name + ".amazonaws.com",
	}
}

// Invoke answers a look-up in the instance's region, or in that of its STS. The partition is asked of nobody.
func (p *awsProvider) Invoke(ctx context.Context, r *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	f, ok := functions[r.GetTok()]
	if !ok {
		return nil, status.Errorf(codes.InvalidArgument, "the sandbox has no function %s; it has %s", r.GetTok(),
			strings.Join(slices.Sorted(maps.Keys(functions)), ", "))
	}
	args, err := unmarshal(r.GetArgs())
	if err != nil {
		return nil, err
	}
	if problems := checkObject("", args, f.args); len(problems) > 0 {
		return &pulumirpc.InvokeResponse{Failures: failures(problems)}, nil
	}
	config := instanceOf(ctx).configured()
	where := config.Region
	if f.service == "sts" {
		where = config.stsRegion()
	}
	at, err := p.region(where)
	if err != nil {
		return nil, err
	}
	var answer map[string]any
	err = retrying(ctx, at, f.service, config, func() error {
		answer = f.answer(p.opts.Account, at)
		return nil
	})
	if err != nil {
		return nil, err
	}
	result, err := marshal(resource.NewPropertyMapFromMap(answer))
	return &pulumirpc.InvokeResponse{Return: result}, err
}
