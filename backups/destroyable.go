package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"

	"aurora-dsql-dr/internal/pulumi"
)

// typeVault is the type of the vaults in a state.
const typeVault = "aws:backup/vault:Vault"

// destroyable refuses what would stop a destroy: Pulumi's protection, and vaults with recovery points, which AWS does
// not delete (API Reference, DeleteBackupVault). It reads the state, not the outputs: a stack that was deployed half
// has none.
func (c command) destroyable(ctx context.Context, r request) error {
	read, _, err := pulumi.Export(ctx, r.stack)
	if err != nil {
		return err
	}
	var problems []error
	var held []string
	for _, found := range read.Deployment.Resources {
		if found.Protect {
			problems = []error{fmt.Errorf("the stack %s is protected: docs/runbooks.md#destroy says how to take the protection "+
				"off", r.stack)}
		}
		if found.Type == typeVault {
			held = append(held, found.Output("arn"))
		}
	}
	if len(held) > 0 {
		problems = append(problems, vaultsOf(ctx, r.stack, held)...)
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("nothing has been touched:\n%w", err)
	}
	return nil
}

// vaultsOf are the problems that a stack's vaults make, by their ARNs.
func vaultsOf(ctx context.Context, stack string, arns []string) (problems []error) {
	reach, err := connect(ctx)
	if err != nil {
		return []error{err}
	}
	for _, text := range arns {
		a, err := arn.Parse(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("the state has a vault with the ARN %q: %w", text, err))
			continue
		}
		problems = append(problems, reach.empty(ctx, stack, a.Region, name(text)))
	}
	return problems
}

// empty refuses a vault that holds recovery points. One that somebody has deleted holds none.
func (c clients) empty(ctx context.Context, stack, region, vault string) error {
	described, err := c.backup(region).DescribeBackupVault(ctx, &backup.DescribeBackupVaultInput{BackupVaultName: &vault})
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		return nil
	}
	if err != nil {
		return ifLost(region, fmt.Errorf("the vault %s in %s: %w", vault, region, err),
			"a destroy needs all regions: destroy when it is back")
	}
	points, err := c.pointsIn(ctx, region, vault)
	if err != nil || len(points) == 0 {
		return err
	}
	return fmt.Errorf("the vault %s in %s holds %s. AWS deletes no such vault, and a destroy would stop half-way.\n%s",
		vault, region, holding(points), advice(stack, region, vault, described))
}

// holding says how many recovery points there are, of when, and until when.
func holding(points []types.RecoveryPointByBackupVault) string {
	oldest, newest := aws.ToTime(points[0].CreationDate), aws.ToTime(points[0].CreationDate)
	var last time.Time
	forever := 0
	for _, p := range points {
		if at := aws.ToTime(p.CreationDate); at.Before(oldest) {
			oldest = at
		} else if at.After(newest) {
			newest = at
		}
		if p.CalculatedLifecycle == nil || p.CalculatedLifecycle.DeleteAt == nil {
			forever++
		} else if at := *p.CalculatedLifecycle.DeleteAt; at.After(last) {
			last = at
		}
	}
	said := fmt.Sprintf("%d recovery points, the oldest of %s, the newest of %s", len(points), date(oldest), date(newest))
	if !last.IsZero() {
		said += ", the last of which ends by itself on " + date(last)
	}
	if forever > 0 {
		said += fmt.Sprintf(", and %d of which never end", forever)
	}
	return said
}

// advice is what can be done about a vault. Its plan goes on until its selection is gone.
func advice(stack, region, vault string, described *backup.DescribeBackupVaultOutput) string {
	said := "First end the backups, which go on until then, and destroy when the vaults are empty:\n" +
		"  pulumi destroy --stack " + stack + " --target '**aws:backup/selection:Selection::*'\n"
	locked := aws.ToBool(described.Locked)
	switch end := described.LockDate; {
	case locked && end != nil && time.Now().After(*end):
		return said + "The vault is locked for good: wait until the last recovery point has ended. Nobody deletes one before."
	case locked:
		said += "The vault is locked: take its lock off (\"lock\": none, and deploy), and then, w"
	default:
		said += "W"
	}
	return fmt.Sprintf("%sait until the last recovery point has ended, or have the role \"breakGlassRole\" delete each:\n"+
		"  aws backup delete-recovery-point --region %s --backup-vault-name %s --recovery-point-arn <RecoveryPointArn>",
		said, region, vault)
}
