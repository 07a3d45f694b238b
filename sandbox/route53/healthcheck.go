package route53

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
)

// Types of health checks.
const (
	HTTPS            = "HTTPS"
	Calculated       = "CALCULATED"
	CloudWatchMetric = "CLOUDWATCH_METRIC"
)

// What a health check on an alarm is while CloudWatch has too little data.
const (
	StatusHealthy   = "Healthy"
	StatusUnhealthy = "Unhealthy"
	StatusLastKnown = "LastKnownStatus"
)

// Config are the settings of a health check. Zero values are not given.
type Config struct {
	Type     string
	Inverted bool
	// Disabled counts as healthy.
	Disabled bool

	// Of an endpoint.
	FQDN             string
	Port             int
	ResourcePath     string
	RequestInterval  int // seconds: 10 or 30
	FailureThreshold int
	EnableSNI        *bool
	Regions          []string // of the checkers

	// Of a calculated check.
	Children        []string
	HealthThreshold *int

	// Of a check on an alarm.
	AlarmRegion, AlarmName string
	InsufficientData       string
}

// HealthCheck is a health check as it is described.
type HealthCheck struct {
	ID              string
	CallerReference string
	// Version is 1 at first, and one more with every update.
	Version int64
	Config  Config
	// Alarm are the settings that the alarm had when the check was told of it.
	Alarm *cloudwatch.MetricAlarm
}

// check is a health check with what is known of the health.
type check struct {
	HealthCheck
	tags     map[string]string
	checkers map[string]*checker // of an endpoint, by region
	state    cloudwatch.State    // what the alarm's data says
	// lastKnown is the health when CloudWatch last had enough data.
	lastKnown bool
}

// CreateHealthCheck makes a health check, which is healthy until enough is known of it. The same caller reference with
// the same settings gives the check there is.
func (s *Service) CreateHealthCheck(callerReference string, config Config) (HealthCheck, error) {
	if n := len(callerReference); n < 1 || n > 64 {
		return HealthCheck{}, invalidInput("caller reference of %d characters: want 1 to 64", n)
	}
	config = config.withDefaults()
	alarm, err := s.prepare(config)
	if err != nil {
		return HealthCheck{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.checks {
		if c.CallerReference == callerReference {
			return c.again(config)
		}
	}
	if err := s.checkChildren(config); err != nil {
		return HealthCheck{}, err
	}
	c := &check{
		HealthCheck: HealthCheck{
			ID:              uuid.NewString(),
			CallerReference: callerReference,
			Version:         1,
			Config:          config,
			Alarm:           alarm,
		},
		tags:      map[string]string{},
		checkers:  map[string]*checker{},
		state:     cloudwatch.StateInsufficientData,
		lastKnown: true,
	}
	s.checks[c.ID] = c
	s.startCheckers(c)
	s.look(c)
	return c.HealthCheck, nil
}

// again is the answer to a caller reference that was used before.
func (c *check) again(config Config) (HealthCheck, error) {
	if !equal(c.Config, config) {
		return HealthCheck{}, awserr.Conflict(409, "HealthCheckAlreadyExists",
			"A health check with the same caller reference and other settings exists: %s", c.ID)
	}
	return c.HealthCheck, nil
}

// HealthCheck finds a health check.
func (s *Service) HealthCheck(id string) (HealthCheck, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.check(id)
	if err != nil {
		return HealthCheck{}, err
	}
	return c.HealthCheck, nil
}

// HealthChecks lists the health checks by their ids.
func (s *Service) HealthChecks() []HealthCheck {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []HealthCheck
	for _, id := range slices.Sorted(maps.Keys(s.checks)) {
		all = append(all, s.checks[id].HealthCheck)
	}
	return all
}

// Update are the settings of a health check that are to change; nil ones stay.
type Update struct {
	Inverted, Disabled *bool

	FQDN, ResourcePath     *string
	Port, FailureThreshold *int
	EnableSNI              *bool
	Regions                []string

	Children        []string
	HealthThreshold *int

	// AlarmRegion and AlarmName name the alarm anew. Only then its settings are read again.
	AlarmRegion, AlarmName string
	InsufficientData       *string
}

// UpdateHealthCheck changes settings of a health check. Version is the one that the caller knows, 0 for any.
func (s *Service) UpdateHealthCheck(id string, version int64, u Update) (HealthCheck, error) {
	before, err := s.HealthCheck(id)
	if err != nil {
		return HealthCheck{}, err
	}
	if version != 0 && version != before.Version {
		return HealthCheck{}, awserr.Conflict(409, "HealthCheckVersionMismatch",
			"The version of health check %s is %d, not %d.", id, before.Version, version)
	}
	config := u.applied(before.Config)
	alarm, err := s.prepare(config)
	if err != nil {
		return HealthCheck{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.check(id)
	if err != nil {
		return HealthCheck{}, err
	}
	if err := s.checkChildren(config); err != nil {
		return HealthCheck{}, err
	}
	c.Config = config
	c.Version++
	if u.AlarmName != "" {
		c.Alarm = alarm
	}
	s.startCheckers(c)
	s.look(c)
	return c.HealthCheck, nil
}

func (u Update) applied(c Config) Config {
	set(&c.Inverted, u.Inverted)
	set(&c.Disabled, u.Disabled)
	set(&c.FQDN, u.FQDN)
	set(&c.ResourcePath, u.ResourcePath)
	set(&c.Port, u.Port)
	set(&c.FailureThreshold, u.FailureThreshold)
	set(&c.InsufficientData, u.InsufficientData)
	if u.EnableSNI != nil {
		c.EnableSNI = u.EnableSNI
	}
	if u.HealthThreshold != nil {
		c.HealthThreshold = u.HealthThreshold
	}
	if u.Regions != nil {
		c.Regions = u.Regions
	}
	if u.Children != nil {
		c.Children = u.Children
	}
	if u.AlarmName != "" {
		c.AlarmRegion, c.AlarmName = u.AlarmRegion, u.AlarmName
	}
	return c
}

func set[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}

// DeleteHealthCheck deletes a health check, also one that records or calculated checks name: Route 53 does not prevent
// it, and the future status of those cannot be predicted (API Reference, DeleteHealthCheck). The sandbox takes a check
// that is gone for healthy.
func (s *Service) DeleteHealthCheck(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.check(id)
	if err != nil {
		return err
	}
	for _, checker := range c.checkers {
		checker.stop()
	}
	delete(s.checks, id)
	return nil
}

// check finds a health check. The caller holds the lock.
func (s *Service) check(id string) (*check, error) {
	if c, ok := s.checks[id]; ok {
		return c, nil
	}
	return nil, noHealthCheck(id)
}

// Health is whether a health check is healthy, as DNS and its metric have it.
func (s *Service) Health(id string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.check(id); err != nil {
		return false, err
	}
	return s.healthy(id), nil
}

// healthy says whether a health check is healthy. The caller holds the lock.
func (s *Service) healthy(id string) bool {
	c, ok := s.checks[id]
	if !ok || c.Config.Disabled {
		return true
	}
	var healthy bool
	switch c.Config.Type {
	case Calculated:
		healthy = s.healthyChildren(c) >= *c.Config.HealthThreshold
	case CloudWatchMetric:
		healthy = c.alarmHealthy()
	default:
		healthy = c.share() > leastShare
	}
	return healthy != c.Config.Inverted
}

func (s *Service) healthyChildren(c *check) (n int) {
	for _, child := range c.Config.Children {
		if s.healthy(child) {
			n++
		}
	}
	return n
}

// Metrics are what Route 53 publishes of the health checks each minute, in us-east-1 ("Monitoring health checks using
// CloudWatch", Route 53 Developer Guide). A disabled check has none.
func (s *Service) Metrics(at time.Time) (data []cloudwatch.Datum) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, c := range s.checks {
		if c.Config.Disabled {
			continue
		}
		add := func(metric string, value float64, unit string) {
			data = append(data, cloudwatch.Sample(metric, map[string]string{"HealthCheckId": id}, value, unit, at))
		}
		status := 0.0
		if s.healthy(id) {
			status = 1
		}
		add("HealthCheckStatus", status, "None")
		switch c.Config.Type {
		case HTTPS:
			add("HealthCheckPercentageHealthy", 100*c.share(), "Percent")
		case Calculated:
			add("ChildHealthCheckHealthyCount", float64(s.healthyChildren(c)), "None")
		}
	}
	return data
}
