package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	dsqltypes "github.com/aws/aws-sdk-go-v2/service/dsql/types"
)

// recovery is a recovery point with its twin.
type recovery struct {
	arn      string
	region   string
	resource string // the ARN of what was backed up
	name     string // its name, by which twins are known
	created  time.Time
	bytes    int64
	twin     string
}

// pointARN is the ARN of a recovery point that AWS Backup itself keeps, as it does those of Aurora DSQL.
var pointARN = regexp.MustCompile(`^arn:aws[a-z-]*:backup:([a-z0-9-]+):[0-9]{12}:recovery-point:[A-Za-z0-9-]+$`)

// examine looks at all that stands against a restore, and tells it together.
func (s stack) examine(ctx context.Context, r request) (recovery, error) {
	p, err := s.find(ctx, r.point)
	problems := []error{err, s.running(ctx)}
	if err == nil {
		p.twin, err = s.twin(ctx, p)
		problems = append(problems, err)
	}
	if !r.beside {
		problems = append(problems, s.bothThere(ctx))
	}
	return p, errors.Join(problems...)
}

// find finds a recovery point in the vault of its region.
func (s stack) find(ctx context.Context, point string) (recovery, error) {
	const wanted = "the ARN of a recovery point, arn:aws:backup:<region>:<account>:recovery-point:<id>"
	parts := pointARN.FindStringSubmatch(point)
	if parts == nil {
		return recovery{}, refusal("POINT", point, wanted)
	}
	region := parts[1]
	vault, ours := s.BackupVaultNames[region]
	if !ours {
		return recovery{}, refusal("POINT", point, "one in "+strings.Join(s.dataRegions(), " or "))
	}
	out, err := s.backup(region).DescribeRecoveryPoint(ctx, &backup.DescribeRecoveryPointInput{
		BackupVaultName:  &vault,
		RecoveryPointArn: &point,
	})
	var missing *types.ResourceNotFoundException
	switch {
	case errors.As(err, &missing):
		return recovery{}, fmt.Errorf("POINT is %q, which is not in the vault %s: what is there says\n"+
			"  aws backup list-recovery-points-by-backup-vault --region %s --backup-vault-name %s", point, vault, region, vault)
	case err != nil:
		return recovery{}, fmt.Errorf("the recovery point %s: %w", point, err)
	case out.Status != types.RecoveryPointStatusCompleted:
		return recovery{}, fmt.Errorf("POINT is %q, which is %s: want one that is %s", point, out.Status,
			types.RecoveryPointStatusCompleted)
	}
	return recovery{
		arn:      point,
		region:   region,
		resource: aws.ToString(out.ResourceArn),
		name:     aws.ToString(out.ResourceName),
		created:  aws.ToTime(out.CreationDate),
		bytes:    aws.ToInt64(out.BackupSizeInBytes),
	}, nil
}

// twin is the recovery point of the same resource name and creation date in the other data region: a pair is restored
// from identical copies only ("Amazon Aurora DSQL restore", AWS Backup Developer Guide).
func (s stack) twin(ctx context.Context, p recovery) (string, error) {
	peer := s.peer(p.region)
	points, err := s.pointsIn(ctx, peer, s.BackupVaultNames[peer])
	if err != nil {
		return "", err
	}
	for _, other := range points {
		if aws.ToString(other.ResourceName) == p.name && aws.ToTime(other.CreationDate).Equal(p.created) &&
			other.Status == types.RecoveryPointStatusCompleted {
			return aws.ToString(other.RecoveryPointArn), nil
		}
	}
	return "", fmt.Errorf("POINT is %q, which has no twin of %s in the vault %s in %s: a pair is restored from two. "+
		"Take an older one, or copy it there (aws backup start-copy-job)", p.arn, date(p.created), s.BackupVaultNames[peer],
		peer)
}

// pointsIn are the recovery points of a vault.
func (c clients) pointsIn(ctx context.Context, region, vault string) ([]types.RecoveryPointByBackupVault, error) {
	var points []types.RecoveryPointByBackupVault
	pages := backup.NewListRecoveryPointsByBackupVaultPaginator(c.backup(region),
		&backup.ListRecoveryPointsByBackupVaultInput{BackupVaultName: &vault})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("the recovery points of the vault %s in %s: %w", vault, region, err)
		}
		points = append(points, page.RecoveryPoints...)
	}
	return points, nil
}

// bothThere refuses a stack that still has both of its clusters.
func (s stack) bothThere(ctx context.Context) error {
	for _, region := range s.dataRegions() {
		there, err := s.isThere(ctx, region)
		if err != nil || !there {
			return err
		}
	}
	return fmt.Errorf("stack %s still has both clusters, which a restored pair would replace: with BESIDE=yes it is made "+
		"beside them, to copy rows out of", s.name)
}

// isThere is whether a region's cluster exists and is not about to go.
func (s stack) isThere(ctx context.Context, region string) (bool, error) {
	out, err := s.clusters(region).GetCluster(ctx, &dsql.GetClusterInput{
		Identifier: aws.String(s.ClusterIdentifiers[region]),
	})
	var missing *dsqltypes.ResourceNotFoundException
	if errors.As(err, &missing) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("the cluster in %s: %w", region, err)
	}
	switch out.Status {
	case dsqltypes.ClusterStatusDeleting, dsqltypes.ClusterStatusDeleted, dsqltypes.ClusterStatusPendingDelete,
		dsqltypes.ClusterStatusFailed:
		return false, nil
	default:
		return true, nil
	}
}
