package kms

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/region"
)

const (
	account = "123456789012"
	roleARN = "arn:aws:iam::123456789012:role/monitor"
	root    = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}`
)

func newService(t *testing.T) (*Service, *iam.Service) {
	t.Helper()
	clk := clock.New(1)
	identities := iam.New(account, clk)
	_, err := identities.CreateRole(iam.Role{Name: "monitor", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
	require.NoError(t, err)
	return New(region.New("us-east-1", account, clk), identities), identities
}

func create(t *testing.T, s *Service, statements string) Key {
	t.Helper()
	k, err := s.CreateKey(Key{Policy: `{"Version":"2012-10-17","Statement":[` + statements + `]}`})
	require.NoError(t, err)
	return k
}

func TestAKeyDelegatesToTheAccountOrNamesItsUsers(t *testing.T) {
	s, identities := newService(t)
	caller, cloudwatch := iam.Session(roleARN, "f"), iam.ServicePrincipal("cloudwatch.amazonaws.com")
	k := create(t, s, root+`,{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*"}`)

	require.NoError(t, s.Use(cloudwatch, "kms:GenerateDataKey", k.Arn, nil), "named by the key policy")
	require.ErrorIs(t, s.Use(iam.ServicePrincipal("events.amazonaws.com"), "kms:Decrypt", k.Arn, nil), awserr.ErrDenied)
	require.ErrorContains(t, s.Use(caller, "kms:Decrypt", k.KeyID, nil), "no identity-based policy allows the kms:Decrypt action")

	_, err := identities.PutRolePolicy(iam.RolePolicy{Role: "monitor", Name: "key", Policy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + k.Arn + `"}}`})
	require.NoError(t, err)
	assert.NoError(t, s.Use(caller, "kms:Decrypt", k.KeyID, nil), "the account delegates to the role's policy")
	assert.ErrorIs(t, s.Use(caller, "kms:GenerateDataKey", k.KeyID, nil), awserr.ErrDenied, "for the allowed actions only")
}

func TestADisabledKeyRefusesEveryone(t *testing.T) {
	s, identities := newService(t)
	k := create(t, s, root)
	require.NoError(t, s.SetEnabled(k.KeyID, false))
	require.ErrorContains(t, s.Use(identities.Admin().Principal, "kms:Decrypt", k.Arn, nil), "DisabledException: "+k.Arn+" is disabled.")
	require.ErrorContains(t, s.Usable(k.Arn), "DisabledException")
	require.NoError(t, s.SetEnabled(k.KeyID, true))
	assert.NoError(t, s.Use(identities.Admin().Principal, "kms:Decrypt", k.Arn, nil))
}

func TestADeletedKeyIsUselessAtOnceAndGoneAfterItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newService(t)
		k, err := s.CreateKey(Key{DeletionWindowInDays: 7})
		require.NoError(t, err)
		require.NoError(t, s.DeleteKey(k.KeyID))
		require.ErrorContains(t, s.Usable(k.KeyID), "is pending deletion")
		time.Sleep(7 * 24 * time.Hour)
		_, err = s.Key(k.KeyID)
		assert.ErrorIs(t, err, awserr.ErrNotFound)
	})
}

func TestTheKeyOfSNSAdmitsTheAccountByWayOfSNSAndNoService(t *testing.T) {
	s, identities := newService(t)
	admin := identities.Admin().Principal
	viaSNS := iam.Context{"kms:ViaService": "sns.us-east-1.amazonaws.com"}
	require.NoError(t, s.Use(admin, "kms:GenerateDataKey", AliasSNS, viaSNS))
	require.ErrorIs(t, s.Use(admin, "kms:GenerateDataKey", AliasSNS, nil), awserr.ErrDenied, "not directly")
	assert.ErrorIs(t, s.Use(iam.ServicePrincipal("cloudwatch.amazonaws.com"), "kms:GenerateDataKey", AliasSNS, viaSNS), awserr.ErrDenied)
}

func TestAKeyNobodyCouldManageIsRefused(t *testing.T) {
	s, _ := newService(t)
	locked := Key{Policy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"kms:*","Resource":"*"}}`}
	_, err := s.CreateKey(locked)
	require.ErrorContains(t, err, "will not allow you to update the key policy in the future")
	locked.BypassPolicyLockoutSafetyCheck = true
	_, err = s.CreateKey(locked)
	assert.NoError(t, err)
}

func TestWhatTheSandboxDoesNotModelIsRefused(t *testing.T) {
	s, _ := newService(t)
	for reason, k := range map[string]Key{
		"key usage":                     {KeyUsage: "SIGN_VERIFY"},
		"key spec":                      {CustomerMasterKeySpec: "RSA_2048"},
		"deletion window of 3 days":     {DeletionWindowInDays: 3},
		"key policy: the policy is not": {Policy: "?"},
	} {
		_, err := s.CreateKey(k)
		assert.ErrorContains(t, err, reason)
	}
}

func TestKeysGoByIDAliasAndARNInTheirRegionOnly(t *testing.T) {
	s, _ := newService(t)
	k, err := s.CreateKey(Key{MultiRegion: true, EnableKeyRotation: true})
	require.NoError(t, err)
	assert.Regexp(t, `^mrk-[0-9a-f]{32}$`, k.KeyID)
	assert.Equal(t, 365, k.RotationPeriodInDays)
	alias, err := s.CreateAlias(Alias{Name: "alias/dr", TargetKeyID: k.Arn})
	require.NoError(t, err)
	for _, name := range []string{k.KeyID, k.Arn, "alias/dr", alias.Arn} {
		found, err := s.Key(name)
		require.NoError(t, err, name)
		assert.Equal(t, k, found)
	}
	_, err = s.Key("arn:aws:kms:us-east-2:123456789012:key/" + k.KeyID)
	require.ErrorIs(t, err, awserr.ErrNotFound, "another region")

	other, err := s.CreateKey(Key{})
	require.NoError(t, err)
	_, err = s.UpdateAlias(Alias{Name: "alias/dr", TargetKeyID: other.KeyID})
	require.NoError(t, err)
	found, err := s.Key("alias/dr")
	require.NoError(t, err)
	assert.Equal(t, other, found)
	require.NoError(t, s.DeleteAlias("alias/dr"))
	_, err = s.Alias("alias/dr")
	require.ErrorIs(t, err, awserr.ErrNotFound)
	_, err = s.CreateAlias(Alias{Name: "alias/aws/mine", TargetKeyID: other.KeyID})
	assert.ErrorContains(t, err, "InvalidAliasName")
}

func TestAnUpdatedKeyKeepsWhatIsFixed(t *testing.T) {
	s, _ := newService(t)
	k, err := s.CreateKey(Key{MultiRegion: true})
	require.NoError(t, err)
	off := false
	updated, err := s.UpdateKey(Key{KeyID: k.KeyID, Description: "alerts", IsEnabled: &off})
	require.NoError(t, err)
	assert.True(t, updated.MultiRegion)
	assert.Equal(t, k.Arn, updated.Arn)
	assert.ErrorContains(t, s.Usable(k.KeyID), "is disabled")
}
