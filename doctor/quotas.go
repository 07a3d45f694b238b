package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"
)

// Types of the program's resources that quotas count.
const (
	typeCluster  = "aws:dsql/cluster:Cluster"
	typeFunction = "aws:lambda/function:Function"
	typeAPI      = "aws:apigatewayv2/api:Api"
	typeDomain   = "aws:apigatewayv2/domainName:DomainName"
	typeBus      = "aws:cloudwatch/eventBus:EventBus"
	typeRule     = "aws:cloudwatch/eventRule:EventRule"
)

// room answers whether what a deployment adds fits between what there is and what there may be.
func room(region, what string, there, more, most int) answer {
	found := fmt.Sprintf("%d of %d %s are there, and a deployment adds %d", there, most, what, more)
	if there+more > most {
		return bad(region, "%s", found)
	}
	return good(region, "%s", found)
}

// quota is what the account may have in a region, by the code that AWS publishes. One that is not listed cannot be
// asked.
func (s *stack) quota(ctx context.Context, region, service, code string) (int, error) {
	client := servicequotas.NewFromConfig(s.in(region))
	out, err := client.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: &service, QuotaCode: &code})
	var unlisted *types.NoSuchResourceException
	if errors.As(err, &unlisted) {
		return 0, fmt.Errorf("the quota %s of %s is not listed there", code, service)
	}
	if err != nil {
		return 0, err
	}
	return int(aws.ToFloat64(out.Quota.Value)), nil
}

// limit is how many resources of a type a region may have.
type limit struct {
	kind  string
	what  string
	most  func(ctx context.Context, s *stack, region string) (int, error)
	count func(ctx context.Context, s *stack, region string) (int, error)
}

// listed is a quota that Service Quotas knows, fixed one that is the same for everybody.
func listed(service, code string) func(context.Context, *stack, string) (int, error) {
	return func(ctx context.Context, s *stack, region string) (int, error) {
		return s.quota(ctx, region, service, code)
	}
}

func fixed(most int) func(context.Context, *stack, string) (int, error) {
	return func(context.Context, *stack, string) (int, error) { return most, nil }
}

// fits asks in each region whether there is room for what a deployment adds.
func (l limit) fits(ctx context.Context, s *stack, regions []string) []answer {
	return inRegions(regions, func(region string) ([]answer, error) {
		most, err := l.most(ctx, s, region)
		if err != nil {
			return nil, err
		}
		there, err := l.count(ctx, s, region)
		return one(room(region, l.what, there, s.lacking(l.kind, region), most), err)
	})
}

// pages adds up how much is on each page of a list, of which next gives one.
func pages(next func(token *string) (found int, more *string, err error)) (sum int, err error) {
	var token *string
	for {
		found, more, err := next(token)
		if err != nil {
			return 0, err
		}
		if sum, token = sum+found, more; token == nil {
			return sum, nil
		}
	}
}

var clusterQuota = check{
	id:    "cluster-quota",
	asked: "Is there room for the stack's clusters?",
	why: "An account has five multi-Region clusters a region, of which one that waits for its peer's deletion " +
		"is one.",
	do:       "Delete a cluster that nobody needs, or ask for more: Service Quotas, Amazon Aurora DSQL, L-DCF93F11.",
	concerns: isPlanned,
	look: func(ctx context.Context, s *stack) []answer {
		return limit{typeCluster, "multi-Region clusters", listed("dsql", "L-DCF93F11"), paired}.fits(ctx, s, s.data())
	},
}

// paired counts the clusters of pairs.
func paired(ctx context.Context, s *stack, region string) (count int, err error) {
	client := dsql.NewFromConfig(s.in(region))
	list := dsql.NewListClustersPaginator(client, &dsql.ListClustersInput{})
	for list.HasMorePages() {
		page, err := list.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		for _, listed := range page.Clusters {
			cluster, err := client.GetCluster(ctx, &dsql.GetClusterInput{Identifier: listed.Identifier})
			if err != nil {
				return 0, err
			}
			if cluster.MultiRegionProperties != nil {
				count++
			}
		}
	}
	return count, nil
}

// mostAPIs is the same in every account (API Gateway quotas, "Regional APIs per Region").
const mostAPIs = 600

var apiQuota = check{
	id:       "api-quota",
	asked:    "Is there room for the application's API?",
	why:      "A region has 600 APIs at most; one more is refused in the middle of a deployment.",
	do:       "Delete an API that nobody needs.",
	concerns: all(isPlanned, hasApplication),
	look: func(ctx context.Context, s *stack) []answer {
		return limit{typeAPI, "APIs", fixed(mostAPIs), apis}.fits(ctx, s, s.data())
	},
}

func apis(ctx context.Context, s *stack, region string) (int, error) {
	client := apigatewayv2.NewFromConfig(s.in(region))
	return pages(func(token *string) (int, *string, error) {
		page, err := client.GetApis(ctx, &apigatewayv2.GetApisInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		return len(page.Items), page.NextToken, nil
	})
}

var domainQuota = check{
	id:       "domain-quota",
	asked:    "Is there room for the application's domain names?",
	why:      "An account has 120 custom domain names a region; one more is refused in the middle of a deployment.",
	do:       "Delete one that nobody needs, or ask for more: Service Quotas, Amazon API Gateway, L-A93447B8.",
	concerns: all(isPlanned, hasApplication, hasTraffic),
	look: func(ctx context.Context, s *stack) []answer {
		return limit{typeDomain, "domain names", listed("apigateway", "L-A93447B8"), domains}.fits(ctx, s, s.data())
	},
}

func domains(ctx context.Context, s *stack, region string) (int, error) {
	client := apigatewayv2.NewFromConfig(s.in(region))
	return pages(func(token *string) (int, *string, error) {
		page, err := client.GetDomainNames(ctx, &apigatewayv2.GetDomainNamesInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		return len(page.Items), page.NextToken, nil
	})
}

var busQuota = check{
	id:       "event-bus-quota",
	asked:    "Is there room for the application's event buses?",
	why:      "An account has a hundred buses a region; one more is refused in the middle of a deployment.",
	do:       "Delete a bus that nobody needs, or ask for more: Service Quotas, Amazon EventBridge, L-658A4FD9.",
	concerns: all(isPlanned, hasApplication),
	look: func(ctx context.Context, s *stack) []answer {
		return limit{typeBus, "event buses", listed("events", "L-658A4FD9"), buses}.fits(ctx, s, s.data())
	},
}

func buses(ctx context.Context, s *stack, region string) (int, error) {
	client := eventbridge.NewFromConfig(s.in(region))
	return pages(func(token *string) (int, *string, error) {
		page, err := client.ListEventBuses(ctx, &eventbridge.ListEventBusesInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		return len(page.EventBuses), page.NextToken, nil
	})
}

var ruleQuota = check{
	id:    "rule-quota",
	asked: "Is there room for the stack's rules on the default event bus?",
	why: "A bus has a number of rules; one more is refused in the middle of a deployment, and a monitor has no " +
		"schedule.",
	do:       "Delete a rule that nobody needs, or ask for more: Service Quotas, Amazon EventBridge, L-244521F2.",
	concerns: isPlanned,
	look: func(ctx context.Context, s *stack) []answer {
		return limit{typeRule, "rules of the default bus", listed("events", "L-244521F2"), rules}.fits(ctx, s, s.regions())
	},
}

func rules(ctx context.Context, s *stack, region string) (int, error) {
	client := eventbridge.NewFromConfig(s.in(region))
	return pages(func(token *string) (int, *string, error) {
		page, err := client.ListRules(ctx, &eventbridge.ListRulesInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		return len(page.Rules), page.NextToken, nil
	})
}

// keptFree is what Lambda never lets a reservation take of an account's concurrency (Lambda Developer Guide,
// "Configuring reserved concurrency").
const keptFree = 100

var concurrency = check{
	id:       "concurrency",
	asked:    "Can the functions' concurrency be reserved, with AWS's 100 kept free?",
	why:      "New accounts have 10 at a time, of which nothing can be reserved: the deployment is refused.",
	do:       "Ask for more (Service Quotas, AWS Lambda, L-B99A9384), or reserve nothing: docs/deploying.md, step 3.",
	concerns: isPlanned,
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.regions(), func(region string) ([]answer, error) {
			client := lambda.NewFromConfig(s.in(region))
			out, err := client.GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
			if err != nil {
				return nil, err
			}
			free := int(aws.ToInt32(out.AccountLimit.UnreservedConcurrentExecutions))
			more := s.reservations(region)
			found := fmt.Sprintf("%d are not reserved, and a deployment reserves %d of them", free, more)
			if more > 0 && free-more < keptFree {
				return one(bad(region, "%s", found), nil)
			}
			return one(good(region, "%s", found), nil)
		})
	},
}

// reservations is how much concurrency a first deployment reserves in a region; one that is there has it.
func (s *stack) reservations(region string) (sum int) {
	if s.lacking(typeFunction, region) == 0 {
		return 0
	}
	for _, f := range s.planned.Of(typeFunction) {
		if v := f.Inputs["reservedConcurrentExecutions"]; f.Region == region && v.IsNumber() {
			sum += int(v.NumberValue())
		}
	}
	return sum
}

// mostLogPolicies is how many an account has a region, which is no quota that can be asked (CloudWatch Logs quotas,
// "Resource policies").
const mostLogPolicies = 10

var logPolicies = check{
	id:       "log-policies",
	asked:    "Is there room for a resource policy of CloudWatch Logs?",
	why:      "API Gateway writes access logs by one, which it makes; of eleven the last is refused, with the deployment.",
	do:       "Delete one that nobody needs: aws logs describe-resource-policies, delete-resource-policy.",
	concerns: all(isPlanned, hasApplication),
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.data(), func(region string) ([]answer, error) {
			client := cloudwatchlogs.NewFromConfig(s.in(region))
			there, err := pages(func(token *string) (int, *string, error) {
				page, err := client.DescribeResourcePolicies(ctx, &cloudwatchlogs.DescribeResourcePoliciesInput{NextToken: token})
				if err != nil {
					return 0, nil, err
				}
				return len(page.ResourcePolicies), page.NextToken, nil
			})
			more := min(1, s.lacking(typeAPI, region)) // the first log makes the policy for all
			return one(room(region, "resource policies", there, more, mostLogPolicies), err)
		})
	},
}
