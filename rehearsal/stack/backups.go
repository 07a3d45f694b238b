package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

// RetentionDays is how long WithBackups keeps a daily recovery point.
const RetentionDays = 35

// WithBackups adds recovery points and weekly restore tests to a configuration.
func WithBackups(config map[string]any) map[string]any {
	config = maps.Clone(config)
	config["aurora-dsql-dr:backups"] = map[string]any{"dailyAt": "03:00", "retentionDays": RetentionDays}
	return config
}

// other is the data region that is not this one.
func other(out Outputs, region string) string {
	for name := range out.BackupVaultNames {
		if name != region {
			return name
		}
	}
	return ""
}

// poll is how often an execution is looked at.
const poll = time.Second

// BackUp makes a recovery point of a region's cluster and its twin, as an operator does, and returns the point's ARN.
func BackUp(ctx context.Context, s *sandbox.Sandbox, out Outputs, region string) (string, error) {
	kept := s.Account.Region(region).Backup
	job, err := kept.StartBackup(backup.Job{
		VaultName:   out.BackupVaultNames[region],
		ResourceArn: out.ClusterARNs[region],
		RoleArn:     out.BackupRoleARNs[region],
		Lifecycle:   backup.Lifecycle{DeleteAfter: RetentionDays},
	}, 0, 0, "")
	if err != nil {
		return "", err
	}
	if err := await(ctx, kept.Changed, func() (bool, error) {
		job, err = kept.BackupJob(job.ID)
		return job.CompletedAt != nil, err
	}); err != nil {
		return "", err
	}
	if job.State != backup.Completed {
		return "", fmt.Errorf("backup job %s is %s: %s", job.ID, job.State, job.Message)
	}
	return job.PointArn, copyPoint(ctx, s, out, region, job.PointArn)
}

// copyPoint makes the twin of a recovery point.
func copyPoint(ctx context.Context, s *sandbox.Sandbox, out Outputs, region, point string) error {
	other := other(out, region)
	twins, err := s.Account.Region(other).Backup.Vault(out.BackupVaultNames[other])
	if err != nil {
		return err
	}
	kept := s.Account.Region(region).Backup
	job, err := kept.StartCopy(backup.CopyJob{
		SourceVault:    out.BackupVaultNames[region],
		SourcePointArn: point,
		VaultArn:       twins.Arn,
		RoleArn:        out.BackupRoleARNs[region],
	}, "")
	if err != nil {
		return err
	}
	if err := await(ctx, kept.Changed, func() (bool, error) {
		job, err = kept.CopyJob(job.ID)
		return job.CompletedAt != nil, err
	}); err != nil {
		return err
	}
	if job.State != backup.Completed {
		return fmt.Errorf("copy job %s is %s: %s", job.ID, job.State, job.Message)
	}
	return nil
}

// await asks whether something is done at each change.
func await(ctx context.Context, changed func() <-chan struct{}, done func() (bool, error)) error {
	for {
		next := changed()
		if over, err := done(); over || err != nil {
			return err
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// TestRestore runs a region's restore test to its end. The error is that of a test that could not be run; one that has
// failed says so in its result.
func TestRestore(
	ctx context.Context, s *sandbox.Sandbox, out Outputs, region string, pair bool,
) (test contract.RestoreTest, err error) {
	machines := s.Account.Region(region).StepFunctions
	started, err := machines.StartExecution(out.RestoreTestMachineARNs[region], "", fmt.Sprintf(`{"pair":%t}`, pair))
	if err != nil {
		return test, err
	}
	for started.Status == stepfunctions.Running {
		if err := s.Clock.Sleep(ctx, poll); err != nil {
			return test, err
		}
		if started, err = machines.Execution(started.Arn); err != nil {
			return test, err
		}
	}
	if started.Status != stepfunctions.Succeeded {
		return test, fmt.Errorf("the restore test in %s is %s: %s %s", region, started.Status, started.Error, started.Cause)
	}
	return test, json.Unmarshal([]byte(started.Output), &test)
}

// RestorePair restores a pair of a recovery point and its twin, as `make restore` does, and returns the new clusters,
// the region's first.
func RestorePair(
	ctx context.Context, s *sandbox.Sandbox, out Outputs, region, point string,
) (pair []dsql.Cluster, err error) {
	other := other(out, region)
	target, err := backup.ReadMetadata(region, map[string]string{
		"useMultiRegionOrchestration": "true",
		"witnessRegion":               out.Regions["witness"],
		"peerRegion":                  `["` + other + `"]`,
	})
	if err != nil {
		return nil, err
	}
	kept := s.Account.Region(region).Backup
	job, err := kept.StartRestore(backup.RestoreJob{
		PointArn: point,
		RoleArn:  out.RecoveryRoleARNs[region],
		Target:   target,
	}, "")
	if err != nil {
		return nil, err
	}
	if err := await(ctx, kept.Changed, func() (bool, error) {
		job, err = kept.RestoreJob(job.ID)
		return job.CompletedAt != nil, err
	}); err != nil {
		return nil, err
	}
	if job.State != backup.Completed {
		return nil, fmt.Errorf("restore job %s is %s: %s", job.ID, job.State, job.Message)
	}
	return pairOf(s, job.CreatedArn)
}

// pairOf is a cluster and its peer.
func pairOf(s *sandbox.Sandbox, arn string) ([]dsql.Cluster, error) {
	first, ok := s.Account.DSQL.Cluster(arn)
	if !ok {
		return nil, errors.New("the restored cluster " + arn + " is not there")
	}
	pair := []dsql.Cluster{first}
	for _, peer := range s.Account.DSQL.Clusters() {
		if peer.ARN != arn && slices.Contains(first.MultiRegionProperties.Clusters, peer.ARN) {
			pair = append(pair, peer)
		}
	}
	return pair, nil
}

// RemoveCluster deletes a cluster that a restore has made, protected as those are.
func RemoveCluster(s *sandbox.Sandbox, c dsql.Cluster) error {
	there, off := s.Account.Region(c.Region).DSQL, false
	if _, err := there.UpdateCluster(dsql.UpdateClusterInput{
		Identifier:                c.Identifier,
		DeletionProtectionEnabled: &off,
	}); err != nil {
		return err
	}
	_, err := there.DeleteCluster(dsql.DeleteClusterInput{Identifier: c.Identifier})
	return err
}
