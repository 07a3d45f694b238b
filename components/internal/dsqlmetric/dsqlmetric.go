// Package dsqlmetric names the metrics that Aurora DSQL publishes itself.
package dsqlmetric

// Namespace and dimension of the metrics of a cluster. AWS's documentation disagrees with itself on the dimension's
// name (ClusterId on the metrics page, ResourceId on another); this is the one place to change.
const (
	Namespace = "AWS/AuroraDSQL"
	Cluster   = "ClusterId"
)
