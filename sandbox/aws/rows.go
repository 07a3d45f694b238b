package aws

import (
	"context"

	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

// backupOf is the AWS Backup of a region; nil for one that the account does not use.
func (a *Account) backupOf(region string) *backup.Service {
	if r := a.regions[region]; r != nil {
		return r.Backup
	}
	return nil
}

// rows are the rows of the account's clusters, for AWS Backup. An account without a database has none.
type rows struct{ account *Account }

// Copy is backup.Data.Copy.
func (r rows) Copy(ctx context.Context, clusterARN string) (backup.Snapshot, error) {
	if r.account.pairs == nil {
		return noRows{}, nil
	}
	return r.account.pairs.Copy(ctx, clusterARN)
}

// Fill is backup.Data.Fill.
func (r rows) Fill(ctx context.Context, clusterARN string, snapshot backup.Snapshot) error {
	if copied, ok := snapshot.(*sqlendpoint.Copy); ok {
		return r.account.pairs.Fill(ctx, clusterARN, copied)
	}
	return nil
}

// noRows are the rows of a cluster that answers no SQL.
type noRows struct{}

// Bytes is backup.Snapshot.Bytes.
func (noRows) Bytes() int64 { return 0 }

// Remove is backup.Snapshot.Remove.
func (noRows) Remove() error { return nil }
