package backup

import (
	"time"

	"aurora-dsql-dr/sandbox/internal/constraint"
)

// Lock keeps the recovery points of a vault from being deleted, and bounds how long those to come are kept (API
// Reference, PutBackupVaultLockConfiguration). Without ChangeableForDays it is in governance mode and can be taken off;
// with it, it is in compliance mode, and from its date on nothing takes it off.
type Lock struct {
	VaultName         string `json:"backupVaultName"`
	ChangeableForDays *int   `json:"changeableForDays,omitempty"`
	MaxRetentionDays  *int   `json:"maxRetentionDays,omitempty"`
	MinRetentionDays  *int   `json:"minRetentionDays,omitempty"`
	VaultArn          string `json:"backupVaultArn"`
	// Date is when it becomes immutable; nil in governance mode.
	Date *time.Time `json:"-"`
}

const (
	day = 24 * time.Hour
	// coolingOff is the fewest days for which a compliance lock can be changed.
	coolingOff = 3
	// maxDays is the longest retention, a hundred years.
	maxDays = 36_500
)

func (l Lock) check() error {
	var k constraint.Check
	within := func(member string, days *int, least int) {
		if days != nil {
			k.Range(member, *days, least, maxDays)
		}
	}
	within("changeableForDays", l.ChangeableForDays, coolingOff)
	within("minRetentionDays", l.MinRetentionDays, 1)
	within("maxRetentionDays", l.MaxRetentionDays, 1)
	if err := k.Err("InvalidParameterValueException"); err != nil {
		return err
	}
	if l.MinRetentionDays != nil && l.MaxRetentionDays != nil && *l.MinRetentionDays > *l.MaxRetentionDays {
		return invalidValue("MinRetentionDays is %d: want at most MaxRetentionDays, %d", *l.MinRetentionDays,
			*l.MaxRetentionDays)
	}
	return nil
}

// immutable is whether nothing changes the lock any more.
func (l *Lock) immutable(now time.Time) bool {
	return l != nil && l.Date != nil && !now.Before(*l.Date)
}

// admits refuses retentions out of the lock's bounds.
func (l *Lock) admits(life Lifecycle) error {
	switch {
	case l == nil:
		return nil
	case l.MinRetentionDays != nil && life.DeleteAfter != 0 && life.DeleteAfter < *l.MinRetentionDays:
		return invalidRequest("retention is %d days: the lock of vault %s wants at least %d", life.DeleteAfter, l.VaultName,
			*l.MinRetentionDays)
	case l.MaxRetentionDays != nil && (life.DeleteAfter == 0 || life.DeleteAfter > *l.MaxRetentionDays):
		return invalidRequest("retention is %s: the lock of vault %s wants at most %d days", life, l.VaultName,
			*l.MaxRetentionDays)
	default:
		return nil
	}
}

// PutLock locks a vault or changes its lock.
func (s *Service) PutLock(l Lock) (Lock, error) {
	if err := l.check(); err != nil {
		return l, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.vault(l.VaultName)
	if err != nil {
		return l, err
	}
	if err := s.changeable(v); err != nil {
		return l, err
	}
	l.VaultArn, l.Date = v.Arn, nil
	if l.ChangeableForDays != nil {
		date := s.now().Add(time.Duration(*l.ChangeableForDays) * day)
		l.Date = &date
	}
	v.Lock = &l
	return l, nil
}

// Lock is the lock of a vault; one that is not locked is an error.
func (s *Service) Lock(name string) (Lock, error) {
	v, err := s.Vault(name)
	if err == nil && v.Lock == nil {
		err = notFound("Backup vault %s is not locked.", v.Arn)
	}
	if err != nil {
		return Lock{}, err
	}
	return *v.Lock, nil
}

// DeleteLock takes the lock off a vault.
func (s *Service) DeleteLock(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.vault(name)
	if err != nil {
		return err
	}
	if err := s.changeable(v); err != nil {
		return err
	}
	v.Lock = nil
	return nil
}

func (s *Service) changeable(v *vault) error {
	if v.Lock.immutable(s.now()) {
		return invalidRequest("The vault lock of %s is immutable since %s.", v.Arn, v.Lock.Date.Format(time.RFC3339))
	}
	return nil
}
