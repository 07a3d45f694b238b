package stacks

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
)

// maxTitle leaves room for a cluster's identifier, a region and what happened to it in the 255 characters of an alarm's
// name (PutMetricAlarm).
const maxTitle = 190

// title is what people call the stack.
func title(ctx *pulumi.Context) string { return ctx.Project() + "-" + ctx.Stack() }

// checkTitle refuses names of which AWS would refuse what is made of them.
func checkTitle(title string) error {
	if len(title) <= maxTitle {
		return nil
	}
	return fmt.Errorf("the names of project and stack, %s, have %d characters: want at most %d together, "+
		"since alarms are called after them", title, len(title), maxTitle)
}

// uniqueName is the stack's name where AWS wants one given. PutCompositeAlarm and PutDashboard overwrite what has the
// name already, and the stacks of two organizations or backends in one account may have the same: no two have the same
// cluster.
func uniqueName(title string, database *components.PeeredDsqlCluster) pulumi.StringOutput {
	return pulumi.Sprintf("%s-%s", title, database.Primary.Identifier.ToStringOutput().ApplyT(shortened))
}

// identifier is one of Aurora DSQL's ("Amazon Aurora DSQL API Reference", GetCluster), of which the first characters
// tell two stacks of one name apart. An alarm's mail has a subject of 100 characters, and what happened is at its end.
var identifier = regexp.MustCompile(`^([a-z0-9]{8})[a-z0-9]{18}$`)

// shortened is the beginning of an identifier. What is none, such as a reference to one that is still to be made, is
// whole.
func shortened(id string) string {
	if match := identifier.FindStringSubmatch(id); match != nil {
		return match[1]
	}
	return id
}

// compositeName is the name of an alarm that a person is to recognise: what happened to which region, in which stack.
func compositeName(
	ctx *pulumi.Context, database *components.PeeredDsqlCluster, region, what string,
) pulumi.StringOutput {
	return pulumi.Sprintf("%s-%s-%s", uniqueName(title(ctx), database), region, what)
}

// undisplayable are the characters that the names of stacks may have and those of dashboards may not (PutDashboard).
var undisplayable = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// dashboardName is unique whatever is replaced in it, by the cluster's identifier.
func dashboardName(ctx *pulumi.Context, database *components.PeeredDsqlCluster) pulumi.StringOutput {
	return uniqueName(undisplayable.ReplaceAllLiteralString(title(ctx), "-"), database)
}
