package components

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// DatabaseEventsArgs configures DatabaseEvents.
type DatabaseEventsArgs struct {
	// Region of the cluster, and its Topic. Required.
	Region Region
	Topic  *AlertTopic
	// Database is the region's side, of which everything is reported. Required.
	Database *DsqlSide
	// Testers are the ARNs of the roles that restore tests work as. What they do to other clusters is not reported, unless
	// it was refused. Optional.
	Testers pulumi.StringArray
	// After is what must not be reported: the creation and peering of the clusters by this stack. Required.
	After []pulumi.Resource
	// Runbooks are linked from the description of the alarm. Required.
	Runbooks contract.Runbooks
}

// DatabaseEvents reports the API calls that change, end or restore a cluster of the region to its topic: Aurora DSQL
// emits no state-change events.
type DatabaseEvents struct {
	pulumi.ResourceState
	// AlarmList is of the alarm on what did not reach the topic.
	AlarmList
}

// databaseCalls are the calls that are reported. Of a restore this is Aurora DSQL's own call, which AWS Backup makes in
// the role that it restores as ("Logging Aurora DSQL operations using AWS CloudTrail", Aurora DSQL User Guide): a copy
// of all rows that somebody makes concerns a bank as much as a deletion.
var databaseCalls = []string{"DeleteCluster", "UpdateCluster", "PutClusterPolicy", "StartRestoreJob"}

// NewDatabaseEvents creates what reports, after the clusters.
func NewDatabaseEvents(
	ctx *pulumi.Context, name string, args *DatabaseEventsArgs, opts ...pulumi.ResourceOption,
) (*DatabaseEvents, error) {
	d := &DatabaseEvents{}
	if err := part.Open(ctx, "DatabaseEvents", name, d, args.validate(), opts); err != nil {
		return nil, err
	}
	alarms, err := CallReports{
		Region:      args.Region,
		Topic:       args.Topic,
		On:          "Aurora DSQL",
		Calls:       "Changes, deletions and restores of Aurora DSQL clusters in " + args.Region.Name,
		Pattern:     args.pattern,
		Undelivered: "A change of the database",
		After:       args.After,
		Runbooks:    args.Runbooks,
	}.Create(ctx, name, d)
	if err != nil {
		return nil, err
	}
	d.AlarmList = alarms
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"names": d.Names})
}

func (a *DatabaseEventsArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Region.Required("Region"), map[string]bool{
		"Topic":    a.Topic != nil,
		"Database": a.Database != nil,
		"After":    len(a.After) > 0,
		"Runbooks": a.Runbooks != "",
	})
}

func (a *DatabaseEventsArgs) pattern(refused bool) pulumi.StringOutput {
	return pulumi.All(a.Database.Identifier, a.Testers).ApplyT(func(v []any) (string, error) {
		testers, _ := v[1].([]string) // nil without
		return clusterPattern(refused, v[0].(string), testers)
	}).(pulumi.StringOutput)
}

// clusterPattern matches the calls to report.
func clusterPattern(refused bool, cluster string, testers []string) (string, error) {
	detail := map[string]any{"eventName": databaseCalls}
	if !refused && len(testers) > 0 {
		detail["$or"] = []any{onCluster(cluster), byOthers(testers)}
	}
	return CallPattern("dsql", refused, detail)
}

// onCluster matches what is done to a cluster, whoever does it.
func onCluster(identifier string) map[string]any {
	return map[string]any{"requestParameters": map[string]any{"identifier": []string{identifier}}}
}

// byOthers matches what is done by anybody but sessions of these roles. Of a session CloudTrail names the role in
// sessionIssuer, which the records of root and of IAM users do not have ("CloudTrail userIdentity element", CloudTrail
// User Guide). Anything-but alone matches no field that is not there, and exists looks at leaves only ("Comparison
// operators for use in event patterns", EventBridge User Guide).
func byOthers(roles []string) map[string]any {
	role := []any{map[string]bool{"exists": false}, map[string][]string{"anything-but": roles}}
	return map[string]any{"userIdentity": map[string]any{
		"sessionContext": map[string]any{"sessionIssuer": map[string]any{"arn": role}},
	}}
}
