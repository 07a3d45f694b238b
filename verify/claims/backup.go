package claims

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

var backupClaims = []Claim{{
	ID:    "backup-vault",
	Says:  "a vault's name is its own, of 2 to 50 letters, digits, - and _",
	Page:  "sandbox-aws.md",
	Row:   "vaults with a customer managed key that is usable",
	Makes: []*Kind{key, vault},
	ask:   vaultsAreRefused,
}, {
	ID:    "backup-lock",
	Says:  "a lock that can be changed for less than 3 days, or with bounds that exclude each other, is refused",
	Page:  "sandbox-aws.md",
	Row:   "a lock keeps recovery points from being deleted",
	Makes: []*Kind{key, vault},
	ask:   locksAreRefused,
}, {
	ID:   "backup-plan",
	Says: "a plan is refused for its schedule, time zone, windows and retentions: InvalidParameterValueException",
	Page: "sandbox-aws.md",
	Row:  "plans whose rules fire by cron with time zones",
	ask:  plansAreRefused,
}, {
	ID:   "backup-plan-often",
	Says: "a plan that fires more than once an hour is refused, and a completion window within an hour of the start's",
	Page: "sandbox-aws.md",
	Row:  "a plan that fires more than once an hour",
	ask:  frequentPlansAreRefused,
}}

var vault = &Kind{
	Name:  "backup vault",
	Basis: "nothing while it is empty",
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		for p := backup.NewListBackupVaultsPaginator(backup.NewFromConfig(config), nil); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, v := range page.BackupVaultList {
				if name := aws.ToString(v.BackupVaultName); strings.HasPrefix(name, prefix) {
					found = append(found, thing{name: name})
				}
			}
		}
		return found, nil
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		in := &backup.DeleteBackupVaultInput{BackupVaultName: t.key()}
		_, err := backup.NewFromConfig(config).DeleteBackupVault(ctx, in)
		return err
	},
}

var plan = &Kind{
	Name:  "backup plan",
	Basis: "nothing without a selection",
	byID:  true,
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		for p := backup.NewListBackupPlansPaginator(backup.NewFromConfig(config), nil); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, b := range page.BackupPlansList {
				if name := aws.ToString(b.BackupPlanName); strings.HasPrefix(name, prefix) {
					found = append(found, thing{name: name, id: aws.ToString(b.BackupPlanId)})
				}
			}
		}
		return found, nil
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		in := &backup.DeleteBackupPlanInput{BackupPlanId: &t.id}
		_, err := backup.NewFromConfig(config).DeleteBackupPlan(ctx, in)
		return err
	},
}

const invalidValue = "InvalidParameterValueException"

// vault makes a vault with a key; change may change what is asked for.
func (c *Case) vault(
	client *backup.Client, ending, key string, change func(*backup.CreateBackupVaultInput),
) (string, error) {
	return c.make(vault, c.primary(), ending, func(name string) (string, error) {
		in := &backup.CreateBackupVaultInput{
			BackupVaultName:  &name,
			EncryptionKeyArn: aws.String(c.arn("kms", c.run.Regions[0], "key/"+key)),
		}
		change(in)
		_, err := client.CreateBackupVault(c, in)
		return *in.BackupVaultName, err
	})
}

func vaultsAreRefused(c *Case) error {
	client := backup.NewFromConfig(c.primary())
	id, err := c.key(kms.NewFromConfig(c.primary()), "vault", func(*kms.CreateKeyInput) {})
	if err != nil {
		return err
	}
	for _, wrong := range []struct{ what, ending string }{
		{"a dot in its name", ".x"},
		{"a name of 51 characters", strings.Repeat("x", 51-len(c.run.ID)-2)},
	} {
		_, err := c.vault(client, "v", id, func(in *backup.CreateBackupVaultInput) {
			in.BackupVaultName = aws.String(*in.BackupVaultName + wrong.ending)
		})
		c.refused("CreateBackupVault with "+wrong.what, err, invalidValue)
	}
	var asked backup.CreateBackupVaultInput
	_, err = c.vault(client, "v", id, func(in *backup.CreateBackupVaultInput) { asked = *in })
	if !c.accepted("CreateBackupVault", err) {
		return nil
	}
	_, err = client.CreateBackupVault(c, &asked)
	c.refused("CreateBackupVault again", err, "AlreadyExistsException")
	return nil
}

func locksAreRefused(c *Case) error {
	client := backup.NewFromConfig(c.primary())
	id, err := c.key(kms.NewFromConfig(c.primary()), "lock", func(*kms.CreateKeyInput) {})
	if err != nil {
		return err
	}
	name, err := c.vault(client, "w", id, func(*backup.CreateBackupVaultInput) {})
	if err != nil {
		return err
	}
	for _, wrong := range []struct {
		what              string
		change, low, high *int64
	}{
		{"two days to change it", aws.Int64(2), nil, nil},
		{"a least retention of no day", nil, aws.Int64(0), nil},
		{"a longest retention of more than a century", nil, nil, aws.Int64(36_501)},
		{"a least retention above the longest", nil, aws.Int64(8), aws.Int64(7)},
	} {
		_, err := client.PutBackupVaultLockConfiguration(c, &backup.PutBackupVaultLockConfigurationInput{
			BackupVaultName:   &name,
			ChangeableForDays: wrong.change,
			MinRetentionDays:  wrong.low,
			MaxRetentionDays:  wrong.high,
		})
		c.refused("PutBackupVaultLockConfiguration with "+wrong.what, err, invalidValue)
	}
	return nil
}

// planWith asks for a plan of one rule, of which one thing is wrong.
func (c *Case) planWith(change func(*types.BackupRuleInput)) error {
	client := backup.NewFromConfig(c.primary())
	_, err := c.make(plan, c.primary(), "p", func(name string) (string, error) {
		rule := types.BackupRuleInput{
			RuleName:              aws.String("daily"),
			TargetBackupVaultName: aws.String("Default"),
			ScheduleExpression:    aws.String("cron(0 5 ? * * *)"),
		}
		change(&rule)
		out, err := client.CreateBackupPlan(c, &backup.CreateBackupPlanInput{BackupPlan: &types.BackupPlanInput{
			BackupPlanName: &name,
			Rules:          []types.BackupRuleInput{rule},
		}})
		if err != nil {
			return "", err
		}
		return aws.ToString(out.BackupPlanId), nil
	})
	return err
}

func plansAreRefused(c *Case) error {
	for _, wrong := range []struct {
		what   string
		change func(*types.BackupRuleInput)
	}{
		{"a schedule that is no cron", func(r *types.BackupRuleInput) { r.ScheduleExpression = aws.String("rate(1 day)") }},
		{"a time zone of nowhere", func(r *types.BackupRuleInput) {
			r.ScheduleExpressionTimezone = aws.String("Mars/Base")
		}},
		{"a start window of 59 minutes", func(r *types.BackupRuleInput) { r.StartWindowMinutes = aws.Int64(59) }},
		{"a rule's name with a space", func(r *types.BackupRuleInput) { r.RuleName = aws.String("a b") }},
		{"a retention of more than a century", func(r *types.BackupRuleInput) {
			r.Lifecycle = &types.Lifecycle{DeleteAfterDays: aws.Int64(36_501)}
		}},
		{"a copy to what is no vault", func(r *types.BackupRuleInput) {
			r.CopyActions = []types.CopyAction{{DestinationBackupVaultArn: aws.String("vault")}}
		}},
	} {
		c.refused("CreateBackupPlan with "+wrong.what, c.planWith(wrong.change), invalidValue)
	}
	return nil
}

func frequentPlansAreRefused(c *Case) error {
	c.refused("CreateBackupPlan that fires twice an hour", c.planWith(func(r *types.BackupRuleInput) {
		r.ScheduleExpression = aws.String("cron(0/30 * * * ? *)")
	}), invalidValue)
	c.refused("CreateBackupPlan with a completion window that ends 59 minutes after the start window",
		c.planWith(func(r *types.BackupRuleInput) {
			r.StartWindowMinutes, r.CompletionWindowMinutes = aws.Int64(120), aws.Int64(179)
		}), invalidValue)
	return nil
}
