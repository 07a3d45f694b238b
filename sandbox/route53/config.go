package route53

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

// CheckerRegions are where Route 53 has health checkers (API Reference, HealthCheckConfig).
var CheckerRegions = []string{
	"ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "eu-west-1", "sa-east-1", "us-east-1", "us-west-1", "us-west-2",
}

// defaultCheckers are the checkers of an endpoint whose check names no regions: three, where AWS has all.
var defaultCheckers = []string{"eu-west-1", "us-east-1", "us-west-2"}

// withDefaults fills in what Route 53 fills in.
func (c Config) withDefaults() Config {
	c.Regions = slices.Sorted(slices.Values(c.Regions))
	c.Children = slices.Sorted(slices.Values(c.Children))
	if c.Type != HTTPS {
		return c
	}
	if c.Port == 0 {
		c.Port = 443
	}
	if c.RequestInterval == 0 {
		c.RequestInterval = 30
	}
	if c.FailureThreshold == 0 {
		c.FailureThreshold = 3
	}
	if c.EnableSNI == nil {
		on := true
		c.EnableSNI = &on
	}
	return c
}

func equal(a, b Config) bool { return reflect.DeepEqual(a, b) }

// prepare refuses settings that Route 53 refuses, and reads the alarm's.
func (s *Service) prepare(c Config) (*cloudwatch.MetricAlarm, error) {
	if problems := c.check(); len(problems) > 0 {
		return nil, invalidInput("Invalid parameter : %s", strings.Join(problems, " "))
	}
	if c.Type != CloudWatchMetric {
		return nil, nil //nolint:nilnil // there is no alarm
	}
	return s.readAlarm(c.AlarmRegion, c.AlarmName)
}

// titles are how Route 53 calls the types in its refusals.
var titles = map[string]string{HTTPS: "Basic", Calculated: "Calculated", CloudWatchMetric: "Metric"}

// setting is a setting of a type of health checks.
type setting struct {
	given bool
	words string // as Route 53 calls it
	types []string
}

func (c Config) settings() []setting {
	return []setting{
		{c.FQDN != "", "a fully qualified domain name", []string{HTTPS}},
		{c.Port != 0, "a port", []string{HTTPS}},
		{c.ResourcePath != "", "a resource path", []string{HTTPS}},
		{c.RequestInterval != 0, "a request interval", []string{HTTPS}},
		{c.FailureThreshold != 0, "a failure threshold", []string{HTTPS}},
		{c.EnableSNI != nil, "an enable SNI flag", []string{HTTPS}},
		{len(c.Regions) > 0, "regions", []string{HTTPS}},
		{len(c.Children) > 0, "child health checks", []string{Calculated}},
		{c.HealthThreshold != nil, "a health threshold", []string{Calculated}},
		{c.AlarmName != "", "an alarm name", []string{CloudWatchMetric}},
		{c.AlarmRegion != "", "a metric region", []string{CloudWatchMetric}},
		{c.InsufficientData != "", "an insufficient data health state", []string{CloudWatchMetric}},
	}
}

// check says what is wrong with settings, in Route 53's words where they are known.
func (c Config) check() (problems []string) {
	title, known := titles[c.Type]
	if !known {
		return []string{fmt.Sprintf("type %q: the sandbox models %s, %s and %s.", c.Type, HTTPS, Calculated,
			CloudWatchMetric)}
	}
	report := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Sprintf(format, args...)+".")
		}
	}
	for _, given := range c.settings() {
		report(given.given && !slices.Contains(given.types, c.Type), "%s health checks must not have %s specified", title,
			given.words)
	}
	switch c.Type {
	case HTTPS:
		problems = append(problems, c.checkEndpoint()...)
	case Calculated:
		report(c.HealthThreshold == nil, "Calculated health checks must have a health threshold specified")
		report(c.HealthThreshold != nil && (*c.HealthThreshold < 0 || *c.HealthThreshold > 256),
			"health threshold: want 0 to 256")
		report(len(c.Children) > 256, "%d child health checks: want at most 256", len(c.Children))
	case CloudWatchMetric:
		report(c.AlarmName == "" || c.AlarmRegion == "", "Metric health checks must have an alarm name and a metric "+
			"region specified")
		report(c.InsufficientData != "" && !slices.Contains([]string{StatusHealthy, StatusUnhealthy, StatusLastKnown},
			c.InsufficientData), "insufficient data health status %q: want %s, %s or %s", c.InsufficientData,
			StatusHealthy, StatusUnhealthy, StatusLastKnown)
	}
	return problems
}

func (c Config) checkEndpoint() (problems []string) {
	report := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Sprintf(format, args...)+".")
		}
	}
	report(c.FQDN == "", "Basic health checks must have a fully qualified domain name specified: the sandbox models no "+
		"IP addresses")
	report(c.FQDN != "" && (len(c.FQDN) > 255 || checkName(canonical(c.FQDN)) != ""),
		"fully qualified domain name %q is not a name", c.FQDN)
	report(c.Port < 1 || c.Port > 65_535, "port %d: want 1 to 65535", c.Port)
	report(len(c.ResourcePath) > 255, "resource path of %d characters: want at most 255", len(c.ResourcePath))
	report(c.RequestInterval != 10 && c.RequestInterval != 30, "request interval %d: want 10 or 30", c.RequestInterval)
	report(c.FailureThreshold < 1 || c.FailureThreshold > 10, "failure threshold %d: want 1 to 10", c.FailureThreshold)
	report(len(c.Regions) > 0 && len(c.Regions) < 3, "%d regions: want at least 3", len(c.Regions))
	for _, region := range c.Regions {
		report(!slices.Contains(CheckerRegions, region), "region %q: want %s", region, strings.Join(CheckerRegions, ", "))
	}
	return problems
}

// checkChildren refuses children that do not exist, and calculated ones. The caller holds the lock.
func (s *Service) checkChildren(c Config) error {
	for _, id := range c.Children {
		child, err := s.check(id)
		if err != nil {
			return invalidInput("Invalid parameter : child health check %s does not exist.", id)
		}
		if child.Config.Type == Calculated {
			return invalidInput("Invalid parameter : child health check %s is a calculated health check, which another "+
				"cannot monitor.", id)
		}
	}
	return nil
}
