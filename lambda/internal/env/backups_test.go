package env

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
)

func TestBackupsAreOffUnlessThereArePlans(t *testing.T) {
	p := parser{lookup: lookup(nil)}
	assert.Empty(t, p.backups())
	require.NoError(t, p.err("the health check"))

	p = parser{lookup: lookup(map[string]string{contract.EnvBackups: `[{"region":"us-east-1","planId":"p",
		"clusterId":"aaa","clusterArn":"arn:aws:dsql:us-east-1:123456789012:cluster/aaa","vault":"dr",
		"peerRegion":"us-east-2","peerVault":"dr-2"}]`})}
	plans := p.backups()
	require.NoError(t, p.err("the health check"))
	require.Len(t, plans, 1)
	assert.Equal(t, "us-east-2", plans[0].PeerRegion)

	p = parser{lookup: lookup(map[string]string{contract.EnvBackups: `[{"region":"us-east-1",
		"clusterArn":"arn:aws:dsql:us-east-2:123456789012:cluster/aaa","vault":"dr","peerRegion":"us-east-1"}]`})}
	p.backups()
	assert.EqualError(t, p.err("the health check"), `environment of the health check:
BACKUPS[0].planId is "": want the plan's ID
BACKUPS[0].clusterId is "": want the cluster's identifier
BACKUPS[0].clusterArn is "arn:aws:dsql:us-east-2:123456789012:cluster/aaa": want the ARN of a cluster in the plan's region
BACKUPS[0].peerRegion is "us-east-1": want the name of the region that is copied to
BACKUPS[0].peerVault is "": want a backup vault's name`)

	p = parser{lookup: lookup(map[string]string{contract.EnvBackups: `[]`})}
	p.backups()
	assert.ErrorContains(t, p.err("the health check"), `BACKUPS is "[]": want a JSON array`)
}

func TestBackupDurationsHaveDefaults(t *testing.T) {
	e, err := Parse(lookup(map[string]string{contract.EnvBackupHour: "10s"}))
	require.Error(t, err, "everything else is missing")
	assert.NotContains(t, err.Error(), "BACKUP")
	assert.Equal(t, []time.Duration{10 * time.Second, 5 * time.Minute}, []time.Duration{e.BackupHour, e.BackupInterval})
}
