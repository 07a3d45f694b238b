// Package servicequotas is the sandbox's Service Quotas: what a region's services allow, so that a sandbox with another
// limit (region.Env.SetLimit) says so. Only quotas that the sandbox holds to, and whose code AWS publishes, are there;
// nothing can be raised by the API.
package servicequotas

import (
	"cmp"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/apigateway"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/region"
)

// Quota is one quota of a service. All that are modelled can be raised on AWS.
type Quota struct {
	Service     string // its code, "lambda"
	ServiceName string
	Code        string
	Name        string
	// Default is what AWS gives an account, Value what this one has in the region.
	Default int
	Value   int
}

// Service is the Service Quotas of one region. Create it with New.
type Service struct{ env *region.Env }

// New returns the quotas of a region.
func New(env *region.Env) *Service { return &Service{env: env} }

// all are the quotas by service and code.
func (s *Service) all() []Quota {
	return slices.Concat(
		s.of("apigateway", "Amazon API Gateway", apigateway.DomainQuota, apigateway.RouteQuota),
		s.of("backup", "AWS Backup", backup.PlanQuota, backup.VaultQuota),
		s.of("dsql", "Amazon Aurora DSQL", dsql.MultiRegionQuota),
		s.of("events", "Amazon EventBridge (CloudWatch Events)", events.BusQuota, events.RuleQuota, events.PatternQuota),
		s.of("lambda", "AWS Lambda", lambda.ConcurrencyQuota),
	)
}

// of are the quotas of one service.
func (s *Service) of(code, name string, quotas ...region.Quota) (all []Quota) {
	for _, q := range quotas {
		all = append(all, Quota{
			Service:     code,
			ServiceName: name,
			Code:        q.Code,
			Name:        q.Name,
			Default:     q.Default,
			Value:       s.env.Limit(q),
		})
	}
	slices.SortFunc(all, func(a, b Quota) int { return cmp.Compare(a.Code, b.Code) })
	return all
}

// Quotas lists a service's quotas by code.
func (s *Service) Quotas(service string) ([]Quota, error) {
	var found []Quota
	var services []string
	for _, q := range s.all() {
		if q.Service == service {
			found = append(found, q)
		}
		services = append(services, q.Service)
	}
	if len(found) == 0 {
		return nil, noSuchResource("The request failed because the specified service %q does not exist; the sandbox has %s",
			service, strings.Join(slices.Compact(services), ", "))
	}
	return found, nil
}

// Quota finds a quota.
func (s *Service) Quota(service, code string) (Quota, error) {
	quotas, err := s.Quotas(service)
	if err != nil {
		return Quota{}, err
	}
	var codes []string
	for _, q := range quotas {
		if q.Code == code {
			return q, nil
		}
		codes = append(codes, q.Code)
	}
	return Quota{}, noSuchResource("The request failed because the specified quota %q does not exist for service %s; "+
		"the sandbox has %s", code, service, strings.Join(codes, ", "))
}

// ARN names a quota as the account has it.
func (s *Service) ARN(q Quota) string { return s.env.ARN("servicequotas", q.Service+"/"+q.Code) }

// DefaultARN names a quota as AWS gives it, to no account.
func (s *Service) DefaultARN(q Quota) string {
	return "arn:" + region.Partition + ":servicequotas:" + s.env.Name + "::" + q.Service + "/" + q.Code
}

func noSuchResource(format string, args ...any) *awserr.Error {
	return awserr.NotFound(400, "NoSuchResourceException", format, args...)
}
