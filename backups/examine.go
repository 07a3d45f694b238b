package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	dsqltypes "github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"aurora-dsql-dr/internal/input"
	"aurora-dsql-dr/internal/reason"
	"aurora-dsql-dr/lambda/recovery"
)

// restorable is a recovery point of a region's vault with its twin in the other's.
type restorable struct {
	recovery.Point
	region string
	twin   recovery.Point
}

// pointARN is the ARN of a recovery point that AWS Backup itself keeps, as it does those of Aurora DSQL.
var pointARN = regexp.MustCompile(`^arn:aws[a-z-]*:backup:([a-z0-9-]+):[0-9]{12}:recovery-point:[A-Za-z0-9-]+$`)

// examine looks at all that stands against a restore, and tells it together.
func (s stack) examine(ctx context.Context, r request) (restorable, error) {
	p, err := s.find(ctx, r.point)
	problems := []error{err, s.running(ctx)}
	if err == nil {
		p.twin, err = s.findTwin(ctx, p)
		problems = append(problems, err)
	}
	if !r.beside {
		problems = append(problems, s.bothThere(ctx))
	}
	return p, together(problems)
}

// together tells all problems, but those of a region that does not answer once: each call to it says the same.
func together(problems []error) error {
	if i := slices.IndexFunc(problems, reason.Unanswered); i >= 0 {
		return ifLost("a region", problems[i], "a pair is restored in both, and while one is lost the other serves "+
			"(docs/runbooks.md#region-lost): restore when it is back")
	}
	return errors.Join(problems...)
}

// find finds a recovery point in the vault of its region.
func (s stack) find(ctx context.Context, point string) (restorable, error) {
	const wanted = "the ARN of a recovery point, arn:aws:backup:<region>:<account>:recovery-point:<id>"
	parts := pointARN.FindStringSubmatch(point)
	if parts == nil {
		return restorable{}, input.Refusal("POINT", point, wanted)
	}
	region := parts[1]
	vault, ours := s.BackupVaultNames[region]
	if !ours {
		return restorable{}, input.Refusal("POINT", point, "one in "+strings.Join(s.dataRegions(), " or "))
	}
	out, err := s.backup(region).DescribeRecoveryPoint(ctx, &backup.DescribeRecoveryPointInput{
		BackupVaultName:  &vault,
		RecoveryPointArn: &point,
	})
	var missing *types.ResourceNotFoundException
	switch {
	case errors.As(err, &missing):
		return restorable{}, fmt.Errorf("POINT is %q, which is not in the vault %s: what is there says\n"+
			"  aws backup list-recovery-points-by-backup-vault --region %s --backup-vault-name %s", point, vault, region, vault)
	case err != nil:
		return restorable{}, fmt.Errorf("the recovery point %s: %w", point, err)
	case out.Status != types.RecoveryPointStatusCompleted:
		return restorable{}, fmt.Errorf("POINT is %q, which is %s: want one that is %s", point, out.Status,
			types.RecoveryPointStatusCompleted)
	}
	return restorable{region: region, Point: recovery.Point{
		ARN:          point,
		ClusterARN:   aws.ToString(out.ResourceArn),
		ResourceName: aws.ToString(out.ResourceName),
		CreatedAt:    aws.ToTime(out.CreationDate),
		Bytes:        aws.ToInt64(out.BackupSizeInBytes),
	}}, nil
}

// findTwin finds the point's twin in the other data region: a pair is restored from both.
func (s stack) findTwin(ctx context.Context, p restorable) (recovery.Point, error) {
	peer := s.peer(p.region)
	vault := s.BackupVaultNames[peer]
	points, err := recovery.Of(ctx, s.backup(peer), vault, time.Time{}, p.ClusterARN)
	if err != nil {
		return recovery.Point{}, fmt.Errorf("in %s: %w", peer, err)
	}
	if twin, found := p.Twin(points); found {
		return twin, nil
	}
	return recovery.Point{}, fmt.Errorf("POINT is %q, which has no twin of %s in the vault %s in %s: a pair is restored "+
		"from two. Take an older one, or copy it there (aws backup start-copy-job)", p.ARN, date(p.CreatedAt), vault, peer)
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
