package kms

import (
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
)

// Replica is a key of this region that has the id and the key material of a multi-Region primary key in another region;
// policy, state and deletion are its own (KMS Developer Guide, "Multi-Region keys"). The second group is given by KMS.
type Replica struct {
	Description                    string            `json:"description,omitempty"`
	PrimaryKeyArn                  string            `json:"primaryKeyArn"`
	Policy                         string            `json:"policy,omitempty"`
	BypassPolicyLockoutSafetyCheck bool              `json:"bypassPolicyLockoutSafetyCheck,omitempty"`
	DeletionWindowInDays           int               `json:"deletionWindowInDays,omitempty"` // 30 by default
	Enabled                        *bool             `json:"enabled,omitempty"`              // true by default
	Tags                           map[string]string `json:"tags,omitempty"`

	KeyID              string `json:"keyId"`
	Arn                string `json:"arn"`
	KeySpec            string `json:"keySpec"`
	KeyUsage           string `json:"keyUsage"`
	KeyRotationEnabled bool   `json:"keyRotationEnabled"`
}

// Connect tells the service of its peers: the KMS of another region, nil for one that the account does not use.
func (s *Service) Connect(peer func(region string) *Service) { s.peer = peer }

// ReplicateKey creates a replica of a multi-Region primary key.
func (s *Service) ReplicateKey(r Replica) (Replica, error) {
	primary, err := s.primary(r.PrimaryKeyArn)
	if err != nil {
		return Replica{}, err
	}
	stored, err := s.complete(r.key(primary.Key, s.env.ARN("kms", "key/"+primary.KeyID)))
	if err != nil {
		return Replica{}, err
	}
	stored.material, stored.primary, stored.CreationDate = primary.material, primary.Arn, s.env.Now()
	if !s.keys.Insert(primary.KeyID, stored) {
		return Replica{}, awserr.Conflict(400, "AlreadyExistsException", "%s already exists.", stored.Arn)
	}
	s.peer(regionOf(primary.Arn)).keys.Update(primary.KeyID, func(k *storedKey) {
		k.replicas = append(slices.Clone(k.replicas), s.env.Name)
	})
	return stored.replica(), nil
}

// primary finds a primary key in its region, which must be another one and available.
func (s *Service) primary(arn string) (storedKey, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[3] == s.env.Name || s.peer(parts[3]) == nil {
		return storedKey{}, awserr.Invalid(
			"ValidationException",
			"primary key %q: want the ARN of a multi-Region key in another region of the account",
			arn,
		)
	}
	peer := s.peer(parts[3])
	if err := peer.env.Available("kms"); err != nil {
		return storedKey{}, err
	}
	k, err := peer.find(arn)
	switch {
	case err != nil:
		return storedKey{}, err
	case !k.MultiRegion || k.primary != "":
		return storedKey{}, awserr.Invalid("UnsupportedOperationException", "%s is not a multi-region primary key.", arn)
	default:
		return k, k.usable()
	}
}

// key is the replica as a key: what is shared comes from the primary.
func (r Replica) key(shared Key, arn string) Key {
	return Key{
		Description: r.Description, Policy: r.Policy, BypassPolicyLockoutSafetyCheck: r.BypassPolicyLockoutSafetyCheck,
		DeletionWindowInDays: r.DeletionWindowInDays, IsEnabled: r.Enabled, Tags: r.Tags,
		KeyUsage: shared.KeyUsage, CustomerMasterKeySpec: shared.CustomerMasterKeySpec, MultiRegion: true,
		EnableKeyRotation: shared.EnableKeyRotation, RotationPeriodInDays: shared.RotationPeriodInDays,
		KeyID: shared.KeyID, Arn: arn,
	}
}

func (k storedKey) replica() Replica {
	return Replica{
		Description:                    k.Description,
		PrimaryKeyArn:                  k.primary,
		Policy:                         k.Policy,
		BypassPolicyLockoutSafetyCheck: k.BypassPolicyLockoutSafetyCheck,
		DeletionWindowInDays:           k.DeletionWindowInDays,
		Enabled:                        k.IsEnabled,
		Tags:                           k.Tags,
		KeyID:                          k.KeyID,
		Arn:                            k.Arn,
		KeySpec:                        k.CustomerMasterKeySpec,
		KeyUsage:                       k.KeyUsage,
		KeyRotationEnabled:             k.EnableKeyRotation,
	}
}

// Replica finds a replica by its id or ARN.
func (s *Service) Replica(name string) (Replica, error) {
	k, err := s.find(name)
	if err == nil && k.primary == "" {
		err = notFound(name)
	}
	if err != nil {
		return Replica{}, err
	}
	return k.replica(), nil
}

// UpdateReplica replaces what the owner of a replica gives.
func (s *Service) UpdateReplica(r Replica) (Replica, error) {
	old, err := s.find(r.KeyID)
	if err != nil {
		return Replica{}, err
	}
	updated, err := s.UpdateKey(r.key(old.Key, old.Arn))
	if err != nil {
		return Replica{}, err
	}
	return s.Replica(updated.KeyID)
}
