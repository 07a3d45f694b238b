package provider

import (
	"errors"

	awsbackup "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/backup"

	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/cloudtrail"
)

// The behaviour here is that of terraform-provider-aws 5.100.0, internal/service/backup.

var backupKinds = map[string]*kind{
	"aws:backup/vault:Vault": {
		title: "Backup Vault", service: "backup",
		args: awsbackup.VaultArgs{}.ElementType(), state: awsbackup.VaultState{}.ElementType(),
		name:      &autoName{limit: 50},
		replaces:  []string{"name", "kmsKeyArn"},
		computed:  []string{"kmsKeyArn"},
		writeOnly: []string{"forceDestroy"},
		handlers: over(operations[backup.Vault]{
			id: func(v backup.Vault) string { return v.Name },
			create: func(c *call, v backup.Vault) (backup.Vault, error) {
				made, err := c.region.Backup.CreateVault(v)
				return made, noted(c, "CreateBackupVault", request{
					"backupVaultName":  v.Name,
					"encryptionKeyArn": v.KMSKeyArn,
				}, err)
			},
			read:   func(c *call) (backup.Vault, error) { return c.region.Backup.Vault(c.id) },
			update: func(c *call, v backup.Vault) (backup.Vault, error) { return c.region.Backup.UpdateVault(v) },
			delete: deleteVault,
		}),
	},
	"aws:backup/vaultPolicy:VaultPolicy": {
		title: "Backup Vault Policy", service: "backup",
		args: awsbackup.VaultPolicyArgs{}.ElementType(), state: awsbackup.VaultPolicyState{}.ElementType(),
		required: []string{"policy"},
		replaces: []string{"backupVaultName"},
		handlers: over(operations[backup.VaultPolicy]{
			id:     func(p backup.VaultPolicy) string { return p.VaultName },
			create: putVaultPolicy,
			read:   func(c *call) (backup.VaultPolicy, error) { return c.region.Backup.Policy(c.id) },
			update: putVaultPolicy,
			delete: func(c *call) error {
				err := c.region.Backup.DeletePolicy(c.id)
				return noted(c, "DeleteBackupVaultAccessPolicy", request{"backupVaultName": c.id}, err)
			},
		}),
	},
	// A replacement is created before the original is deleted, and both are the lock of one vault: without
	// deleteBeforeReplace a changed lock ends as none.
	"aws:backup/vaultLockConfiguration:VaultLockConfiguration": {
		title: "Backup Vault Lock Configuration", service: "backup",
		args:      awsbackup.VaultLockConfigurationArgs{}.ElementType(),
		state:     awsbackup.VaultLockConfigurationState{}.ElementType(),
		replaces:  []string{"backupVaultName", "changeableForDays", "maxRetentionDays", "minRetentionDays"},
		writeOnly: []string{"changeableForDays"},
		handlers: over(operations[backup.Lock]{
			id:     func(l backup.Lock) string { return l.VaultName },
			create: putLock,
			read:   func(c *call) (backup.Lock, error) { return c.region.Backup.Lock(c.id) },
			delete: func(c *call) error {
				err := c.region.Backup.DeleteLock(c.id)
				return noted(c, "DeleteBackupVaultLockConfiguration", request{"backupVaultName": c.id}, err)
			},
		}),
	},
	"aws:backup/plan:Plan": {
		title: "Backup Plan", service: "backup",
		args: awsbackup.PlanArgs{}.ElementType(), state: awsbackup.PlanState{}.ElementType(),
		required: []string{"rules"},
		name:     &autoName{limit: 50},
		replaces: []string{"name"},
		handlers: over(operations[backup.Plan]{
			id: func(p backup.Plan) string { return p.ID },
			create: func(c *call, p backup.Plan) (backup.Plan, error) {
				made, err := c.region.Backup.CreatePlan(p)
				return made, noted(c, "CreateBackupPlan", request{"backupPlan": request{"backupPlanName": p.Name}}, err)
			},
			read: func(c *call) (backup.Plan, error) { return c.region.Backup.Plan(c.id) },
			update: func(c *call, p backup.Plan) (backup.Plan, error) {
				p.ID = c.id
				made, err := c.region.Backup.UpdatePlan(p)
				return made, noted(c, "UpdateBackupPlan", request{
					"backupPlanId": c.id,
					"backupPlan":   request{"backupPlanName": p.Name},
				}, err)
			},
			delete: func(c *call) error {
				return noted(c, "DeleteBackupPlan", request{"backupPlanId": c.id}, c.region.Backup.DeletePlan(c.id))
			},
		}),
	},
	"aws:backup/selection:Selection": {
		title: "Backup Selection", service: "backup",
		args: awsbackup.SelectionArgs{}.ElementType(), state: awsbackup.SelectionState{}.ElementType(),
		name: &autoName{limit: 50},
		replaces: []string{
			"name", "planId", "iamRoleArn", "resources", "notResources", "conditions", "selectionTags",
		},
		handlers: over(operations[backup.Selection]{
			id: func(n backup.Selection) string { return n.ID },
			create: func(c *call, n backup.Selection) (backup.Selection, error) {
				made, err := c.region.Backup.CreateSelection(n)
				return made, noted(c, "CreateBackupSelection", request{
					"backupPlanId":    n.PlanID,
					"backupSelection": request{"selectionName": n.Name, "iamRoleArn": n.RoleArn, "resources": n.Resources},
				}, err)
			},
			read: func(c *call) (backup.Selection, error) {
				return c.region.Backup.Selection(text(c.old, "planId"), c.id)
			},
			delete: func(c *call) error {
				plan := text(c.old, "planId")
				return noted(c, "DeleteBackupSelection", request{"backupPlanId": plan, "selectionId": c.id},
					c.region.Backup.DeleteSelection(plan, c.id))
			},
		}),
	},
}

// deleteVault deletes what a vault keeps first, if it is told so.
func deleteVault(c *call) error {
	points, err := c.region.Backup.PointsOfVault(c.id)
	if err != nil {
		return err
	}
	var failed []error
	if force, _ := c.inputs["forceDestroy"].(bool); force {
		for _, p := range points {
			asked := request{"backupVaultName": c.id, "recoveryPointArn": p.Arn}
			failed = append(failed, noted(c, "DeleteRecoveryPoint", asked, c.region.Backup.DeletePoint(c.id, p.Arn)))
		}
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	return noted(c, "DeleteBackupVault", request{"backupVaultName": c.id}, c.region.Backup.DeleteVault(c.id))
}

func putVaultPolicy(c *call, p backup.VaultPolicy) (backup.VaultPolicy, error) {
	put, err := c.region.Backup.PutPolicy(p)
	return put, noted(c, "PutBackupVaultAccessPolicy", request{
		"backupVaultName": p.VaultName,
		"policy":          p.Document,
	}, err)
}

func putLock(c *call, l backup.Lock) (backup.Lock, error) {
	put, err := c.region.Backup.PutLock(l)
	return put, noted(c, "PutBackupVaultLockConfiguration", request{
		"backupVaultName":   l.VaultName,
		"changeableForDays": l.ChangeableForDays,
		"minRetentionDays":  l.MinRetentionDays,
		"maxRetentionDays":  l.MaxRetentionDays,
	}, err)
}

// request are the parameters of a call of AWS Backup, by CloudTrail's names: of a plan only what it is called.
type request map[string]any

// noted has CloudTrail hear of a call of AWS Backup, and returns how it ended.
func noted(c *call, name string, asked request, err error) error {
	c.cloud.Record(cloudtrail.Call{
		Source:            backup.Principal,
		AWSRegion:         c.region.Name,
		EventName:         name,
		RequestParameters: asked,
	}.Ended(err))
	return err
}
