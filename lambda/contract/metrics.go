// Package contract is what the infrastructure and the functions agree on: metric names and dimensions, environment
// keys, and the shapes of events and reports. Both sides import it, so they cannot drift apart. It imports neither
// Pulumi nor AWS.
package contract

// MetricNamespace is the CloudWatch namespace of everything the health check publishes.
const MetricNamespace = "Aurora/DSQL/DisasterRecovery"

// Metric names. The unit is the CloudWatch unit they are published with.
const (
	// MetricClusterHealth is 1 when the observer in the cluster's own region found it up or degraded, else 0 (Count).
	MetricClusterHealth = "ClusterHealth"
	// MetricEndpointUnreachable is an observer's vote, one sample a run: 1 when a strict majority of the run's probes
	// found the endpoint down, else 0 (Count). Quorums sum votes, in which 0 and a missing sample weigh the same: 0 is no
	// vote for the endpoint, only none against it. So it is also what an observer sends that abstains (no endpoint lets it
	// log in): the sample's being there tells that the observer lives.
	MetricEndpointUnreachable = "EndpointUnreachable"
	// MetricEndpointUnfit is an observer's word for traffic routing, with the time of the opinion: 1 when the observer
	// itself holds the endpoint for lost, or the endpoint is withdrawn, or either ended less than TrafficHold ago; else 0
	// (Count). It goes out on every change and at least each run, to the data region that is not the endpoint's. An
	// observer that abstains or has come to no conclusion says nothing new: silence is no vote.
	MetricEndpointUnfit = "EndpointUnfit"
	// MetricConnectLatency is the time of DNS, TCP, TLS and authentication (Milliseconds).
	MetricConnectLatency = "ConnectLatency"
	// MetricQueryLatency is the time of one SELECT (Milliseconds).
	MetricQueryLatency = "QueryLatency"
	// MetricCommitLatency is the time of the marker's COMMIT (Milliseconds).
	MetricCommitLatency = "CommitLatency"
	// MetricMarkerAge is the age, read at an endpoint, of the freshest marker written through the other (Seconds).
	MetricMarkerAge = "MarkerAge"
)

// Dimension names.
const (
	DimensionClusterID = "ClusterID"
	DimensionRegion    = "Region"
	DimensionObserver  = "Observer"
)

// ClusterDimensions are the dimensions of MetricClusterHealth: a metric of the cluster, whoever observed it.
func ClusterDimensions(clusterID, region string) map[string]string {
	return map[string]string{DimensionClusterID: clusterID, DimensionRegion: region}
}

// ObserverDimensions are the dimensions of every other metric: what one observer (named by its region) saw of one
// cluster. An alarm must name exactly this set; CloudWatch matches dimension sets, not subsets.
func ObserverDimensions(clusterID, region, observer string) map[string]string {
	return map[string]string{DimensionClusterID: clusterID, DimensionRegion: region, DimensionObserver: observer}
}
