package provider

import (
	"errors"
	"reflect"
	"slices"

	"github.com/google/uuid"

	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/route53"
)

// healthCheck is a health check as the provider has it (terraform-provider-aws 5.100.0,
// internal/service/route53/health_check.go).
type healthCheck struct {
	ChildHealthThreshold         *int              `json:"childHealthThreshold,omitempty"`
	ChildHealthchecks            []string          `json:"childHealthchecks,omitempty"`
	CloudwatchAlarmName          string            `json:"cloudwatchAlarmName,omitempty"`
	CloudwatchAlarmRegion        string            `json:"cloudwatchAlarmRegion,omitempty"`
	Disabled                     bool              `json:"disabled"`
	EnableSni                    *bool             `json:"enableSni,omitempty"`
	FailureThreshold             *int              `json:"failureThreshold,omitempty"`
	FQDN                         string            `json:"fqdn,omitempty"`
	InsufficientDataHealthStatus string            `json:"insufficientDataHealthStatus,omitempty"`
	InvertHealthcheck            bool              `json:"invertHealthcheck"`
	MeasureLatency               bool              `json:"measureLatency"`
	Port                         *int              `json:"port,omitempty"`
	ReferenceName                string            `json:"referenceName,omitempty"`
	Regions                      []string          `json:"regions,omitempty"`
	RequestInterval              *int              `json:"requestInterval,omitempty"`
	ResourcePath                 string            `json:"resourcePath,omitempty"`
	Tags                         map[string]string `json:"tags,omitempty"`
	Triggers                     map[string]string `json:"triggers,omitempty"`
	Type                         string            `json:"type"`

	Arn string `json:"arn,omitempty"`
	ID  string `json:"-"`
}

var healthChecks = operations[healthCheck]{
	id:     func(h healthCheck) string { return h.ID },
	create: createHealthCheck,
	read: func(c *call) (healthCheck, error) {
		given, err := state(c)
		if err != nil {
			return healthCheck{}, err
		}
		return given.read(c, c.id)
	},
	update: updateHealthCheck,
	delete: func(c *call) error { return c.cloud.Route53.DeleteHealthCheck(c.id) },
}

// state is the health check of the state, an empty one during an import.
func state(c *call) (healthCheck, error) {
	before := map[string]any{}
	for name, value := range c.old {
		if name != "tagsAll" {
			before[name] = value
		}
	}
	return decode[healthCheck](before)
}

func createHealthCheck(c *call, h healthCheck) (healthCheck, error) {
	if h.MeasureLatency {
		return healthCheck{}, errors.New("the sandbox does not model this: measureLatency")
	}
	reference := "terraform-" + uuid.NewString()
	if h.ReferenceName != "" {
		reference = h.ReferenceName + "-" + uuid.NewString()
	}
	made, err := c.cloud.Route53.CreateHealthCheck(reference, route53.Config{
		Type:             h.Type,
		Inverted:         h.InvertHealthcheck,
		Disabled:         h.Disabled,
		FQDN:             h.FQDN,
		Port:             orZero(h.Port),
		ResourcePath:     h.ResourcePath,
		RequestInterval:  orZero(h.RequestInterval),
		FailureThreshold: orZero(h.FailureThreshold),
		EnableSNI:        h.EnableSni,
		Regions:          h.Regions,
		Children:         h.ChildHealthchecks,
		HealthThreshold:  unlessZero(h.ChildHealthThreshold),
		AlarmRegion:      h.CloudwatchAlarmRegion,
		AlarmName:        h.CloudwatchAlarmName,
		InsufficientData: h.InsufficientDataHealthStatus,
	})
	if err != nil {
		return healthCheck{}, err
	}
	if err := tagsOf(c, made.ID, h.Tags); err != nil {
		return healthCheck{}, err
	}
	return h.read(c, made.ID)
}

// unlessZero is what the provider sends when it creates: a zero is as good as nothing to it
// (github.com/hashicorp/terraform-provider-aws/issues/39428).
func unlessZero(n *int) *int {
	if n != nil && *n == 0 {
		return nil
	}
	return n
}

func orZero(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// updateHealthCheck sends what has changed. The alarm is named anew, and its settings read, only when its name, its
// region or the triggers have.
func updateHealthCheck(c *call, h healthCheck) (healthCheck, error) {
	old, err := state(c)
	if err != nil {
		return healthCheck{}, err
	}
	u := route53.Update{
		Inverted:         changed(&old.InvertHealthcheck, &h.InvertHealthcheck),
		Disabled:         changed(&old.Disabled, &h.Disabled),
		FQDN:             changed(&old.FQDN, &h.FQDN),
		ResourcePath:     changed(&old.ResourcePath, &h.ResourcePath),
		Port:             changed(old.Port, h.Port),
		FailureThreshold: changed(old.FailureThreshold, h.FailureThreshold),
		EnableSNI:        changed(old.EnableSni, h.EnableSni),
		HealthThreshold:  changed(old.ChildHealthThreshold, h.ChildHealthThreshold),
		InsufficientData: changed(&old.InsufficientDataHealthStatus, &h.InsufficientDataHealthStatus),
	}
	if !sameSet(old.Regions, h.Regions) {
		u.Regions = h.Regions
	}
	if !sameSet(old.ChildHealthchecks, h.ChildHealthchecks) {
		u.Children = h.ChildHealthchecks
	}
	triggered := len(h.Triggers) > 0 && !reflect.DeepEqual(old.Triggers, h.Triggers)
	if old.CloudwatchAlarmName != h.CloudwatchAlarmName || old.CloudwatchAlarmRegion != h.CloudwatchAlarmRegion ||
		triggered {
		u.AlarmRegion, u.AlarmName = h.CloudwatchAlarmRegion, h.CloudwatchAlarmName
	}
	if !reflect.DeepEqual(u, route53.Update{}) {
		if _, err := c.cloud.Route53.UpdateHealthCheck(c.id, 0, u); err != nil {
			return healthCheck{}, err
		}
	}
	if err := tagsOf(c, c.id, h.Tags); err != nil {
		return healthCheck{}, err
	}
	return h.read(c, c.id)
}

// changed is the new value if it is given and another than the old.
func changed[T comparable](old, now *T) *T {
	if now == nil || old != nil && *old == *now {
		return nil
	}
	return now
}

// sameSet tells whether two lists have the same members, in whatever order.
func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// read is a health check as it is. What is read of the alarm's settings the provider does not show.
func (h healthCheck) read(c *call, id string) (healthCheck, error) {
	live, err := c.cloud.Route53.HealthCheck(id)
	if err != nil {
		return healthCheck{}, err
	}
	tags, err := c.cloud.Route53.Tags(route53.HealthChecks, id)
	if err != nil {
		return healthCheck{}, err
	}
	config := live.Config
	return healthCheck{
		ID:                           id,
		Arn:                          "arn:" + region.Partition + ":route53:::healthcheck/" + id,
		ChildHealthThreshold:         config.HealthThreshold,
		ChildHealthchecks:            inOrder(config.Children, h.ChildHealthchecks),
		CloudwatchAlarmName:          config.AlarmName,
		CloudwatchAlarmRegion:        config.AlarmRegion,
		Disabled:                     config.Disabled,
		EnableSni:                    config.EnableSNI,
		FailureThreshold:             unlessZero(&config.FailureThreshold),
		FQDN:                         config.FQDN,
		InsufficientDataHealthStatus: config.InsufficientData,
		InvertHealthcheck:            config.Inverted,
		Port:                         unlessZero(&config.Port),
		Regions:                      inOrder(config.Regions, h.Regions),
		RequestInterval:              unlessZero(&config.RequestInterval),
		ResourcePath:                 config.ResourcePath,
		Tags:                         tags,
		Type:                         config.Type,
	}, nil
}

// inOrder gives a set the program's order, if it is the same set.
func inOrder(live, given []string) []string {
	if sameSet(live, given) {
		return given
	}
	return live
}
