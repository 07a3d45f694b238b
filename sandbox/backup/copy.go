package backup

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// CopyJob copies a recovery point to a vault, of another region as a rule. What a caller gives is up to Lifecycle.
type CopyJob struct {
	SourceVault    string // its name
	SourcePointArn string
	VaultArn       string // of the destination
	RoleArn        string
	// Lifecycle is that of the copy; nil is that of the source.
	Lifecycle *Lifecycle

	ID             string
	SourceVaultArn string
	PointArn       string // the copy
	ResourceArn    string
	ResourceName   string
	State          string
	Message        string
	Bytes          int64
	CreatedAt      time.Time
	CompletedAt    *time.Time
	CreatedBy      *Creator
	BackupJobID    string // that it follows
}

// StartCopy starts a job on demand.
func (s *Service) StartCopy(j CopyJob, token string) (CopyJob, error) {
	if _, _, err := splitVault(j.VaultArn); err != nil {
		return j, err
	}
	if j.Lifecycle != nil {
		if err := j.Lifecycle.check(); err != nil {
			return j, err
		}
	}
	if err := s.assumable(j.RoleArn); err != nil {
		return j, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := s.repeated("StartCopyJob", token); ok {
		return *s.copies[id], nil
	}
	v, err := s.vault(j.SourceVault)
	if err != nil {
		return j, err
	}
	p := v.points[j.SourcePointArn]
	switch {
	case p == nil:
		return j, noPoint(j.SourcePointArn)
	case j.VaultArn == v.Arn:
		return j, invalidRequest("The source vault %s is the destination vault.", v.Arn)
	}
	j = s.startCopy(j, p)
	s.note("StartCopyJob", token, j.ID)
	return j, nil
}

// copyAfter starts the copy that a rule wants of a backup. The caller holds the lock.
func (s *Service) copyAfter(j Job, action CopyAction) {
	p, err := s.find(j.PointArn)
	if err != nil {
		return // deleted a moment ago
	}
	s.startCopy(CopyJob{
		SourceVault:    p.VaultName,
		SourcePointArn: p.Arn,
		VaultArn:       action.VaultArn,
		RoleArn:        j.RoleArn,
		Lifecycle:      action.Lifecycle,
		BackupJobID:    j.ID,
	}, p)
}

// startCopy makes a job and lets it run. The caller holds the lock.
func (s *Service) startCopy(j CopyJob, p *RecoveryPoint) CopyJob {
	j.ID, j.CreatedAt, j.State = newID(), s.now(), Created
	j.SourceVaultArn, j.ResourceArn, j.ResourceName = p.VaultArn, p.ResourceArn, p.ResourceName
	j.Bytes, j.CreatedBy = p.Bytes, p.CreatedBy
	if j.Lifecycle == nil {
		life := p.Lifecycle
		j.Lifecycle = &life
	}
	started := j
	s.copies[j.ID] = &started
	s.copyEntered(&started)
	data := p.data.use()
	copied := *p
	s.begin(func() { s.runCopy(j, copied, data) })
	return j
}

// copyEntered tells what is to be told of a job's new state. Its vault is that of the destination ("AWS Backup metrics
// with Amazon CloudWatch", AWS Backup Developer Guide). The caller holds the lock.
func (s *Service) copyEntered(j *CopyJob) {
	_, name, _ := splitVault(j.VaultArn)
	s.count("NumberOfCopyJobs"+title(j.State), name)
	s.announceCopy(*j)
	s.notify()
}

func (s *Service) runCopy(j CopyJob, source RecoveryPoint, data *rows) {
	ctx, stop := s.inRegion(s.ctx)
	defer stop()
	arn, err := s.copyOver(ctx, j, source, data)
	s.mu.Lock()
	defer s.mu.Unlock()
	now, ended := s.now(), s.copies[j.ID]
	ended.CompletedAt, ended.State, ended.PointArn = &now, Completed, arn
	if err != nil {
		data.release()
		ended.State, ended.Message = Failed, err.Error()
	}
	s.copyEntered(ended)
}

// copyOver takes as long as a copy takes on AWS and keeps it there.
func (s *Service) copyOver(ctx context.Context, j CopyJob, source RecoveryPoint, data *rows) (arn string, err error) {
	region, vault, err := splitVault(j.VaultArn)
	if err != nil {
		return "", err
	}
	if s.env.Clock.Sleep(ctx, s.deps.Durations.Start) != nil {
		return "", context.Cause(ctx)
	}
	s.mu.Lock()
	s.copies[j.ID].State = Running
	s.copyEntered(s.copies[j.ID])
	s.mu.Unlock()
	there, err := s.reach(region)
	if err == nil {
		err = s.mayCopy(j, source.VaultName, vault, there)
	}
	if err != nil {
		return "", err
	}
	if s.env.Clock.Sleep(ctx, s.deps.Durations.Copy) != nil {
		return "", context.Cause(ctx)
	}
	if _, err := s.reach(region); err != nil {
		return "", err
	}
	copied := source
	copied.SourceVaultArn, copied.RoleArn, copied.Lifecycle, copied.data = j.SourceVaultArn, j.RoleArn, *j.Lifecycle, data
	return there.receive(vault, copied)
}

// reach is the AWS Backup of another region, if it can be reached from this one.
func (s *Service) reach(region string) (*Service, error) {
	there := s.deps.Peer(region)
	if there == nil {
		return nil, fmt.Errorf("region %s is none of the account's", region)
	}
	if err := there.available(); err != nil {
		return nil, err
	}
	now, cancel := context.WithCancel(context.Background())
	cancel() // Reach waits for a network that is cut; a job does not
	if there.env.Reach(now, s.env.Name) != nil {
		return nil, fmt.Errorf("region %s cannot be reached from %s", region, s.env.Name)
	}
	return there, nil
}

// receive keeps a copy from another region.
func (s *Service) receive(name string, p RecoveryPoint) (arn string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.vault(name)
	if err != nil {
		return "", err
	}
	if err := v.Lock.admits(p.Lifecycle); err != nil {
		return "", err
	}
	if err := s.deps.KMS.Usable(v.KMSKeyArn); err != nil {
		return "", fmt.Errorf("the key of backup vault %s cannot be used: %w", name, err)
	}
	return s.store(v, p).Arn, nil
}

// CopyJob finds a job.
func (s *Service) CopyJob(id string) (CopyJob, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j := s.copies[id]; j != nil {
		return *j, nil
	}
	return CopyJob{}, noJob(id)
}

// CopyJobs lists the jobs, the newest first.
func (s *Service) CopyJobs() []CopyJob {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []CopyJob
	for j := range maps.Values(s.copies) {
		all = append(all, *j)
	}
	slices.SortFunc(all, func(a, b CopyJob) int { return newest(a.CreatedAt, b.CreatedAt, a.ID, b.ID) })
	return all
}
