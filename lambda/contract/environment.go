package contract

import "time"

// Environment keys of the health check function. The observer's own region is AWS_REGION, which Lambda sets.
const (
	// EnvTargets is a JSON array of Target: the endpoints to probe.
	EnvTargets = "TARGETS"
	// EnvTopics is a JSON array of Topic: where alerts go, the own region's first.
	EnvTopics = "TOPICS"
	// EnvMetricRegions is a comma-separated list of regions that receive ClusterHealth and EndpointUnreachable.
	EnvMetricRegions = "METRIC_REGIONS"
	// EnvSchedule is the time between two runs, a Go duration ("1m").
	EnvSchedule = "SCHEDULE"
	// EnvProbeInterval is the time between two probes of a run, a Go duration ("15s").
	EnvProbeInterval = "PROBE_INTERVAL"
	// EnvMinimumOutage is how long an endpoint must have failed before an incident opens, a Go duration ("5s"); "0s" is
	// none.
	EnvMinimumOutage = "MINIMUM_OUTAGE"
	// EnvFailuresToOpen is the number of consecutive failed probes that opens an incident.
	EnvFailuresToOpen = "FAILURES_TO_OPEN"
	// EnvSuccessesToClose is the number of consecutive good probes that closes it.
	EnvSuccessesToClose = "SUCCESSES_TO_CLOSE"
	// EnvReminder is the time after which an open incident is alerted again, a Go duration ("15m").
	EnvReminder = "REMINDER"
	// EnvRunbooks is where the runbooks can be read: Runbooks, which alerts link.
	EnvRunbooks = "RUNBOOKS"
	// EnvMetrics is MetricsLean or MetricsFull.
	EnvMetrics = "METRICS"
	// EnvDatabaseRole is the PostgreSQL role to connect as.
	EnvDatabaseRole = "DATABASE_ROLE"
)

// Environment keys of the health check that have a default: Go durations that nobody needs to set on AWS. They are
// variables so that whoever runs a function at another speed can scale all of its time; see HealthCheckDurations.
const (
	// EnvRunLimit bounds a run of a schedule that is longer; it is at most the function's timeout.
	EnvRunLimit = "RUN_LIMIT"
	// EnvStepLimit bounds each of a probe's three steps, beside a quarter of the probe interval.
	EnvStepLimit = "STEP_LIMIT"
	// EnvStatusLimit bounds the first of them, which asks the control plane, beside that.
	EnvStatusLimit = "STATUS_LIMIT"
	// EnvReprobeInterval is the time between two probes of an endpoint that has failed and is not yet decided, and bounds
	// each of them.
	EnvReprobeInterval = "REPROBE_INTERVAL"
	// EnvPublishTimeout bounds each call that publishes metrics to a region or an alert to a topic.
	EnvPublishTimeout = "PUBLISH_TIMEOUT"
	// EnvNoticeLease is how long a claimed notice stays with its claimant before another observer publishes it.
	EnvNoticeLease = "NOTICE_LEASE"
	// EnvWakingLimit is how long an idle cluster that does not answer is excused as waking.
	EnvWakingLimit = "WAKING_LIMIT"
)

// HealthCheckDurations is every environment key of the health check that holds a duration, with its default; those
// without one are 0 and required.
func HealthCheckDurations() map[string]time.Duration {
	return map[string]time.Duration{
		EnvSchedule:        0,
		EnvProbeInterval:   0,
		EnvReminder:        0,
		EnvMinimumOutage:   0,
		EnvRunLimit:        LongestRun,
		EnvStepLimit:       5 * time.Second,
		EnvStatusLimit:     time.Second,
		EnvReprobeInterval: 2 * time.Second,
		EnvPublishTimeout:  2 * time.Second,
		EnvNoticeLease:     time.Minute,
		EnvWakingLimit:     time.Minute,
		EnvTrafficHold:     TrafficHold,
	}
}

// StepsPerInterval is how many of a probe's steps fit between two probes: a probe has three, and the time of a fourth
// is for sharing and publishing.
const StepsPerInterval = 4

// MinProbeInterval is the shortest time between two probes: a step needs five round trips of 150 ms, as between the
// ends of a region set (TCP, request for TLS, two for the handshake, startup), and 500 ms of reserve.
const MinProbeInterval = StepsPerInterval * (5*150 + 500) * time.Millisecond

// EnvDatabaseEndpoint is the host name of the endpoint the migrate function uses.
const EnvDatabaseEndpoint = "DATABASE_ENDPOINT"

// EnvHostAddr is optional in every function that connects to DSQL: comma-separated host=ip:port pairs, like libpq's
// hostaddr; a host that is listed again has several addresses, as an endpoint of several Availability Zones does. It
// changes only the address dialled; SNI, certificate verification and the token keep the DSQL host name. It serves
// PrivateLink without private DNS, and tests.
const EnvHostAddr = "DSQL_HOSTADDR"

// Values of EnvMetrics.
const (
	// MetricsLean publishes ClusterHealth and EndpointUnreachable only.
	MetricsLean = "lean"
	// MetricsFull adds the latencies and the marker age.
	MetricsFull = "full"
)

// Target is one regional endpoint of the database.
type Target struct {
	Region     string `json:"region"`
	ClusterID  string `json:"clusterId"`
	ClusterARN string `json:"clusterArn"`
	// Endpoint is the host name, <identifier>.dsql.<region>.on.aws; the port is 5432.
	Endpoint string `json:"endpoint"`
}

// Topic is one region's alert topic.
type Topic struct {
	Region string `json:"region"`
	ARN    string `json:"arn"`
}
