package stacks

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/stacks/config"
)

// projectTag groups the cost of every stack of this program, whatever a fork calls its Pulumi project.
const projectTag = "AuroraDsqlDr"

// newRegions creates one provider a region. Retries are bounded, so that during the loss of a region an operation fails
// in minutes and names the region instead of hanging on it.
func newRegions(ctx *pulumi.Context, c *config.Config) (regions, error) {
	var at regions
	for i, name := range c.Regions.All() {
		provider, err := aws.NewProvider(ctx, places[i], providerArgs(ctx, c, name))
		if err != nil {
			return at, err
		}
		at[i] = components.Region{Name: name, Provider: provider}
	}
	account, partition, err := whoAmI(ctx, at)
	if err != nil {
		return at, err
	}
	for i := range at {
		at[i].Account, at[i].Partition = account, partition
	}
	return at, nil
}

// providerArgs keep a lost region from stopping every deployment. pulumi-aws validates credentials with the STS of the
// provider's own region, whatever stsRegion says (provider/resources.go, validateCredentials), so that is skipped. What
// is left is terraform-provider-aws's own question for the account, which goes to stsRegion and refuses credentials
// that are no good just as early. Never skipRequestingAccountId: the account is part of an API's executionArn, and so
// of the permission by which the API invokes its function.
func providerArgs(ctx *pulumi.Context, c *config.Config, region string) *aws.ProviderArgs {
	sts := region
	if c.CredentialsRegion != "" {
		sts = c.CredentialsRegion
	}
	return &aws.ProviderArgs{
		Region:                    pulumi.String(region),
		MaxRetries:                pulumi.Int(5),
		SkipCredentialsValidation: pulumi.Bool(true),
		StsRegion:                 pulumi.String(sts),
		DefaultTags: aws.ProviderDefaultTagsArgs{Tags: pulumi.StringMap{
			"Project":     pulumi.String(projectTag),
			"Stack":       pulumi.String(ctx.Stack()),
			"Environment": pulumi.String(c.Environment),
			"Owner":       pulumi.String(c.Owner),
			"CostCenter":  pulumi.String(c.CostCenter),
			"ManagedBy":   pulumi.String("pulumi"),
		}},
	}
}

// whoAmI asks one region after the other, so that the survivor can be changed while a region is lost.
func whoAmI(ctx *pulumi.Context, at regions) (account, partition string, err error) {
	var failures []error
	for _, region := range at {
		through := pulumi.Provider(region.Provider)
		caller, err := aws.GetCallerIdentity(ctx, nil, through)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", region.Name, err))
			continue
		}
		partition, err := aws.GetPartition(ctx, nil, through)
		if err != nil {
			return "", "", err
		}
		return caller.AccountId, partition.Partition, nil
	}
	return "", "", fmt.Errorf("no region says which account this is:\n%w", errors.Join(failures...))
}
