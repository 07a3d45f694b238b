package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// idle is in what AWS says of the backup of a cluster that is asleep ("Amazon Aurora DSQL backups", AWS Backup
// Developer Guide).
const idle = "FailedPrecondition"

// backUp makes a recovery point of a region's cluster now, and its twin in the other data region.
func (c command) backUp(ctx context.Context, r request) error {
	s, err := c.open(ctx, r.stack)
	if err != nil {
		return err
	}
	region, err := s.region(r.region)
	if err != nil {
		return err
	}
	kept, err := s.retention(ctx, region)
	if err != nil {
		return s.unlessLost(region, err)
	}
	point, err := s.pointAwake(ctx, region, kept)
	if err != nil {
		return s.unlessLost(region, err)
	}
	twin, err := s.copyPoint(ctx, region, point, kept)
	if err != nil {
		return fmt.Errorf("recovery point %s was made, but has no twin, and no pair can be restored from it: %w", point, err)
	}
	s.say("\nrecovery point  %s\nand its twin    %s\n\nTo restore a pair of them: make restore STACK=%s POINT=%s",
		point, twin, s.name, point)
	return nil
}

// unlessLost is why no recovery point was made; the other region's cluster has the same rows.
func (s stack) unlessLost(region string, err error) error {
	return ifLost(region, err, fmt.Sprintf("while it is lost, make backup STACK=%s REGION=%s keeps the same rows, as a "+
		"point that has no twin before it is back", s.name, s.peer(region)))
}

// retention is how long the region's plan keeps a daily recovery point: of its rules, the shortest.
func (s stack) retention(ctx context.Context, region string) (*types.Lifecycle, error) {
	id := s.BackupPlanIDs[region]
	out, err := s.backup(region).GetBackupPlan(ctx, &backup.GetBackupPlanInput{BackupPlanId: &id})
	if err != nil {
		return nil, fmt.Errorf("the plan in %s: %w", region, err)
	}
	var daily *types.Lifecycle
	for _, rule := range out.BackupPlan.Rules {
		life := rule.Lifecycle
		if life != nil && life.DeleteAfterDays != nil &&
			(daily == nil || *life.DeleteAfterDays < *daily.DeleteAfterDays) {
			daily = life
		}
	}
	if daily == nil {
		return nil, fmt.Errorf("the plan %s in %s keeps recovery points for ever: want a number of days; make up STACK=%s "+
			"puts back what is configured", id, region, s.name)
	}
	return daily, nil
}

// pointAwake makes a recovery point. If the cluster is asleep, it is woken, and asked once more.
func (s stack) pointAwake(ctx context.Context, region string, kept *types.Lifecycle) (string, error) {
	point, err := s.makePoint(ctx, region, kept)
	if err == nil || !strings.Contains(err.Error(), idle) {
		return point, err
	}
	s.say("The cluster in %s is asleep, and AWS backs up none that is: its health check wakes it.", region)
	if woken := s.wake(ctx, region); woken != nil {
		return "", fmt.Errorf("%w\nand it could not be woken: %w\nOpen one SQL connection to %s, and try again",
			err, woken, s.ClusterEndpoints[region])
	}
	point, err = s.makePoint(ctx, region, kept)
	if err != nil && strings.Contains(err.Error(), idle) {
		return "", fmt.Errorf("%w\nIt was woken before: is its key usable (docs/runbooks.md#kms-key-disabled)?", err)
	}
	return point, err
}

// wake has the region's health check connect.
func (s stack) wake(ctx context.Context, region string) error {
	out, err := s.functions(region).Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String(s.MonitorFunctionNames[region]),
		Payload:      []byte(`{"probes":1}`),
	})
	if err == nil && out.FunctionError != nil {
		err = errors.New(string(out.Payload))
	}
	return err
}

// makePoint backs the region's cluster up.
func (s stack) makePoint(ctx context.Context, region string, kept *types.Lifecycle) (string, error) {
	client := s.backup(region)
	started, err := client.StartBackupJob(ctx, &backup.StartBackupJobInput{
		BackupVaultName: aws.String(s.BackupVaultNames[region]),
		ResourceArn:     aws.String(s.ClusterARNs[region]),
		IamRoleArn:      aws.String(s.BackupRoleARNs[region]),
		Lifecycle:       kept,
	})
	if err != nil {
		return "", fmt.Errorf("the backup of %s: %w", s.ClusterARNs[region], err)
	}
	what := "backup job " + *started.BackupJobId + " in " + region
	var job *backup.DescribeBackupJobOutput
	if err := s.finish(ctx, what, func(ctx context.Context) (string, *string, error) {
		job, err = client.DescribeBackupJob(ctx, &backup.DescribeBackupJobInput{BackupJobId: started.BackupJobId})
		if err != nil {
			return "", nil, err
		}
		return string(job.State), job.StatusMessage, nil
	}); err != nil {
		return "", err
	}
	return aws.ToString(job.RecoveryPointArn), nil
}

// copyPoint copies a region's recovery point to the vault of the other data region.
func (s stack) copyPoint(ctx context.Context, region, point string, kept *types.Lifecycle) (twin string, err error) {
	to, err := s.peerVault(region, point)
	if err != nil {
		return "", err
	}
	client := s.backup(region)
	started, err := client.StartCopyJob(ctx, &backup.StartCopyJobInput{
		SourceBackupVaultName:     aws.String(s.BackupVaultNames[region]),
		RecoveryPointArn:          &point,
		DestinationBackupVaultArn: &to,
		IamRoleArn:                aws.String(s.BackupRoleARNs[region]),
		Lifecycle:                 kept,
	})
	if err != nil {
		return "", err
	}
	what := "copy job " + *started.CopyJobId + " to " + s.peer(region)
	var job *types.CopyJob
	if err := s.finish(ctx, what, func(ctx context.Context) (string, *string, error) {
		out, err := client.DescribeCopyJob(ctx, &backup.DescribeCopyJobInput{CopyJobId: started.CopyJobId})
		if err != nil {
			return "", nil, err
		}
		job = out.CopyJob
		return string(job.State), job.StatusMessage, nil
	}); err != nil {
		return "", err
	}
	return aws.ToString(job.DestinationRecoveryPointArn), nil
}

// peerVault is the ARN of the other data region's vault, in the account of a recovery point.
func (s stack) peerVault(region, point string) (string, error) {
	to, err := arn.Parse(point)
	if err != nil {
		return "", fmt.Errorf("recovery point %q: %w", point, err)
	}
	to.Region = s.peer(region)
	to.Resource = "backup-vault:" + s.BackupVaultNames[to.Region]
	return to.String(), nil
}
