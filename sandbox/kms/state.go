package kms

import (
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
)

// Key states (KMS Developer Guide, "Key states of AWS KMS keys").
const (
	Enabled                = "Enabled"
	Disabled               = "Disabled"
	PendingDeletion        = "PendingDeletion"
	PendingReplicaDeletion = "PendingReplicaDeletion"
)

// State is the key's state.
func (k Key) State() string {
	switch {
	case k.ReplicasFirst:
		return PendingReplicaDeletion
	case !k.DeletionDate.IsZero():
		return PendingDeletion
	case !*k.IsEnabled:
		return Disabled
	default:
		return Enabled
	}
}

// Deleting is whether the key is to be deleted.
func (k Key) Deleting() bool { return k.ReplicasFirst || !k.DeletionDate.IsZero() }

func (k Key) usable() error {
	switch k.State() {
	case Enabled:
		return nil
	case Disabled:
		return awserr.Conflict(400, "DisabledException", "%s is disabled.", k.Arn)
	default:
		return k.pending()
	}
}

// pending refuses what a key that is to be deleted does not take, nil for any other.
func (k Key) pending() error {
	switch k.State() {
	case PendingDeletion:
		return awserr.Conflict(400, "KMSInvalidStateException", "%s is pending deletion.", k.Arn)
	case PendingReplicaDeletion:
		return awserr.Conflict(400, "KMSInvalidStateException", "%s is pending replica deletion.", k.Arn)
	default:
		return nil
	}
}

// SetEnabled enables or disables a key, which must not be about to be deleted; a disabled one refuses every use.
func (s *Service) SetEnabled(key string, enabled bool) error {
	k, err := s.find(key)
	if err != nil {
		return err
	}
	if err := k.pending(); err != nil {
		return err
	}
	s.keys.Update(k.KeyID, func(k *storedKey) { k.IsEnabled = &enabled })
	return nil
}

// ScheduleDeletion has a key deleted after 7 to 30 days; a primary key waits for its replicas first, and the days are
// counted from then ("Deleting multi-Region keys"). From now on it refuses every use.
func (s *Service) ScheduleDeletion(key string, days int) (Key, error) {
	k, err := s.find(key)
	if err != nil {
		return Key{}, err
	}
	if err := k.pending(); err != nil {
		return Key{}, err
	}
	if err := checkWindow(days); err != nil {
		return Key{}, err
	}
	s.keys.Update(k.KeyID, func(k *storedKey) {
		k.DeletionWindowInDays = days
		if k.ReplicasFirst = len(k.replicas) > 0; !k.ReplicasFirst {
			k.DeletionDate = s.env.Now().Add(k.window())
		}
	})
	return s.Key(k.KeyID)
}

func checkWindow(days int) error {
	if days < 7 || days > 30 {
		return awserr.Invalid("ValidationException", "deletion window of %d days: want 7 to 30", days)
	}
	return nil
}

func (k Key) window() time.Duration { return time.Duration(k.DeletionWindowInDays) * 24 * time.Hour }

// DeleteKey schedules the deletion of a key after the window it was created with. One that waits for its deletion is as
// good as deleted.
func (s *Service) DeleteKey(key string) error {
	k, err := s.find(key)
	if err != nil || k.Deleting() {
		return err
	}
	_, err = s.ScheduleDeletion(key, k.DeletionWindowInDays)
	return err
}

// CancelDeletion keeps a key that was to be deleted. It is Disabled then.
func (s *Service) CancelDeletion(key string) error {
	k, err := s.find(key)
	if err != nil {
		return err
	}
	if !k.Deleting() {
		return awserr.Conflict(400, "KMSInvalidStateException", "%s is not pending deletion.", k.Arn)
	}
	off := false
	s.keys.Update(k.KeyID, func(k *storedKey) {
		k.DeletionDate, k.ReplicasFirst, k.IsEnabled = time.Time{}, false, &off
	})
	return nil
}

// current is a key as it is by now: its replicas and the key itself may be gone meanwhile.
func (s *Service) current(id string) (storedKey, bool) {
	k, _ := s.keys.Get(id)
	for _, region := range k.replicas {
		s.peer(region).current(id) // tells when the last replica went
	}
	k, ok := s.keys.Get(id)
	if !ok || k.DeletionDate.IsZero() || s.env.Now().Before(k.DeletionDate) {
		return k, ok
	}
	s.keys.Delete(id)
	if k.primary != "" {
		s.peer(regionOf(k.primary)).replicaGone(id, s.env.Name, k.DeletionDate)
	}
	return storedKey{}, false
}

// replicaGone is told to a primary key, which may have waited for it.
func (s *Service) replicaGone(id, region string, at time.Time) {
	s.keys.Update(id, func(k *storedKey) {
		k.replicas = slices.DeleteFunc(slices.Clone(k.replicas), func(r string) bool { return r == region })
		if k.ReplicasFirst && len(k.replicas) == 0 {
			k.ReplicasFirst, k.DeletionDate = false, at.Add(k.window())
		}
	})
}

// regionOf is the region in an ARN.
func regionOf(arn string) string { return strings.SplitN(arn, ":", 6)[3] }

// Family are the ARNs of a multi-Region key: the primary key's, and those of its replicas by region. Of a key of one
// region both are empty.
func (s *Service) Family(key string) (primary string, replicas []string, err error) {
	k, err := s.find(key)
	if err != nil || !k.MultiRegion {
		return "", nil, err
	}
	if k.primary != "" {
		return s.peer(regionOf(k.primary)).Family(k.primary)
	}
	for _, region := range k.replicas {
		replicas = append(replicas, s.peer(region).env.ARN("kms", "key/"+k.KeyID))
	}
	slices.Sort(replicas)
	return k.Arn, replicas, nil
}
