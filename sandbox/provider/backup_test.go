package provider

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/dsql"
)

const (
	vaultKind       = "aws:backup/vault:Vault"
	vaultPolicyKind = "aws:backup/vaultPolicy:VaultPolicy"
	vaultLockKind   = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
	planKind        = "aws:backup/plan:Plan"
	selectionKind   = "aws:backup/selection:Selection"
)

func (i *testInstance) vault() stateOf {
	i.t.Helper()
	key := i.mustCreate("aws:kms/key:Key", "backups", object{})
	return i.mustCreate(vaultKind, "backups", object{"kmsKeyArn": key.outputs["arn"]})
}

func (i *testInstance) backupRole() stateOf {
	i.t.Helper()
	return i.mustCreate(roleKind, "backups", object{"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"backup.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
}

func planOf(vault stateOf, copyTo string) object {
	return object{"rules": []any{object{
		"ruleName":        "daily",
		"targetVaultName": vault.id,
		"schedule":        "cron(0 3 * * ? *)",
		"lifecycle":       object{"deleteAfter": 35},
		"copyActions":     []any{object{"destinationVaultArn": copyTo, "lifecycle": object{"deleteAfter": 35}}},
	}}}
}

func TestAVaultLivesAsOnAWS(t *testing.T) {
	i := newWorld(t, Options{}).in(primary)
	v := i.mustRefresh(i.vault())
	assert.Regexp(t, "^backups-[0-9a-f]{7}$", v.id)
	assert.Equal(t, v.id, v.outputs["name"])
	assert.Regexp(t, "^arn:aws:backup:"+primary+":[0-9]{12}:backup-vault:"+v.id+"$", v.outputs["arn"])
	assert.Equal(t, "DIFF_NONE", i.diff(v, v.inputs).GetChanges().String())
	assert.Equal(t, []string{"kmsKeyArn"}, i.diff(v, with(v.inputs, object{"kmsKeyArn": "arn:other"})).GetReplaces())
	tagged, err := i.update(v, with(v.inputs, object{"tags": object{"a": "b"}}))
	require.NoError(t, err)
	assert.Equal(t, object{"a": "b"}, i.mustRefresh(tagged).outputs["tags"])

	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"backup:DeleteRecoveryPoint","Resource":"*"}]}`
	p := i.mustCreate(vaultPolicyKind, "policy", object{"backupVaultName": v.id, "policy": document})
	assert.Equal(t, v.outputs["arn"], p.outputs["backupVaultArn"])
	assert.Equal(t, "DIFF_NONE", i.diff(i.mustRefresh(p), p.inputs).GetChanges().String())
	require.NoError(t, i.delete(p))
	assert.Empty(t, i.mustRefresh(p).id)
	require.NoError(t, i.delete(v))
	assert.Empty(t, i.mustRefresh(v).id)
}

func TestAVaultThatKeepsSomethingIsDestroyedOnlyByForce(t *testing.T) {
	w := newWorld(t, Options{})
	i := w.in(primary)
	v, role := i.vault(), i.backupRole()
	i.mustCreate("aws:iam/rolePolicy:RolePolicy", "jobs", object{"role": role.outputs["name"],
		"policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dsql:*","Resource":"*"}]}`})
	made, err := w.DSQL.Restore(dsql.RestoreInput{Clusters: []dsql.RestoredCluster{{Region: primary}}})
	require.NoError(t, err)
	w.DSQL.Restored(made[0].ARN)
	service := w.Region(primary).Backup
	_, err = service.StartBackup(backup.Job{
		VaultName: v.id, ResourceArn: made[0].ARN, RoleArn: role.outputs["arn"].(string),
	}, 0, 0, "")
	require.NoError(t, err)
	for done := false; !done; {
		changed := service.Changed()
		if done = service.BackupJobs()[0].CompletedAt != nil; !done {
			<-changed
		}
	}
	v = i.mustRefresh(v)
	assert.InDelta(t, 1, v.outputs["recoveryPoints"], 0)
	require.ErrorContains(t, i.delete(v), "contains recovery points")
	forced, err := i.update(v, with(v.inputs, object{"forceDestroy": true}))
	require.NoError(t, err)
	require.NoError(t, i.delete(forced))
}

func TestALockIsReplacedAndMayNotBeTakenOff(t *testing.T) {
	i := newWorld(t, Options{}).in(primary)
	v := i.vault()
	_, err := i.create(vaultLockKind, "lock", object{"backupVaultName": v.id, "changeableForDays": 2})
	require.ErrorContains(t, err, "changeableForDays")
	lock := object{"backupVaultName": v.id, "changeableForDays": 3, "minRetentionDays": 7, "maxRetentionDays": 400}
	l := i.mustRefresh(i.mustCreate(vaultLockKind, "lock", lock))
	assert.Equal(t, "DIFF_NONE", i.diff(l, lock).GetChanges().String(), "what cannot be read is no drift")
	change := i.diff(l, with(lock, object{"minRetentionDays": 8}))
	assert.Equal(t, []string{"minRetentionDays"}, change.GetReplaces())
	assert.False(t, change.GetDeleteBeforeReplace(), "as the real one: a program has to ask for it")
	require.NoError(t, i.delete(l))
	assert.Empty(t, i.mustRefresh(l).id)
}

func TestAPlanWithItsSelectionLivesAsOnAWS(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.in(primary), w.in(secondary)
	role, v, copies := a.backupRole(), a.vault(), b.vault()
	plan := planOf(v, copies.outputs["arn"].(string))
	p := a.mustRefresh(a.mustCreate(planKind, "daily", plan))
	assert.Regexp(t, "^daily-[0-9a-f]{7}$", p.outputs["name"])
	assert.NotEmpty(t, p.outputs["version"])
	assert.Equal(t, "DIFF_NONE", a.diff(p, plan).GetChanges().String(), "defaults are no drift")
	rule := plan["rules"].([]any)[0].(object)
	later := object{"rules": []any{with(rule, object{"schedule": "cron(0 15 * * ? *)"})}}
	updated, err := a.update(p, later)
	require.NoError(t, err)
	assert.NotEqual(t, p.outputs["version"], updated.outputs["version"])
	assert.Equal(t, p.outputs["arn"], updated.outputs["arn"])
	assert.Equal(t, []string{"name"}, a.diff(p, with(plan, object{"name": "other"})).GetReplaces())

	selection := object{"planId": p.id, "iamRoleArn": role.outputs["arn"],
		"resources": []any{"arn:aws:dsql:us-east-1:123456789012:cluster/abc"}}
	s := a.mustRefresh(a.mustCreate(selectionKind, "clusters", selection))
	assert.Equal(t, "DIFF_NONE", a.diff(s, selection).GetChanges().String())
	assert.Equal(t, []string{"resources"}, a.diff(s, with(selection, object{"resources": []any{"arn:aws:dsql:x"}})).GetReplaces())
	require.ErrorContains(t, a.delete(updated), "selections must be deleted")
	require.NoError(t, a.delete(s))
	assert.Empty(t, a.mustRefresh(s).id)
	require.NoError(t, a.delete(updated))
	assert.Empty(t, a.mustRefresh(updated).id)
}

func TestWhatBackupsDoNotHaveHereIsRefused(t *testing.T) {
	w := newWorld(t, Options{})
	i := w.in(primary)
	role, v := i.backupRole(), i.vault()
	p := i.mustCreate(planKind, "daily", planOf(v, v.outputs["arn"].(string)))
	rule := func(more object) object {
		return object{"rules": []any{with(object{"ruleName": "r", "targetVaultName": v.id}, more)}}
	}
	selection := object{"planId": p.id, "iamRoleArn": role.outputs["arn"], "resources": []any{"arn:aws:dsql:x"}}
	tests := map[string]struct {
		kind   string
		inputs object
		says   string
	}{
		"cold storage":             {planKind, rule(object{"lifecycle": object{"coldStorageAfter": 1}}), "coldStorageAfter"},
		"continuous backups":       {planKind, rule(object{"enableContinuousBackup": true}), "enableContinuousBackup"},
		"a time that is none":      {planKind, rule(object{"schedule": "03:00"}), "schedule of rule r"},
		"selection by tags":        {selectionKind, with(selection, object{"selectionTags": []any{object{"type": "STRINGEQUALS", "key": "a", "value": "b"}}}), "selectionTags"},
		"all but some":             {selectionKind, with(selection, object{"notResources": []any{"arn:aws:dsql:y"}}), "notResources"},
		"a role that is there not": {selectionKind, with(selection, object{"iamRoleArn": "arn:aws:iam::123456789012:role/none"}), "cannot be assumed by AWS Backup"},
		"a vault without a key":    {vaultKind, object{}, "does not model the AWS managed key"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := i.create(test.kind, "x", test.inputs)
			require.ErrorContains(t, err, test.says)
		})
	}
}
