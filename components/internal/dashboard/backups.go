package dashboard

import "aurora-dsql-dr/lambda/contract"

// Backup is a data region's part of the backups: its vault, and the one that its plan copies to.
type Backup struct {
	Region string
	Vault  string
	Twins  string
	// Tested says that restores are tested there.
	Tested bool
}

const hours = "hours"

// backupAge is how old the newest twin of the region's cluster is, as the other data region reads it, which alarms on
// it.
func (f Facts) backupAge(b Backup) widget {
	var lines []line
	for _, d := range f.Databases {
		if d.Region == b.Region {
			dimensions := contract.ClusterDimensions(d.ClusterID, d.Region)
			lines = append(lines, metric(contract.MetricNamespace, contract.MetricBackupAge, dimensions, "newest twin"))
		}
	}
	return f.metrics("Age of backups: "+b.Region, f.otherThan(b.Region), "Minimum", hours, lines)
}

// backupJobs are what AWS Backup counts: a copy in the region of its source, under the name of its destination.
func (f Facts) backupJobs(b Backup) widget {
	count := func(name, vault, label string) line {
		return metric("AWS/Backup", name, map[string]string{"BackupVaultName": vault, "ResourceType": "DSQL"}, label)
	}
	return f.metrics("Backup jobs: "+b.Region, b.Region, "Sum", "", []line{
		count("NumberOfBackupJobsCompleted", b.Vault, "backups"),
		count("NumberOfCopyJobsCompleted", b.Twins, "copies"),
		count("NumberOfBackupJobsFailed", b.Vault, "failed backups"),
		count("NumberOfCopyJobsFailed", b.Twins, "failed copies"),
	})
}

// restoreTestAge is how long ago a restore test passed, which is told once an hour.
func (f Facts) restoreTestAge(b Backup) widget {
	dimensions := map[string]string{contract.DimensionRegion: b.Region}
	return f.metrics("Since a restore test passed: "+b.Region, b.Region, "Minimum", hours, []line{
		metric(contract.MetricNamespace, contract.MetricRestoreTestAge, dimensions, "last passed"),
	})
}
