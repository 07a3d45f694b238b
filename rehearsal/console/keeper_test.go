package console

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

// briefly is how long jobs take where only their order matters.
var briefly = backup.Durations{
	Start:   time.Millisecond,
	Backup:  time.Millisecond,
	Copy:    time.Millisecond,
	Restore: time.Millisecond,
}

// tester is a state machine that passes, fails or goes on for hours, as its input says.
const tester = `{"StartAt":"Does?","States":{
	"Does?":{"Type":"Choice","Choices":[
		{"Variable":"$.it","StringEquals":"passes","Next":"Passed"},
		{"Variable":"$.it","StringEquals":"fails","Next":"Failed"}],"Default":"Goes on"},
	"Goes on":{"Type":"Wait","Seconds":7200,"Next":"Passed"},
	"Passed":{"Type":"Succeed"},
	"Failed":{"Type":"Fail","Error":"RestoreTestFailed","Cause":"The evidence is in the log."}}}`

// keeper keeps backups of a scene's clusters and tests restores, as the stack does.
type keeper struct {
	*scene
	t    *testing.T
	role string
}

// keep gives a scene vaults and state machines in both data regions.
func (s *scene) keep(t *testing.T) keeper {
	t.Helper()
	k := keeper{scene: s, t: t, role: newRole(t, s.account.IAM, "keeper", `["dsql:*","backup:*","kms:*"]`)}
	s.config.Backups = Backups{Vaults: map[string]string{}, Machines: map[string]string{}}
	for _, name := range []string{east, ohio} {
		region := s.account.Region(name)
		key, err := region.KMS.CreateKey(kms.Key{})
		require.NoError(t, err)
		v, err := region.Backup.CreateVault(backup.Vault{Name: "vault-" + name, KMSKeyArn: key.Arn})
		require.NoError(t, err)
		m, err := region.StepFunctions.CreateMachine(stepfunctions.Machine{Name: "test", Definition: tester, RoleArn: k.role})
		require.NoError(t, err)
		s.config.Backups.Vaults[name], s.config.Backups.Machines[name] = v.Name, m.Arn
		require.Eventually(t, func() bool {
			cluster, _ := s.account.DSQL.Cluster(s.config.Clusters[name])
			return cluster.Status == dsql.Active
		}, patience, time.Millisecond)
	}
	return k
}

// newRole is a role that AWS Backup and Step Functions may assume, with these actions.
func newRole(t *testing.T, roles *iam.Service, name, actions string) string {
	t.Helper()
	role, err := roles.CreateRole(iam.Role{Name: name, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"sts:AssumeRole",
			"Principal":{"Service":["backup.amazonaws.com","states.amazonaws.com"]}}]}`})
	require.NoError(t, err)
	_, err = roles.PutRolePolicy(iam.RolePolicy{Role: name, Name: "p", Policy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":` + actions + `,"Resource":"*"}]}`})
	require.NoError(t, err)
	return role.Arn
}

// backUp backs the cluster of a region up, in a role, and returns the job that has ended.
func (k keeper) backUp(region, role string) backup.Job {
	k.t.Helper()
	kept := k.account.Region(region).Backup
	j, err := kept.StartBackup(backup.Job{
		VaultName:   k.config.Backups.Vaults[region],
		ResourceArn: k.config.Clusters[region],
		RoleArn:     role,
	}, 0, 0, "")
	require.NoError(k.t, err)
	require.Eventually(k.t, func() bool {
		j, err = kept.BackupJob(j.ID)
		return err == nil && j.CompletedAt != nil
	}, patience, time.Millisecond)
	return j
}

// copyToOhio starts a copy of a recovery point of the east.
func (k keeper) copyToOhio(of backup.Job) {
	k.t.Helper()
	vault, err := k.account.Region(ohio).Backup.Vault(k.config.Backups.Vaults[ohio])
	require.NoError(k.t, err)
	_, err = k.account.Region(east).Backup.StartCopy(backup.CopyJob{
		SourceVault:    of.VaultName,
		SourcePointArn: of.PointArn,
		VaultArn:       vault.Arn,
		RoleArn:        k.role,
	}, "")
	require.NoError(k.t, err)
}

// restore starts a restore of a recovery point in its region.
func (k keeper) restore(region string, of backup.Job) {
	k.t.Helper()
	target, err := backup.ReadMetadata(region, map[string]string{"useMultiRegionOrchestration": "false"})
	require.NoError(k.t, err)
	_, err = k.account.Region(region).Backup.StartRestore(backup.RestoreJob{
		PointArn: of.PointArn,
		RoleArn:  k.role,
		Target:   target,
	}, "")
	require.NoError(k.t, err)
}

// test starts a restore test that passes, fails or goes on.
func (k keeper) test(region, does string) stepfunctions.Execution {
	k.t.Helper()
	machines := k.account.Region(region).StepFunctions
	e, err := machines.StartExecution(k.config.Backups.Machines[region], "", `{"it":"`+does+`"}`)
	require.NoError(k.t, err)
	if does == "goes on" {
		return e
	}
	require.Eventually(k.t, func() bool {
		e, err = machines.Execution(e.Arn)
		return err == nil && e.Status != stepfunctions.Running
	}, patience, time.Millisecond)
	return e
}
