package provider

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/apigateway"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/lambda"
)

// Cloud is the AWS account behind the providers and its regions by name.
type Cloud struct {
	*aws.Account
	Regions map[string]*Region
}

// Region holds the services of one region.
type Region struct {
	*aws.Region
	DSQL       *dsql.Region
	Lambda     *lambda.Service
	APIGateway *apigateway.Service
}

// region finds a region of the account.
func (c *Cloud) region(name string) (*Region, error) {
	if r, ok := c.Regions[name]; ok {
		return r, nil
	}
	return nil, fmt.Errorf("is %q; the sandbox has %s", name, strings.Join(slices.Sorted(maps.Keys(c.Regions)), ", "))
}
