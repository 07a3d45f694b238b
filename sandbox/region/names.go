package region

// displayNames are the names CloudWatch writes into alarm notifications. The regions are those Aurora DSQL is in.
var displayNames = map[string]string{
	"us-east-1":      "US East (N. Virginia)",
	"us-east-2":      "US East (Ohio)",
	"us-west-2":      "US West (Oregon)",
	"ca-central-1":   "Canada (Central)",
	"ca-west-1":      "Canada West (Calgary)",
	"ap-south-1":     "Asia Pacific (Mumbai)",
	"ap-southeast-1": "Asia Pacific (Singapore)",
	"ap-northeast-1": "Asia Pacific (Tokyo)",
	"ap-northeast-2": "Asia Pacific (Seoul)",
	"ap-northeast-3": "Asia Pacific (Osaka)",
	"eu-central-1":   "EU (Frankfurt)",
	"eu-west-1":      "EU (Ireland)",
	"eu-west-2":      "EU (London)",
	"eu-west-3":      "EU (Paris)",
	"eu-south-2":     "Europe (Spain)",
	"eu-north-1":     "EU (Stockholm)",
}

// DisplayName is the region's name for people, "US East (N. Virginia)"; a region without one keeps its code.
func (e *Env) DisplayName() string {
	if name, ok := displayNames[e.Name]; ok {
		return name
	}
	return e.Name
}
