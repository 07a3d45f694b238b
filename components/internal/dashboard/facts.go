// Package dashboard writes the body of the disaster-recovery dashboard. It is pure: everything it shows is in Facts.
package dashboard

import "aurora-dsql-dr/lambda/contract"

// Facts is what the dashboard shows, once everything is known.
type Facts struct {
	Title    string
	Runbooks contract.Runbooks
	// Period of the metrics, in seconds.
	Period int
	// Full says that latencies and marker age are published.
	Full bool
	// Databases are the two sides, Monitors the three observers, Losses what is decided of each data region, Alarms a
	// region's each.
	Databases []Database
	Monitors  []Monitor
	Losses    []Loss
	Alarms    []Alarms
	// Applications are the regions' parts of the application; none without it.
	Applications []Application
	// Traffic is a data region's each; none unless it is routed.
	Traffic []Traffic
	// Backups is a data region's each; none unless they are made.
	Backups []Backup
	// Percentile is the statistic of the application's latency, such as p99.
	Percentile string
}

// Database is one side of the database.
type Database struct {
	Region    string
	ClusterID string
}

// Monitor is one observer: the names of its function, of the rule that runs it and of the queue of its dead letters.
type Monitor struct {
	Region      string
	Function    string
	Rule        string
	DeadLetters string
}

// Loss is whether a data region is lost: the alarms that page for it, which are in the other one.
type Loss struct {
	Region    string
	DecidedIn string
	ARNs      []string
}

// Alarms are a region's alarms.
type Alarms struct {
	Region string
	ARNs   []string
}

// Application is one region's part of the application: the names of its functions, of its bus, of the rule that
// forwards events and of the queue of those it could not.
type Application struct {
	Region      string
	Service     string
	Publisher   string
	Processor   string
	Bus         string
	Forward     string
	Undelivered string
}

// Traffic is whether a data region is named to clients: the ids of the health checks that decide, on the words of the
// observers and on the endpoint itself.
type Traffic struct {
	Region        string
	ObservedCheck string
	LeafCheck     string
}

// otherThan is the data region that this one is not.
func (f Facts) otherThan(region string) string {
	if f.Databases[0].Region == region {
		return f.Databases[1].Region
	}
	return f.Databases[0].Region
}
