package provider

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

// Cloud is the account behind the providers.
type Cloud struct {
	IAM     *iam.Service
	Regions map[string]*Region
}

// Region holds the services of one region.
type Region struct {
	Env        *region.Env
	DSQL       *dsql.Region
	KMS        *kms.Service
	SNS        *sns.Service
	SQS        *sqs.Service
	Logs       *logs.Service
	CloudWatch *cloudwatch.Service
	Events     *events.Service
	Lambda     *lambda.Service
}

// region finds a region of the account.
func (c *Cloud) region(name string) (*Region, error) {
	if r, ok := c.Regions[name]; ok {
		return r, nil
	}
	return nil, fmt.Errorf("is %q; the sandbox has %s", name, strings.Join(slices.Sorted(maps.Keys(c.Regions)), ", "))
}
