package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/lambda/contract"
)

// Application is the configuration of the distributed application.
type Application struct {
	Enabled bool
	// JWT authorizes requests; nil leaves it to IAM.
	JWT                 *components.JWT
	CrossRegionFallback bool
	EncryptedFields     []string
	Throttle            components.Throttle
	ArchiveDays         int
	TakeoverAge         time.Duration
	// KeysetVersion is raised by one to rotate the key that encrypts fields.
	KeysetVersion int64
	// FreshKeyset is the version, at most KeysetVersion, that is begun anew because the key of those before is gone; 0 for
	// none.
	FreshKeyset int64
	MemoryMB    int
	// WorkerConcurrency is how many runs there are at a time of the publisher, and of the processor; 0 reserves nothing.
	WorkerConcurrency int
	Routes            []components.EventRoute
}

const (
	applicationDisabled = "disabled"
	applicationEnabled  = "enabled"
)

// Functions are the binaries the stack deploys.
func (c *Config) Functions() []string {
	functions := slices.Clone(components.MonitorFunctions)
	if c.Application.Enabled {
		functions = append(functions, components.ApplicationFunctions...)
	}
	return slices.Concat(functions, c.Traffic.functions(), backupFunctions(c.Backups))
}

func (r *reader) application(top object) Application {
	settings := r.object(top, "applicationSettings")
	throttle := r.object(settings, "throttle")
	a := Application{
		Enabled:             r.choice(top, "application", applicationDisabled, applicationEnabled) == applicationEnabled,
		JWT:                 r.jwt(settings, "jwt"),
		CrossRegionFallback: r.boolean(settings, "crossRegionFallback", false),
		EncryptedFields:     r.encryptedFields(settings, "encryptedFields"),
		Throttle: components.Throttle{
			Rate:  r.integer(throttle, "rate", 100, 1, 10000),
			Burst: r.integer(throttle, "burst", 200, 1, 5000),
		},
		ArchiveDays:       r.integer(settings, "archiveDays", 30, 1, 3650),
		TakeoverAge:       r.duration(settings, "takeoverAge", 2*time.Minute, 10*time.Second, time.Hour),
		KeysetVersion:     int64(r.integer(settings, "keysetVersion", 1, 1, 1_000_000)),
		FreshKeyset:       int64(r.integer(settings, "freshKeyset", 0, 0, 1_000_000)),
		MemoryMB:          r.integer(settings, "memoryMb", 256, 128, 10240),
		WorkerConcurrency: r.concurrency(settings, "workerConcurrency"),
	}
	if !a.Enabled && len(settings.values) > 0 {
		r.problem("applicationSettings", top.values["applicationSettings"],
			"none while application is disabled: nothing would come of them")
	}
	if a.FreshKeyset > a.KeysetVersion {
		r.problem(settings.path("freshKeyset"), fmt.Sprint(a.FreshKeyset),
			fmt.Sprintf("at most keysetVersion, %d", a.KeysetVersion))
	}
	r.leftOver(settings, throttle)
	return a
}

// maxAudiences is API Gateway's quota ("Quotas for configuring and running an HTTP API": audiences per authorizer).
const maxAudiences = 50

func (r *reader) jwt(from object, key string) *components.JWT {
	if _, ok := from.look(key); !ok {
		return nil
	}
	fields := r.object(from, key)
	jwt := &components.JWT{Issuer: r.text(fields, "issuer", ""), Audiences: r.texts(fields, "audience")}
	r.leftOver(fields)
	if !isHTTPS(jwt.Issuer) || strings.Contains(jwt.Issuer, "?") {
		r.problem(fields.path("issuer"), jwt.Issuer, "the https URL of the token issuer")
	}
	if slices.Contains(jwt.Audiences, "") || len(jwt.Audiences) > maxAudiences {
		r.problem(fields.path("audience"), strings.Join(jwt.Audiences, ","),
			fmt.Sprintf("who the tokens are for: a text, or a list of up to %d", maxAudiences))
	}
	return jwt
}

func (r *reader) encryptedFields(from object, key string) []string {
	fields := []string{"details"}
	raw, ok := from.look(key)
	if !ok {
		return fields
	}
	if err := decodeJSON(raw, &fields); err != nil || len(fields) == 0 {
		r.problem(from.path(key), raw, "a list of fields, details at least")
		return fields
	}
	if err := contract.CheckEncryptedFields(fields); err != nil {
		r.problems = append(r.problems, fmt.Errorf("%s: %w", from.path(key), err))
	}
	return fields
}
