package backup

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// States of recovery points.
const (
	Completed = "COMPLETED"
)

// Lifecycle is how long a recovery point is kept.
type Lifecycle struct {
	DeleteAfter int `json:"deleteAfter,omitempty"` // days after creation; 0 is never
}

func (l Lifecycle) String() string {
	if l.DeleteAfter == 0 {
		return "for ever"
	}
	return fmt.Sprintf("%d days", l.DeleteAfter)
}

// longer is whether it keeps longer than another.
func (l Lifecycle) longer(than Lifecycle) bool {
	return than.DeleteAfter != 0 && (l.DeleteAfter == 0 || l.DeleteAfter > than.DeleteAfter)
}

func (l Lifecycle) check() error {
	if l.DeleteAfter < 0 || l.DeleteAfter > maxDays {
		return invalidValue("DeleteAfterDays is %d: want 1 to %d", l.DeleteAfter, maxDays)
	}
	return nil
}

// Creator is the rule of a plan that a job was made for.
type Creator struct {
	PlanID, PlanArn, PlanName, PlanVersion string
	RuleID, RuleName, Cron, TimeZone       string
}

// RecoveryPoint is a backup or a copy of one. A copy has the resource and the creation date of what it is a copy of,
// which is how the two are told to be twins ("Amazon Aurora DSQL restore", AWS Backup Developer Guide).
type RecoveryPoint struct {
	Arn            string
	VaultName      string
	VaultArn       string
	SourceVaultArn string // of a copy
	ResourceArn    string
	ResourceName   string
	Status         string
	CreatedAt      time.Time
	CompletedAt    time.Time
	LastRestore    *time.Time
	Bytes          int64
	RoleArn        string
	KeyArn         string
	Lifecycle      Lifecycle
	CreatedBy      *Creator
	Tags           map[string]string

	data *rows
}

// ClusterID is the identifier of the cluster that was backed up.
func (p RecoveryPoint) ClusterID() string {
	return p.ResourceArn[strings.LastIndex(p.ResourceArn, "/")+1:]
}

// IsTwin is whether a recovery point of another region is a copy of this one, or its original.
func (p RecoveryPoint) IsTwin(other RecoveryPoint) bool {
	return p.ResourceName == other.ResourceName && p.CreatedAt.Equal(other.CreatedAt)
}

// DeleteAt is when it is deleted; nil for never.
func (p RecoveryPoint) DeleteAt() *time.Time {
	if p.Lifecycle.DeleteAfter == 0 {
		return nil
	}
	at := p.CreatedAt.Add(time.Duration(p.Lifecycle.DeleteAfter) * day)
	return &at
}

// rows are a snapshot that recovery points and restores share: the last one removes it.
type rows struct {
	Snapshot
	users atomic.Int32
}

func (r *rows) use() *rows {
	r.users.Add(1)
	return r
}

func (r *rows) release() {
	if r.users.Add(-1) > 0 {
		return
	}
	if err := r.Remove(); err != nil {
		slog.Error("the data of a recovery point is still there", "error", err)
	}
}

// store puts a recovery point into a vault. The caller holds the lock.
func (s *Service) store(v *vault, p RecoveryPoint) *RecoveryPoint {
	p.Arn = s.env.ARN("backup", "recovery-point:"+newID())
	p.VaultName, p.VaultArn, p.KeyArn = v.Name, v.Arn, v.KMSKeyArn
	p.Status, p.CompletedAt = Completed, s.now()
	v.points[p.Arn] = &p
	s.count("NumberOfRecoveryPointsCompleted", v.Name)
	s.announcePoint(p)
	return &p
}

// RecoveryPoint finds a recovery point of a vault.
func (s *Service) RecoveryPoint(vault, arn string) (RecoveryPoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.vault(vault)
	if err != nil {
		return RecoveryPoint{}, err
	}
	p := v.points[arn]
	if p == nil {
		return RecoveryPoint{}, noPoint(arn)
	}
	return *p, nil
}

func noPoint(arn string) error { return notFound("Cannot find recovery point: %s", arn) }

// find finds a recovery point in whatever vault. The caller holds the lock.
func (s *Service) find(arn string) (*RecoveryPoint, error) {
	for _, v := range s.vaults {
		if p := v.points[arn]; p != nil {
			return p, nil
		}
	}
	return nil, noPoint(arn)
}

// Find finds a recovery point in whatever vault of the region.
func (s *Service) Find(arn string) (RecoveryPoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(arn)
	if err != nil {
		return RecoveryPoint{}, err
	}
	return *p, nil
}

// PointsOfVault lists the recovery points of a vault, the newest first.
func (s *Service) PointsOfVault(name string) ([]RecoveryPoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.vault(name)
	if err != nil {
		return nil, err
	}
	return sorted(v.all(nil)), nil
}

// PointsOfResource lists the recovery points of a resource in all vaults of the region, the newest first.
func (s *Service) PointsOfResource(arn string) []RecoveryPoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	var points []RecoveryPoint
	for _, v := range s.vaults {
		points = append(points, v.all(func(p *RecoveryPoint) bool { return p.ResourceArn == arn })...)
	}
	return sorted(points)
}

// all are the recovery points that are wanted; nil wants all.
func (v *vault) all(wanted func(*RecoveryPoint) bool) (points []RecoveryPoint) {
	for _, p := range v.points {
		if wanted == nil || wanted(p) {
			points = append(points, *p)
		}
	}
	return points
}

func sorted(points []RecoveryPoint) []RecoveryPoint {
	slices.SortFunc(points, func(a, b RecoveryPoint) int {
		if byTime := b.CreatedAt.Compare(a.CreatedAt); byTime != 0 {
			return byTime
		}
		return strings.Compare(a.Arn, b.Arn)
	})
	return points
}

// DeletePoint deletes a recovery point, unless the vault is locked.
func (s *Service) DeletePoint(vault, arn string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, p, err := s.unlocked(vault, arn)
	if err == nil {
		s.remove(v, p)
	}
	return err
}

// SetLifecycle says anew how long a recovery point is kept, unless the vault is locked.
func (s *Service) SetLifecycle(vault, arn string, life Lifecycle) (RecoveryPoint, error) {
	if err := life.check(); err != nil {
		return RecoveryPoint{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, p, err := s.unlocked(vault, arn)
	if err != nil {
		return RecoveryPoint{}, err
	}
	p.Lifecycle = life
	return *p, nil
}

// unlocked finds a recovery point that no lock keeps as it is. The caller holds the lock.
func (s *Service) unlocked(name, arn string) (*vault, *RecoveryPoint, error) {
	v, err := s.vault(name)
	if err != nil {
		return nil, nil, err
	}
	p := v.points[arn]
	switch {
	case p == nil:
		return nil, nil, noPoint(arn)
	case v.Lock != nil:
		return nil, nil, invalidRequest("Backup vault %s is locked: its recovery points cannot be deleted, nor kept for "+
			"another time.", v.Arn)
	}
	return v, p, nil
}

// remove deletes a recovery point. The caller holds the lock.
func (s *Service) remove(v *vault, p *RecoveryPoint) {
	delete(v.points, p.Arn)
	p.data.release()
	s.recordDeleted()
}

// Tick deletes the recovery points whose time has come. AWS does so whatever the vault's policy and lock say.
func (s *Service) Tick(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.vaults {
		for _, p := range v.points {
			if at := p.DeleteAt(); at != nil && !now.Before(*at) {
				s.remove(v, p)
			}
		}
	}
}
