// Package recovery reads the recovery points of backup vaults, and tells which of them are twins.
package recovery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"
)

// Vaults is the part of a region's AWS Backup client that reading its vaults needs. A backup.Client does, whose role
// may backup:ListRecoveryPointsByBackupVault on the vault.
type Vaults interface {
	ListRecoveryPointsByBackupVault(
		ctx context.Context, in *backup.ListRecoveryPointsByBackupVaultInput, opts ...func(*backup.Options),
	) (*backup.ListRecoveryPointsByBackupVaultOutput, error)
}

// Point is a recovery point that can be restored: its status is COMPLETED.
type Point struct {
	ARN, ClusterARN, ResourceName string
	// CreatedAt is when the backup began; that of a copy is its original's.
	CreatedAt time.Time
	Bytes     int64
}

// Of are the completed recovery points of the clusters in a vault, by their ARNs, the newest first. Those from before
// since are left out, if it is not zero.
func Of(ctx context.Context, vaults Vaults, vault string, since time.Time, clusters ...string) ([]Point, error) {
	in := &backup.ListRecoveryPointsByBackupVaultInput{BackupVaultName: aws.String(vault)}
	if len(clusters) == 1 {
		in.ByResourceArn = aws.String(clusters[0])
	}
	if !since.IsZero() {
		in.ByCreatedAfter = aws.Time(since)
	}
	var points []Point
	pages := backup.NewListRecoveryPointsByBackupVaultPaginator(vaults, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("recovery points of vault %s: %w", vault, err)
		}
		for _, p := range page.RecoveryPoints {
			if usable(p) && slices.Contains(clusters, *p.ResourceArn) {
				points = append(points, point(p))
			}
		}
	}
	slices.SortStableFunc(points, func(a, b Point) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return points, nil
}

func usable(p types.RecoveryPointByBackupVault) bool {
	return p.Status == types.RecoveryPointStatusCompleted && p.RecoveryPointArn != nil && p.ResourceArn != nil &&
		p.CreationDate != nil
}

func point(p types.RecoveryPointByBackupVault) Point {
	return Point{
		ARN:          *p.RecoveryPointArn,
		ClusterARN:   *p.ResourceArn,
		ResourceName: aws.ToString(p.ResourceName),
		CreatedAt:    p.CreationDate.UTC(),
		Bytes:        aws.ToInt64(p.BackupSizeInBytes),
	}
}

// Twin finds a point's copy in the other region, or its original: the one with the same resource name and creation
// date, which a restore of a pair goes by ("Amazon Aurora DSQL restore", AWS Backup Developer Guide). Dates are
// compared to the millisecond, which is what AWS Backup gives (API Reference, CreationDate).
func (p Point) Twin(others []Point) (Point, bool) {
	i := slices.IndexFunc(others, func(o Point) bool {
		return o.ClusterARN == p.ClusterARN && o.ResourceName == p.ResourceName &&
			o.CreatedAt.Truncate(time.Millisecond).Equal(p.CreatedAt.Truncate(time.Millisecond))
	})
	if i < 0 {
		return Point{}, false
	}
	return others[i], true
}

// NewestTwin is the newest of the points that has a twin among the others, and the twin. Both lists are the newest
// first, as Of gives them.
func NewestTwin(points, others []Point) (point, twin Point, found bool) {
	for _, p := range points {
		if t, ok := p.Twin(others); ok {
			return p, t, true
		}
	}
	return Point{}, Point{}, false
}
