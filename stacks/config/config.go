// Package config reads the configuration of a stack and checks it. It creates no resource.
package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/backups"
	"aurora-dsql-dr/lambda/contract"
)

// Config is the stack's whole configuration. Pulumi.yaml describes every key; the defaults here and there are the same,
// and a test holds them against each other.
type Config struct {
	Environment string
	Owner       string
	CostCenter  string
	Regions     Regions
	// CredentialsRegion is the region whose STS says which account this is, for every region's provider; "" is each one's
	// own.
	CredentialsRegion string
	// DeletionProtection guards the clusters in AWS and in Pulumi, and in Pulumi the keys that their data is encrypted
	// with.
	DeletionProtection bool
	// CustomerManagedKeys is databaseEncryption: customer-managed.
	CustomerManagedKeys bool
	Alerts              []components.Subscription
	// Runbooks are linked from alerts, alarms and the dashboard.
	Runbooks contract.Runbooks
	// Architecture of every function, components.ArchitectureARM or ArchitectureX86.
	Architecture string
	Monitor      components.MonitorSettings
	Application  Application
	// Traffic is nil unless it is routed.
	Traffic *Traffic
	// Backups is nil unless they are made.
	Backups *backups.Settings
}

// Regions are the codes of the two data regions and of the witness.
type Regions struct{ Primary, Secondary, Witness string }

// All are the three regions: primary, secondary, witness.
func (r Regions) All() []string { return []string{r.Primary, r.Secondary, r.Witness} }

// Values of databaseEncryption and monitor.metrics.
const (
	encryptionAWSOwned        = "aws-owned"
	encryptionCustomerManaged = "customer-managed"
	metricsLean               = "lean"
	metricsFull               = "full"
)

const defaultRunbooks = "docs/runbooks.md"

// logRetentions are the days CloudWatch Logs accepts (PutRetentionPolicy).
var logRetentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
	3288, 3653}

// LogRetention is the shortest retention of a log that keeps it for as many days, or the longest there is.
func LogRetention(days int) int {
	i, _ := slices.BinarySearch(logRetentions, days)
	return logRetentions[min(i, len(logRetentions)-1)]
}

// Load reads and checks every key and reports all problems together, each with key, value and what is accepted.
func Load(values Values) (*Config, error) {
	r := &reader{secrets: values.Secrets}
	top := top(values.Texts)
	regions, monitor := r.object(top, "regions"), r.object(top, "monitor")
	c := &Config{
		Environment: r.tag(top, "environment"),
		Owner:       r.tag(top, "owner"),
		CostCenter:  r.tag(top, "costCenter"),
		Regions: Regions{
			Primary:   r.text(regions, "primary", ""),
			Secondary: r.text(regions, "secondary", ""),
			Witness:   r.text(regions, "witness", ""),
		},
		CredentialsRegion:  r.text(top, "credentialsRegion", ""),
		DeletionProtection: r.boolean(top, "deletionProtection", true),
		CustomerManagedKeys: encryptionCustomerManaged ==
			r.choice(top, "databaseEncryption", encryptionAWSOwned, encryptionCustomerManaged),
		Architecture: r.choice(monitor, "architecture", components.ArchitectureARM, components.ArchitectureX86),
		Runbooks:     r.runbooks(top, "runbooksUrl"),
		Monitor: components.MonitorSettings{
			Schedule:            time.Duration(r.integer(monitor, "scheduleMinutes", 1, 1, 60)) * time.Minute,
			ProbeInterval:       r.duration(monitor, "probeInterval", 15*time.Second, time.Second, time.Hour),
			MinimumOutage:       r.duration(monitor, "minimumOutage", 5*time.Second, 0, 5*time.Minute),
			FailuresToOpen:      r.integer(monitor, "failuresToOpen", 2, 1, 100),
			SuccessesToClose:    r.integer(monitor, "successesToClose", 3, 1, 100),
			Reminder:            r.duration(monitor, "reminder", 15*time.Minute, time.Minute, 24*time.Hour),
			MetricsFull:         r.choice(monitor, "metrics", metricsLean, metricsFull) == metricsFull,
			MemoryMB:            r.integer(monitor, "memoryMb", 128, 128, 10240),
			LogRetentionDays:    r.integer(monitor, "logRetentionDays", 30, 1, 3653),
			ReservedConcurrency: r.concurrency(monitor, "reservedConcurrency"),
			Tracing:             r.boolean(monitor, "tracing", true),
		},
	}
	c.Alerts = r.alerts(top, "alerts")
	c.Application = r.application(top)
	c.Application.Routes = r.eventRoutes(top, "eventRoutes", c)
	c.Traffic = r.traffic(top, "traffic", c)
	c.Backups = r.backups(top, "backups")
	c.Monitor.Routed = c.Traffic != nil
	r.leftOver(top, regions, monitor)
	r.plain()
	r.regions(c.Regions)
	r.credentialsRegion(c)
	r.monitor(c.Monitor)
	return c, errors.Join(r.problems...)
}

func (r *reader) regions(regions Regions) {
	primary, secondary, witness := regions.Primary, regions.Secondary, regions.Witness
	for key, value := range map[string]string{"primary": primary, "secondary": secondary, "witness": witness} {
		if value == "" {
			r.problem("regions."+key, value, "a region code such as us-east-1")
		}
	}
	if primary == "" || secondary == "" || witness == "" {
		return
	}
	if primary == secondary {
		r.problem("regions.secondary", secondary, "another region than the primary")
	}
	if witness == primary || witness == secondary {
		r.problem("regions.witness", witness, "a third region: a witness decides between the other two")
	}
	if err := checkOneRegionSet(primary, secondary, witness); err != nil {
		r.problems = append(r.problems, fmt.Errorf("regions: %w", err))
	}
}

// credentialsRegion must be one of the stack's: another may not be enabled in the account, or not answer either.
func (r *reader) credentialsRegion(c *Config) {
	if c.CredentialsRegion != "" && !slices.Contains(c.Regions.All(), c.CredentialsRegion) {
		r.problem("credentialsRegion", c.CredentialsRegion,
			"one of the stack's regions, "+strings.Join(c.Regions.All(), ", ")+", or none")
	}
}

func (r *reader) monitor(m components.MonitorSettings) {
	if m.ProbeInterval < contract.MinProbeInterval {
		r.problem("monitor.probeInterval", m.ProbeInterval.String(), fmt.Sprintf(
			"at least %v: a step of a probe may take a quarter of it, "+
				"and a connection needs five round trips of up to 150ms and reserve",
			contract.MinProbeInterval))
	}
	if m.ProbeInterval > m.Schedule {
		r.problem("monitor.probeInterval", m.ProbeInterval.String(), fmt.Sprintf("at most the schedule, %v", m.Schedule))
	}
	if !slices.Contains(logRetentions, m.LogRetentionDays) {
		r.problem("monitor.logRetentionDays", fmt.Sprint(m.LogRetentionDays), fmt.Sprintf("one of %v", logRetentions))
	}
}

// runbooksPattern has the characters of RFC 3986 but #, and bounds the address so that the description of an alarm with
// a link fits into its 1,024 characters.
var runbooksPattern = regexp.MustCompile(`^[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]{1,300}$`)

func (r *reader) runbooks(from object, key string) contract.Runbooks {
	value := r.text(from, key, defaultRunbooks)
	if !runbooksPattern.MatchString(value) {
		r.problem(from.path(key), value,
			"a URL or a path of 1 to 300 ASCII characters that a URL may hold, without #: links to a runbook add #its-name")
	}
	return contract.Runbooks(value)
}

// plain refuses secrets where none can be kept.
func (r *reader) plain() {
	for _, key := range slices.Sorted(maps.Keys(r.secrets)) {
		if r.secrets[key] && key != "alerts" {
			r.problem(key, "",
				"plain text: only alerts can be secret, other values end in tags, names, messages or AWS's own settings")
		}
	}
}

// tagPattern is what Aurora DSQL accepts in a tag value, which these three become: ASCII, where other services take
// every letter (Aurora DSQL API, TagValue). "aws:" begins AWS's own tags; spaces at the ends would not all come back.
var tagPattern = regexp.MustCompile(`^[A-Za-z0-9_.:/=+@-]([A-Za-z0-9_.:/=+@ -]{0,254}[A-Za-z0-9_.:/=+@-])?$`)

func (r *reader) tag(from object, key string) string {
	value := r.text(from, key, "")
	if !tagPattern.MatchString(value) || strings.HasPrefix(strings.ToLower(value), "aws:") {
		r.problem(from.path(key), value,
			"1 to 256 ASCII letters, digits, inner spaces and _ . : / = + - @, not beginning with aws: (it becomes a tag)")
	}
	return value
}
