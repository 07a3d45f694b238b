package backups

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// EventsArgs configures Events.
type EventsArgs struct {
	// Region, and its Topic. Required.
	Region components.Region
	Topic  *components.AlertTopic
	// Vault and Plan are the region's. Required.
	Vault *Vault
	Plan  *Plan
	// Runbooks are linked from the description of the alarm. Required.
	Runbooks contract.Runbooks
}

// Events reports the API calls that end or weaken a region's backups to its topic. What AWS Backup does by itself, as
// the end of a recovery point whose time has come, is "AWS Service Event via CloudTrail", and is not reported ("Logging
// AWS Backup API calls with CloudTrail", AWS Backup Developer Guide).
type Events struct {
	pulumi.ResourceState
	// AlarmList is of the alarm on what did not reach the topic.
	components.AlarmList
}

// vaultCalls lose recovery points, keep them for a shorter time, or take from the vault what keeps them.
var vaultCalls = []string{
	"DeleteRecoveryPoint", "UpdateRecoveryPointLifecycle",
	"PutBackupVaultAccessPolicy", "DeleteBackupVaultAccessPolicy",
	"PutBackupVaultLockConfiguration", "DeleteBackupVaultLockConfiguration",
	"DeleteBackupVault",
}

// planCalls keep recovery points from being made, or change when and for how long.
var planCalls = []string{"UpdateBackupPlan", "DeleteBackupPlan", "DeleteBackupSelection"}

// settingsCalls may switch AWS Backup off for Aurora DSQL in the region.
var settingsCalls = []string{"UpdateRegionSettings"}

// NewEvents creates what reports, after the vault with its guards and the plan with its selection.
func NewEvents(ctx *pulumi.Context, name string, args *EventsArgs, opts ...pulumi.ResourceOption) (*Events, error) {
	e := &Events{}
	if err := part.Open(ctx, "BackupEvents", name, e, args.validate(), opts); err != nil {
		return nil, err
	}
	alarms, err := components.CallReports{
		Region:      args.Region,
		Topic:       args.Topic,
		On:          "AWS Backup",
		Calls:       "Calls that end or weaken the backups in " + args.Region.Name,
		Pattern:     args.pattern,
		Undelivered: "A change of the backups",
		After:       []pulumi.Resource{args.Plan.Selected},
		Runbooks:    args.Runbooks,
	}.Create(ctx, name, e)
	if err != nil {
		return nil, err
	}
	e.AlarmList = alarms
	return e, ctx.RegisterResourceOutputs(e, pulumi.Map{"names": e.Names})
}

func (a *EventsArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Region.Required("Region"), map[string]bool{
		"Topic":    a.Topic != nil,
		"Vault":    a.Vault != nil,
		"Plan":     a.Plan != nil,
		"Runbooks": a.Runbooks != "",
	})
}

func (a *EventsArgs) pattern(refused bool) pulumi.StringOutput {
	return pulumi.All(a.Vault.Name, a.Plan.ID).ApplyT(func(v []any) (string, error) {
		return callPattern(refused, v[0].(string), v[1].(string))
	}).(pulumi.StringOutput)
}

// callPattern matches the calls to report: of vaults and plans only the stack's own. The record of a refused call may
// not say what it was about, and is reported then.
func callPattern(refused bool, vault, plan string) (string, error) {
	is := func(value any) []any {
		if refused {
			return []any{value, map[string]bool{"exists": false}}
		}
		return []any{value}
	}
	optIn := map[string]any{"DSQL": is(false)}
	return components.CallPattern("backup", refused, map[string]any{"$or": []any{
		on(vaultCalls, map[string]any{"backupVaultName": is(vault)}),
		on(planCalls, map[string]any{"backupPlanId": is(plan)}),
		on(settingsCalls, map[string]any{"resourceTypeOptInPreference": optIn}),
	}})
}

// on matches calls with these parameters.
func on(calls []string, parameters map[string]any) map[string]any {
	return map[string]any{"eventName": calls, "requestParameters": parameters}
}
