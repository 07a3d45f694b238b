package backup

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
)

// RestoreJob makes new clusters of a recovery point. What a caller gives is up to CopyTags.
type RestoreJob struct {
	PointArn string
	RoleArn  string
	Target   Target
	// CopyTags gives the clusters the recovery point's tags; by default they have none.
	CopyTags bool

	ID             string
	VaultArn       string
	SourceArn      string // the resource that was backed up
	CreatedArn     string // the cluster in this region, once the job is completed
	PointCreatedAt time.Time
	State          string
	Message        string
	Bytes          int64
	CreatedAt      time.Time
	CompletedAt    *time.Time
}

// maxRestores is how many restores run at a time in a region ("Cluster quotas and database limits in Amazon Aurora
// DSQL"). The page has neither code nor message for one more: here it waits, PENDING.
const maxRestores = 4

// slotInterval is how often a waiting restore looks whether another has ended.
const slotInterval = 10 * time.Second

// StartRestore starts a job.
func (s *Service) StartRestore(j RestoreJob, token string) (RestoreJob, error) {
	s.mu.Lock()
	if id, ok := s.repeated("StartRestoreJob", token); ok {
		defer s.mu.Unlock()
		return *s.restores[id], nil
	}
	s.mu.Unlock()
	if err := s.assumable(j.RoleArn); err != nil {
		return j, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(j.PointArn)
	if err != nil {
		return j, err
	}
	now := s.now()
	p.LastRestore = &now
	j.ID, j.CreatedAt, j.State = newID(), now, Pending
	j.VaultArn, j.SourceArn, j.PointCreatedAt, j.Bytes = p.VaultArn, p.ResourceArn, p.CreatedAt, p.Bytes
	started := j
	s.restores[j.ID] = &started
	s.restoreEntered(&started)
	s.note("StartRestoreJob", token, j.ID)
	data, point := p.data.use(), *p
	s.begin(func() { s.runRestore(j, point, data) })
	return j, nil
}

// restoreEntered tells what is to be told of a job's new state. The caller holds the lock.
func (s *Service) restoreEntered(j *RestoreJob) {
	_, name, _ := splitVault(j.VaultArn)
	s.count("NumberOfRestoreJobs"+title(j.State), name)
	s.announceRestore(*j)
	s.notify()
}

func (s *Service) runRestore(j RestoreJob, p RecoveryPoint, data *rows) {
	defer data.release()
	arn, err := s.restore(j, p, data)
	s.mu.Lock()
	defer s.mu.Unlock()
	now, ended := s.now(), s.restores[j.ID]
	ended.CompletedAt, ended.State, ended.CreatedArn = &now, Completed, arn
	if err != nil {
		ended.State, ended.Message, ended.CreatedArn = Failed, err.Error(), ""
	}
	s.restoreEntered(ended)
}

// restore makes the clusters of a job and fills them; what fails leaves none.
func (s *Service) restore(j RestoreJob, p RecoveryPoint, data *rows) (arn string, err error) {
	ctx, stop := s.inRegion(s.ctx)
	defer stop()
	if err := s.awaitSlot(ctx, j.ID); err != nil {
		return "", err
	}
	due := s.env.Now().Add(s.deps.Durations.Restore)
	if err := s.restorable(j, p); err != nil {
		return "", err
	}
	clusters, err := s.deps.DSQL.Restore(j.clusters(p))
	if err != nil {
		return "", err
	}
	arns := make([]string, len(clusters))
	for i, c := range clusters {
		arns[i] = c.ARN
	}
	err = s.deps.Data.Fill(ctx, arns[0], data.Snapshot)
	if err == nil {
		err = s.env.Clock.Sleep(ctx, due.Sub(s.env.Now()))
	}
	if err == nil {
		err = s.reachAll(j.Target)
	}
	if err != nil {
		s.deps.DSQL.Discard(arns...)
		return "", cause(ctx, err)
	}
	s.deps.DSQL.Restored(arns...)
	return arns[0], nil
}

// awaitSlot makes a job RUNNING once fewer than the quota are.
func (s *Service) awaitSlot(ctx context.Context, id string) error {
	for pause := s.deps.Durations.Start; ; pause = slotInterval {
		if s.env.Clock.Sleep(ctx, pause) != nil {
			return context.Cause(ctx)
		}
		if s.takeSlot(id) {
			return nil
		}
	}
}

func (s *Service) takeSlot(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	running := 0
	for _, j := range s.restores {
		if j.State == Running {
			running++
		}
	}
	if running >= maxRestores {
		return false
	}
	s.restores[id].State = Running
	s.restoreEntered(s.restores[id])
	return true
}

// restorable is whether a job can make what it asks for.
func (s *Service) restorable(j RestoreJob, p RecoveryPoint) error {
	if err := s.deps.KMS.Usable(p.KeyArn); err != nil {
		return fmt.Errorf("the key of recovery point %s cannot be used: %w", p.Arn, err)
	}
	if err := s.reachAll(j.Target); err != nil {
		return err
	}
	if err := s.mayRestore(j); err != nil {
		return err
	}
	for _, c := range j.Target.Clusters[1:] {
		if !s.deps.Peer(c.Region).hasTwin(p) {
			return fmt.Errorf("region %s has no recovery point of resource %s that was created at %s: a restore to several "+
				"Regions wants an identical copy in each", c.Region, p.ResourceName, p.CreatedAt.Format(time.RFC3339Nano))
		}
	}
	return nil
}

func (s *Service) reachAll(t Target) error {
	for _, c := range t.Clusters[1:] {
		if _, err := s.reach(c.Region); err != nil {
			return err
		}
	}
	return nil
}

// hasTwin is whether the region has a twin of a recovery point, whose key can be used.
func (s *Service) hasTwin(of RecoveryPoint) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.vaults {
		for _, p := range v.points {
			if p.IsTwin(of) && s.deps.KMS.Usable(p.KeyArn) == nil {
				return true
			}
		}
	}
	return false
}

// clusters are those that a job makes.
func (j RestoreJob) clusters(p RecoveryPoint) dsql.RestoreInput {
	in := dsql.RestoreInput{Witness: j.Target.Witness, Caller: iam.Session(j.RoleArn, session)}
	if j.CopyTags {
		in.Tags = p.Tags
	}
	for _, c := range j.Target.Clusters {
		in.Clusters = append(in.Clusters, dsql.RestoredCluster(c))
	}
	return in
}

// RestoreJob finds a job.
func (s *Service) RestoreJob(id string) (RestoreJob, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j := s.restores[id]; j != nil {
		return *j, nil
	}
	return RestoreJob{}, noJob(id)
}

// RestoreJobs lists the jobs, the newest first.
func (s *Service) RestoreJobs() []RestoreJob {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []RestoreJob
	for j := range maps.Values(s.restores) {
		all = append(all, *j)
	}
	slices.SortFunc(all, func(a, b RestoreJob) int { return newest(a.CreatedAt, b.CreatedAt, a.ID, b.ID) })
	return all
}
