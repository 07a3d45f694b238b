package provider

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// sdkAttempts are those of an AWS SDK that nobody has told otherwise (AWS SDKs and Tools Reference Guide, "Retry
// behavior").
const sdkAttempts = 3

// validateCredentials is what pulumi-aws does in CheckConfig before anything else (provider/resources.go,
// preConfigureCallback and validateCredentials, v6.83.2): it asks STS who it is, unless skipCredentialsValidation, once
// in the life of a plugin. It asks in the provider's own region, whatever stsRegion says, and does not know maxRetries.
func (p *awsProvider) validateCredentials(ctx context.Context, c config) []problem {
	if c.SkipCredentialsValidation || !instanceOf(ctx).firstValidation() {
		return nil
	}
	attempts := sdkAttempts
	if err := p.callerIdentity(ctx, c.Region, &attempts); err != nil {
		return []problem{{"", fmt.Sprintf(
			"unable to validate AWS credentials.\nDetails: validating provider credentials: %s\n",
			err,
		)}}
	}
	return nil
}

// accountID is what terraform-provider-aws does when it is configured (internal/conns, ConfigureProvider;
// aws-sdk-go-base, GetAwsAccountIDAndPartition). With skipCredentialsValidation it asks iam:GetUser before and
// iam:ListRoles after STS; the deployer's role of docs/deploying.md is no user and may not list roles, so that STS is
// who answers.
func (p *awsProvider) accountID(ctx context.Context, c config) (string, error) {
	if c.SkipCredentialsValidation && c.SkipRequestingAccountID {
		return "", nil
	}
	err := p.callerIdentity(ctx, c.stsRegion(), c.MaxRetries)
	switch {
	case err == nil:
		return p.opts.Account.ID, nil
	case c.SkipCredentialsValidation:
		return "", fmt.Errorf("AWS account ID not previously found and failed retrieving via all available methods. "+
			"Errors: retrieving account information via iam:ListRoles: AccessDenied; %w", err)
	default:
		return "", fmt.Errorf("validating provider credentials: %w", err)
	}
}

// callerIdentity is sts:GetCallerIdentity in a region, which needs no permission.
func (p *awsProvider) callerIdentity(ctx context.Context, name string, attempts *int) error {
	region, err := p.region(name)
	if err != nil {
		return fmt.Errorf("the region of STS %w", err)
	}
	ctx, stop := instanceOf(ctx).context(ctx)
	defer stop()
	err = retrying(ctx, region, "sts", config{MaxRetries: attempts}, func() error {
		return p.opts.Account.Management.Admits(region.Name)
	})
	if err != nil {
		return fmt.Errorf("retrieving caller identity from STS: %w", err)
	}
	return nil
}

// stsRegion is where the provider's client of STS is.
func (c config) stsRegion() string {
	if c.STSRegion != "" {
		return c.STSRegion
	}
	return c.Region
}

// readConfig is the part of a provider's configuration that the sandbox heeds.
func readConfig(inputs resource.PropertyMap) (c config, err error) {
	body, err := json.Marshal(asJSON(configured(inputs)))
	if err == nil {
		err = json.Unmarshal(body, &c)
	}
	if err != nil {
		return config{}, fmt.Errorf("configuration of provider aws: %w", err)
	}
	return c, nil
}
