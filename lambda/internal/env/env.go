// Package env reads the environments of the functions. A malformed or missing value is never replaced by a default; all
// problems are reported together.
package env

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
)

// Environment is the health check's configuration; package contract documents the keys.
type Environment struct {
	// Region is the function's own, which Lambda sets: the observer's name.
	Region        string
	Targets       []contract.Target
	Topics        []contract.Topic
	MetricRegions []string

	Schedule, ProbeInterval, Reminder, MinimumOutage  time.Duration
	RunLimit, StepLimit, StatusLimit, ReprobeInterval time.Duration
	PublishTimeout, NoticeLease, WakingLimit          time.Duration
	// TrafficHold is 0 if no traffic is routed.
	TrafficHold time.Duration
	// Backups are none if the stack has none.
	Backups                    []contract.BackupPlan
	BackupHour, BackupInterval time.Duration

	FailuresToOpen, SuccessesToClose int
	Runbooks                         contract.Runbooks
	// FullMetrics is whether latencies and marker ages are published too.
	FullMetrics  bool
	DatabaseRole string
	HostAddr     map[string][]string
}

const keyRegion = "AWS_REGION"

var (
	regionName = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
	topicARN   = regexp.MustCompile(`^arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)
	roleName   = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)
)

// Parse reads the environment that lookup gives, such as os.LookupEnv. Its error has one line for each problem: the
// key, its value, and what is accepted.
func Parse(lookup func(key string) (value string, ok bool)) (Environment, error) {
	defaults := contract.HealthCheckDurations()
	maps.Copy(defaults, contract.BackupDurations())
	p := parser{lookup: lookup, defaults: defaults}
	e := Environment{
		Region:           p.region(),
		Targets:          p.targets(),
		Topics:           p.topics(),
		MetricRegions:    p.regions(contract.EnvMetricRegions),
		Schedule:         p.duration(contract.EnvSchedule),
		ProbeInterval:    p.duration(contract.EnvProbeInterval),
		Reminder:         p.duration(contract.EnvReminder),
		MinimumOutage:    p.durationOrNone(contract.EnvMinimumOutage),
		RunLimit:         p.duration(contract.EnvRunLimit),
		StepLimit:        p.duration(contract.EnvStepLimit),
		StatusLimit:      p.duration(contract.EnvStatusLimit),
		ReprobeInterval:  p.duration(contract.EnvReprobeInterval),
		PublishTimeout:   p.duration(contract.EnvPublishTimeout),
		NoticeLease:      p.duration(contract.EnvNoticeLease),
		WakingLimit:      p.duration(contract.EnvWakingLimit),
		TrafficHold:      p.trafficHold(),
		Backups:          p.backups(),
		BackupHour:       p.duration(contract.EnvBackupHour),
		BackupInterval:   p.duration(contract.EnvBackupInterval),
		FailuresToOpen:   p.count(contract.EnvFailuresToOpen),
		SuccessesToClose: p.count(contract.EnvSuccessesToClose),
		Runbooks:         p.runbooks(),
		FullMetrics:      p.metrics() == contract.MetricsFull,
		DatabaseRole:     p.databaseRole(),
		HostAddr:         p.hostAddr(),
	}
	if e.ProbeInterval > e.Schedule && e.Schedule > 0 {
		accepted := fmt.Sprintf("at most %s, which is %v", contract.EnvSchedule, e.Schedule)
		p.problem(contract.EnvProbeInterval, e.ProbeInterval.String(), accepted)
	}
	return e, p.err("the health check")
}

type parser struct {
	lookup   func(string) (string, bool)
	defaults map[string]time.Duration // of durations that need not be set
	problems []error
}

// err is all problems of a function's environment.
func (p *parser) err(function string) error {
	if len(p.problems) == 0 {
		return nil
	}
	return fmt.Errorf("environment of %s:\n%w", function, errors.Join(p.problems...))
}

func (p *parser) problem(key, value, accepted string) {
	p.problems = append(p.problems, fmt.Errorf("%s is %q: want %s", key, value, accepted))
}

// required is the value of the key; a missing or empty one is a problem.
func (p *parser) required(key, accepted string) (string, bool) {
	value, _ := p.lookup(key)
	if value == "" {
		p.problems = append(p.problems, fmt.Errorf("%s is missing: want %s", key, accepted))
	}
	return value, value != ""
}

func (p *parser) match(key string, pattern *regexp.Regexp, accepted string) string {
	value, ok := p.required(key, accepted)
	if ok && !pattern.MatchString(value) {
		p.problem(key, value, accepted)
	}
	return value
}

func (p *parser) region() string {
	return p.match(keyRegion, regionName, "a region name such as us-east-1")
}

func (p *parser) databaseRole() string {
	return p.match(contract.EnvDatabaseRole, roleName, "a lower-case PostgreSQL role name")
}

func (p *parser) runbooks() contract.Runbooks {
	value, _ := p.required(contract.EnvRunbooks, "where the runbooks can be read")
	return contract.Runbooks(value)
}

func (p *parser) duration(key string) time.Duration {
	const accepted = "a positive Go duration such as 15s"
	fallback := p.defaults[key]
	if value, _ := p.lookup(key); value == "" && fallback > 0 {
		return fallback
	}
	value, ok := p.required(key, accepted)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		p.problem(key, value, accepted)
		return 0
	}
	return d
}

// durationOrNone is a duration that may be nothing at all.
func (p *parser) durationOrNone(key string) time.Duration {
	const accepted = "a Go duration such as 5s, or 0s"
	value, ok := p.required(key, accepted)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		p.problem(key, value, accepted)
	}
	return d
}

func (p *parser) count(key string) int {
	const accepted = "a whole number of at least 1"
	value, ok := p.required(key, accepted)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		p.problem(key, value, accepted)
	}
	return n
}

func (p *parser) metrics() string {
	const accepted = contract.MetricsLean + " or " + contract.MetricsFull
	value, ok := p.required(contract.EnvMetrics, accepted)
	if ok && value != contract.MetricsLean && value != contract.MetricsFull {
		p.problem(contract.EnvMetrics, value, accepted)
	}
	return value
}

// trafficHold is the hold if traffic is routed.
func (p *parser) trafficHold() time.Duration {
	const accepted = contract.TrafficRouted + " or nothing"
	hold := p.duration(contract.EnvTrafficHold)
	switch value, _ := p.lookup(contract.EnvTraffic); value {
	case contract.TrafficRouted:
		return hold
	case "":
	default:
		p.problem(contract.EnvTraffic, value, accepted)
	}
	return 0
}

func (p *parser) regions(key string) []string {
	const accepted = "comma-separated names of different regions"
	value, ok := p.required(key, accepted)
	if !ok {
		return nil
	}
	names := strings.Split(value, ",")
	seen := map[string]bool{}
	for _, name := range names {
		if !regionName.MatchString(name) || seen[name] {
			p.problem(key, value, accepted)
			break
		}
		seen[name] = true
	}
	return names
}

func (p *parser) hostAddr() map[string][]string {
	value, _ := p.lookup(contract.EnvHostAddr)
	addresses, err := dsqlconn.ParseHostAddr(value)
	if err != nil {
		p.problems = append(p.problems, fmt.Errorf("%s: %w", contract.EnvHostAddr, err))
	}
	return addresses
}

func (p *parser) targets() []contract.Target {
	const accepted = `a JSON array of {"region","clusterId","clusterArn","endpoint"}, at least one`
	var targets []contract.Target
	if !p.list(contract.EnvTargets, accepted, &targets, func() int { return len(targets) }) {
		return nil
	}
	seen := map[string]bool{}
	for i, t := range targets {
		at := fmt.Sprintf("%s[%d]", contract.EnvTargets, i)
		if t.ClusterID == "" {
			p.problem(at+".clusterId", t.ClusterID, "the cluster's identifier")
		}
		if t.ClusterARN == "" {
			p.problem(at+".clusterArn", t.ClusterARN, "the cluster's ARN")
		}
		region, err := dsqlconn.Region(t.Endpoint)
		switch {
		case err != nil:
			p.problem(at+".endpoint", t.Endpoint, "<identifier>.dsql.<region>.on.aws")
		case region != t.Region:
			p.problem(at+".region", t.Region, "the endpoint's own, "+region)
		case seen[t.Endpoint]:
			p.problem(at+".endpoint", t.Endpoint, "every endpoint once")
		}
		seen[t.Endpoint] = true
	}
	return targets
}

func (p *parser) topics() []contract.Topic {
	const accepted = `a JSON array of {"region","arn"}, the own region's first, at least one`
	var topics []contract.Topic
	if !p.list(contract.EnvTopics, accepted, &topics, func() int { return len(topics) }) {
		return nil
	}
	for i, t := range topics {
		at := fmt.Sprintf("%s[%d]", contract.EnvTopics, i)
		switch parts := topicARN.FindStringSubmatch(t.ARN); {
		case parts == nil:
			p.problem(at+".arn", t.ARN, "arn:aws:sns:<region>:<account>:<name>")
		case parts[1] != t.Region:
			p.problem(at+".region", t.Region, "the topic's own, "+parts[1])
		}
	}
	return topics
}

// list decodes a non-empty JSON array into list and tells whether it could.
func (p *parser) list(key, accepted string, list any, length func() int) bool {
	value, ok := p.required(key, accepted)
	if !ok {
		return false
	}
	decoder := json.NewDecoder(strings.NewReader(value))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(list); err != nil {
		p.problem(key, value, fmt.Sprintf("%s (%v)", accepted, err))
		return false
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) || length() == 0 {
		p.problem(key, value, accepted)
		return false
	}
	return true
}
