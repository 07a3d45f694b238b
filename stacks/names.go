package stacks

import (
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
)

// distinguishing is how many characters of the primary cluster's identifier tell two stacks of one name apart.
const distinguishing = 8

// title is what people call the stack.
func title(ctx *pulumi.Context) string { return ctx.Project() + "-" + ctx.Stack() }

// uniqueName is the stack's name where AWS wants one given. PutCompositeAlarm and PutDashboard overwrite what has the name
// already, and the stacks of two organizations or backends in one account may have the same: no two have the same cluster.
// It is at most 210 characters long (Pulumi's names of projects and stacks have up to 100), so that 45 are left.
func uniqueName(ctx *pulumi.Context, database *components.PeeredDsqlCluster) pulumi.StringOutput {
	return database.Primary.Identifier.ToStringOutput().ApplyT(func(id string) string {
		return title(ctx) + "-" + id[:min(len(id), distinguishing)]
	}).(pulumi.StringOutput)
}

// compositeName is the name of an alarm that a person is to recognise: what happened to which region, in which stack.
func compositeName(ctx *pulumi.Context, database *components.PeeredDsqlCluster, region, what string) pulumi.StringOutput {
	return pulumi.Sprintf("%s-%s-%s", uniqueName(ctx, database), region, what)
}

// undisplayable are the characters that the names of stacks may have and those of dashboards may not (PutDashboard).
var undisplayable = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// dashboardName is unique whatever is replaced in it, by the cluster's identifier.
func dashboardName(ctx *pulumi.Context, database *components.PeeredDsqlCluster) pulumi.StringOutput {
	return uniqueName(ctx, database).ApplyT(func(name string) string {
		return undisplayable.ReplaceAllLiteralString(name, "-")
	}).(pulumi.StringOutput)
}
