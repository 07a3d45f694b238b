package backup

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/backup"
)

// find finds a plan that the caller may do something with.
func find(c *call.Call, action string, id *string) (backup.Plan, error) {
	if err := c.Authorize(action, c.Region.ARN("backup", "backup-plan:"+aws.ToString(id)), nil); err != nil {
		return backup.Plan{}, err
	}
	return c.Region.Backup.Plan(aws.ToString(id))
}

func describePlan(c *call.Call, in *sdk.GetBackupPlanInput) (*sdk.GetBackupPlanOutput, error) {
	p, err := find(c, "backup:GetBackupPlan", in.BackupPlanId)
	if err != nil {
		return nil, err
	}
	shown := &types.BackupPlan{BackupPlanName: &p.Name}
	for _, r := range p.Rules {
		shown.Rules = append(shown.Rules, rule(r))
	}
	return &sdk.GetBackupPlanOutput{
		BackupPlan:    shown,
		BackupPlanArn: &p.Arn,
		BackupPlanId:  &p.ID,
		CreationDate:  &p.CreatedAt,
		VersionId:     &p.Version,
	}, nil
}

func rule(r backup.Rule) types.BackupRule {
	to := types.BackupRule{
		RuleName:                   &r.Name,
		TargetBackupVaultName:      &r.VaultName,
		CompletionWindowMinutes:    long(&r.CompletionWindow),
		Lifecycle:                  shownLifecycle(*r.Lifecycle),
		RecoveryPointTags:          r.RecoveryPointTags,
		RuleId:                     &r.ID,
		ScheduleExpression:         &r.Schedule,
		ScheduleExpressionTimezone: &r.TimeZone,
		StartWindowMinutes:         long(&r.StartWindow),
	}
	for _, action := range r.CopyActions {
		shown := types.CopyAction{DestinationBackupVaultArn: &action.VaultArn}
		if action.Lifecycle != nil {
			shown.Lifecycle = shownLifecycle(*action.Lifecycle)
		}
		to.CopyActions = append(to.CopyActions, shown)
	}
	return to
}

func listPlans(c *call.Call, in *sdk.ListBackupPlansInput) (*sdk.ListBackupPlansOutput, error) {
	if err := c.Authorize("backup:ListBackupPlans", "*", nil); err != nil {
		return nil, err
	}
	part, next, err := page(c.Region.Backup.Plans(), in.NextToken, in.MaxResults)
	out := &sdk.ListBackupPlansOutput{BackupPlansList: []types.BackupPlansListMember{}, NextToken: next}
	for _, p := range part {
		out.BackupPlansList = append(out.BackupPlansList, types.BackupPlansListMember{
			BackupPlanArn:  &p.Arn,
			BackupPlanId:   &p.ID,
			BackupPlanName: &p.Name,
			CreationDate:   &p.CreatedAt,
			VersionId:      &p.Version,
		})
	}
	return out, err
}

func listSelections(c *call.Call, in *sdk.ListBackupSelectionsInput) (*sdk.ListBackupSelectionsOutput, error) {
	p, err := find(c, "backup:ListBackupSelections", in.BackupPlanId)
	if err != nil {
		return nil, err
	}
	all, err := c.Region.Backup.Selections(p.ID)
	if err != nil {
		return nil, err
	}
	part, next, err := page(all, in.NextToken, in.MaxResults)
	out := &sdk.ListBackupSelectionsOutput{BackupSelectionsList: []types.BackupSelectionsListMember{}, NextToken: next}
	for _, n := range part {
		out.BackupSelectionsList = append(out.BackupSelectionsList, types.BackupSelectionsListMember{
			BackupPlanId:  &n.PlanID,
			IamRoleArn:    &n.RoleArn,
			SelectionId:   &n.ID,
			SelectionName: &n.Name,
		})
	}
	return out, err
}

func settings(c *call.Call, _ *sdk.DescribeRegionSettingsInput) (*sdk.DescribeRegionSettingsOutput, error) {
	if err := c.Authorize("backup:DescribeRegionSettings", "*", nil); err != nil {
		return nil, err
	}
	return &sdk.DescribeRegionSettingsOutput{
		ResourceTypeManagementPreference: map[string]bool{backup.ResourceType: true},
		ResourceTypeOptInPreference:      map[string]bool{backup.ResourceType: c.Region.Backup.OptedIn()},
	}, nil
}

func updateSettings(c *call.Call, in *sdk.UpdateRegionSettingsInput) (*sdk.UpdateRegionSettingsOutput, error) {
	if err := c.Authorize("backup:UpdateRegionSettings", "*", nil); err != nil {
		return nil, err
	}
	if len(in.ResourceTypeManagementPreference) > 0 {
		return nil, wire.NotImplemented("backup: management preferences are not modelled by the sandbox")
	}
	for kind := range in.ResourceTypeOptInPreference {
		if kind != backup.ResourceType {
			return nil, awserr.Invalid("InvalidParameterValueException", "Resource type %s is not supported: the sandbox has %s",
				kind, backup.ResourceType)
		}
	}
	if on, ok := in.ResourceTypeOptInPreference[backup.ResourceType]; ok {
		c.Region.Backup.OptIn(on)
	}
	return &sdk.UpdateRegionSettingsOutput{}, nil
}
