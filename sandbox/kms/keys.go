package kms

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/must"
)

// CreateKey creates a symmetric key. Without a policy it gets KMS's default one, which delegates to the account.
func (s *Service) CreateKey(k Key) (Key, error) {
	if k.KeyUsage != "" && k.KeyUsage != "ENCRYPT_DECRYPT" {
		return Key{}, awserr.Invalid(
			"ValidationException",
			"key usage %q: the sandbox models ENCRYPT_DECRYPT only",
			k.KeyUsage,
		)
	}
	if k.CustomerMasterKeySpec != "" && k.CustomerMasterKeySpec != "SYMMETRIC_DEFAULT" {
		return Key{}, awserr.Invalid(
			"ValidationException",
			"key spec %q: the sandbox models SYMMETRIC_DEFAULT only",
			k.CustomerMasterKeySpec,
		)
	}
	k.KeyUsage, k.CustomerMasterKeySpec = "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"
	k.KeyID = newKeyID(k.MultiRegion)
	k.Arn = s.env.ARN("kms", "key/"+k.KeyID)
	stored, err := s.complete(k)
	if err != nil {
		return Key{}, err
	}
	if k.MultiRegion {
		s.iam.LinkRole(iam.MultiRegionKey)
	}
	stored.material = newMaterial()
	stored.CreationDate = s.env.Now()
	s.keys.Put(k.KeyID, stored)
	return stored.Key, nil
}

// complete fills in the defaults and parses the policy.
func (s *Service) complete(k Key) (storedKey, error) {
	if k.IsEnabled == nil {
		enabled := true
		k.IsEnabled = &enabled
	}
	if k.DeletionWindowInDays == 0 {
		k.DeletionWindowInDays = 30
	}
	if err := checkWindow(k.DeletionWindowInDays); err != nil {
		return storedKey{}, err
	}
	if k.EnableKeyRotation && k.RotationPeriodInDays == 0 {
		k.RotationPeriodInDays = 365
	}
	if k.Policy == "" {
		k.Policy = `{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions",` +
			`"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + s.env.Account + `:root"},"Action":"kms:*","Resource":"*"}]}`
	}
	if err := k.check(); err != nil {
		return storedKey{}, err
	}
	policy, err := iam.ParseResourcePolicy(k.Policy)
	if err != nil {
		return storedKey{}, awserr.Invalid("MalformedPolicyDocumentException", "key policy: %v", err)
	}
	if err := s.iam.AuthorizeKey(
		s.iam.Admin().Principal,
		"kms:PutKeyPolicy",
		k.Arn,
		nil,
		policy,
	); err != nil &&
		!k.BypassPolicyLockoutSafetyCheck {
		return storedKey{}, awserr.Invalid("MalformedPolicyDocumentException",
			"The new key policy will not allow you to update the key policy in the future.")
	}
	return storedKey{Key: k, policy: policy}, nil
}

// Managed is whether a key is AWS's own, of a service.
func (s *Service) Managed(k Key) bool {
	return slices.ContainsFunc(s.aliases.All(), func(a Alias) bool {
		return a.TargetKeyID == k.KeyID && strings.HasPrefix(a.Name, "alias/aws/")
	})
}

// Key finds a key by id, ARN, alias or alias ARN.
func (s *Service) Key(name string) (Key, error) {
	k, err := s.find(name)
	return k.Key, err
}

// Keys lists the keys by id, AWS managed ones included.
func (s *Service) Keys() []Key {
	var keys []Key
	for _, k := range s.keys.All() {
		if k, ok := s.current(k.KeyID); ok {
			keys = append(keys, k.Key)
		}
	}
	return keys
}

// UpdateKey replaces what the owner of a key gives.
func (s *Service) UpdateKey(k Key) (Key, error) {
	old, err := s.find(k.KeyID)
	if err != nil {
		return Key{}, err
	}
	k.KeyUsage, k.CustomerMasterKeySpec, k.MultiRegion = old.KeyUsage, old.CustomerMasterKeySpec, old.MultiRegion
	k.Arn, k.CreationDate, k.DeletionDate, k.ReplicasFirst = old.Arn, old.CreationDate, old.DeletionDate, old.ReplicasFirst
	stored, err := s.complete(k)
	if err != nil {
		return Key{}, err
	}
	stored.material, stored.primary, stored.replicas = old.material, old.primary, old.replicas
	s.keys.Put(k.KeyID, stored)
	return stored.Key, nil
}

// CreateAlias names a key of this region.
func (s *Service) CreateAlias(a Alias) (Alias, error) {
	if !strings.HasPrefix(a.Name, "alias/") || strings.HasPrefix(a.Name, "alias/aws/") {
		return Alias{}, awserr.Invalid(
			"InvalidAliasNameException",
			"alias %q: want alias/<name>, except alias/aws/…",
			a.Name,
		)
	}
	if err := a.check(); err != nil {
		return Alias{}, err
	}
	a, err := s.target(a)
	if err != nil {
		return Alias{}, err
	}
	if !s.aliases.Insert(a.Name, a) {
		return Alias{}, awserr.Conflict(400, "AlreadyExistsException", "An alias with the name %s already exists", a.Arn)
	}
	return a, nil
}

func (s *Service) target(a Alias) (Alias, error) {
	k, err := s.find(a.TargetKeyID)
	if err != nil {
		return Alias{}, err
	}
	a.TargetKeyID, a.TargetKeyArn, a.Arn = k.KeyID, k.Arn, s.env.ARN("kms", a.Name)
	return a, nil
}

// Alias finds an alias by its name.
func (s *Service) Alias(name string) (Alias, error) {
	a, ok := s.aliases.Get(name)
	if !ok {
		return Alias{}, noAlias(name)
	}
	return a, nil
}

// UpdateAlias points an alias at another key.
func (s *Service) UpdateAlias(a Alias) (Alias, error) {
	a, err := s.target(a)
	if err != nil {
		return Alias{}, err
	}
	if !s.aliases.Update(a.Name, func(old *Alias) { *old = a }) {
		return Alias{}, noAlias(a.Name)
	}
	return a, nil
}

// DeleteAlias deletes an alias; its key stays.
func (s *Service) DeleteAlias(name string) error {
	if !s.aliases.Delete(name) {
		return noAlias(name)
	}
	return nil
}

func noAlias(name string) error {
	return awserr.NotFound(400, "NotFoundException", "Alias %s is not found.", name)
}

// createManagedKey creates the AWS managed key of a service as KMS describes it: usable by the account's identities
// through that service, and to be looked at by them directly.
func (s *Service) createManagedKey(alias, via string) {
	enabled := true
	k := Key{
		Description: "Default key that protects data when no other key is defined",
		KeyUsage:    "ENCRYPT_DECRYPT", CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
		IsEnabled: &enabled, KeyID: newKeyID(false), DeletionWindowInDays: 30, CreationDate: s.env.Now(),
		Policy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},` +
			`"Action":["kms:Decrypt","kms:GenerateDataKey*","kms:CreateGrant","kms:ListGrants","kms:DescribeKey"],` +
			`"Resource":"*",` +
			`"Condition":{"StringEquals":{"kms:ViaService":"` + via + `","kms:CallerAccount":"` + s.env.Account + `"}}},` +
			`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + s.env.Account + `:root"},` +
			`"Action":["kms:Describe*","kms:Get*","kms:List*","kms:RevokeGrant"],"Resource":"*"}]}`,
	}
	k.Arn = s.env.ARN("kms", "key/"+k.KeyID)
	policy := must.Have(iam.ParseResourcePolicy(k.Policy))
	s.keys.Put(k.KeyID, storedKey{Key: k, policy: policy, material: newMaterial()})
	s.aliases.Put(alias, Alias{
		Name:         alias,
		TargetKeyID:  k.KeyID,
		TargetKeyArn: k.Arn,
		Arn:          s.env.ARN("kms", alias),
	})
}

// newKeyID is a UUID, or mrk- and 32 hexadecimal digits for a multi-Region key.
func newKeyID(multiRegion bool) string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	if multiRegion {
		return "mrk-" + hex.EncodeToString(id[:])
	}
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
