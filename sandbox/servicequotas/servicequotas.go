// Package servicequotas is the sandbox's Service Quotas: what a region's services allow, read from those that hold to
// it, so that a sandbox with another setting says so. Only quotas that the sandbox holds to, and whose code AWS
// publishes, are there; nothing can be raised.
package servicequotas

import (
	"cmp"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
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
type Service struct {
	env    *region.Env
	lambda *lambda.Service
}

// New returns the quotas of a region and its Lambda.
func New(env *region.Env, functions *lambda.Service) *Service {
	return &Service{env: env, lambda: functions}
}

// all are the quotas by service and code, as "Amazon Aurora DSQL endpoints and quotas", "Amazon EventBridge quotas" and
// "Lambda quotas" list them with their codes.
func (s *Service) all() []Quota {
	of := func(code, name string, byDefault int) Quota {
		return Quota{
			Code:    code,
			Name:    name,
			Default: byDefault,
			Value:   byDefault,
		}
	}
	multiRegion := of("L-DCF93F11", "Multi-Region clusters", dsql.MultiRegionQuota)
	buses := of("L-658A4FD9", "Event buses", events.MaxBuses)
	rules := of("L-244521F2", "Number of rules", events.MaxRules)
	pattern := of("L-664C5505", "Event pattern size", events.MaxPattern)
	concurrency := of("L-B99A9384", "Concurrent executions", lambda.DefaultConcurrency)
	concurrency.Value = s.lambda.Concurrency()
	return slices.Concat(
		served("dsql", "Amazon Aurora DSQL", multiRegion),
		served("events", "Amazon EventBridge (CloudWatch Events)", buses, rules, pattern),
		served("lambda", "AWS Lambda", concurrency),
	)
}

// served are the quotas of one service.
func served(code, name string, quotas ...Quota) []Quota {
	for i := range quotas {
		quotas[i].Service = code
		quotas[i].ServiceName = name
	}
	slices.SortFunc(quotas, func(a, b Quota) int { return cmp.Compare(a.Code, b.Code) })
	return quotas
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
