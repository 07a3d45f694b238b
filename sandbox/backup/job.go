package backup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// States of jobs. Those of backups begin with CREATED and may end EXPIRED or ABORTED, those of copies begin with
// CREATED, those of restores with PENDING.
const (
	Created = "CREATED"
	Pending = "PENDING"
	Running = "RUNNING"
	Aborted = "ABORTED"
	Failed  = "FAILED"
	Expired = "EXPIRED"
)

// Job backs up one cluster. What a caller gives is up to Copies.
type Job struct {
	VaultName   string
	ResourceArn string
	RoleArn     string
	Lifecycle   Lifecycle
	Tags        map[string]string
	// StartBy is until when it may wait, and CompleteBy when it has to have ended.
	StartBy    time.Time
	CompleteBy time.Time
	Copies     []CopyAction
	CreatedBy  *Creator

	ID           string
	VaultArn     string
	ResourceName string
	State        string
	Message      string
	PointArn     string
	Bytes        int64
	CreatedAt    time.Time
	CompletedAt  *time.Time
}

type backupJob struct {
	Job
	cancel context.CancelCauseFunc
}

// Default windows of StartBackupJob (API Reference); that of completion is the longest that a job may take.
const (
	onDemandStart      = 8 * time.Hour
	onDemandCompletion = 7 * day
)

// retryInterval is how often a job tries to begin ("at least every 10 minutes", API Reference, StartBackupJob).
const retryInterval = 10 * time.Minute

// message is a job's status message in AWS's words.
type message string

func (m message) Error() string { return string(m) }

// Reasons for which jobs end.
const (
	errStopped = message("Backup job was stopped by user.")
	errTooLate = message("The backup job did not complete within its completion window.")
	errLost    = message("The Region became unavailable while the job was running.")
	errRunning = message("there was a running job for the same resource.")
)

// because is why a backup job has failed.
type because struct{ error }

func (b because) Error() string { return "Backup job failed because " + b.error.Error() }

func (b because) Unwrap() error { return b.error }

// expired is why a job has not begun in time.
type expired struct{ because }

// StartBackup starts a job on demand. Windows are in minutes, 0 for the defaults.
func (s *Service) StartBackup(j Job, startWindow, completionWindow int, token string) (Job, error) {
	var k constraint.Check
	k.Tags(j.Tags)
	start, complete := onDemandStart, onDemandCompletion
	if startWindow != 0 {
		k.Range("startWindowMinutes", startWindow, leastWindow, mostWindow)
		start = time.Duration(startWindow) * time.Minute
	}
	if completionWindow != 0 {
		least := int(start.Minutes()) + leastWindow
		k.Range("completeWindowMinutes", completionWindow, least, mostWindow)
		complete = time.Duration(completionWindow) * time.Minute
	}
	if err := k.Err("InvalidParameterValueException"); err != nil {
		return j, err
	}
	if err := j.Lifecycle.check(); err != nil {
		return j, err
	}
	if err := s.assumable(j.RoleArn); err != nil {
		return j, err
	}
	if c, ok := s.deps.DSQL.Cluster(j.ResourceArn); !ok || c.Region != s.env.Name {
		return j, notFound("Resource %s does not exist in %s: want a cluster of Aurora DSQL.", j.ResourceArn, s.env.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := s.repeated("StartBackupJob", token); ok {
		return s.backups[id].Job, nil
	}
	if s.optedOut {
		return j, invalidRequest("The service %s is not opted in to AWS Backup in %s.", ResourceType, s.env.Name)
	}
	if _, err := s.vault(j.VaultName); err != nil {
		return j, err
	}
	j.StartBy, j.CompleteBy = s.now().Add(start), s.now().Add(complete)
	j = s.start(j)
	s.note("StartBackupJob", token, j.ID)
	return j, nil
}

// start makes a job and lets it run. The caller holds the lock.
func (s *Service) start(j Job) Job {
	s.deps.IAM.LinkRole(Principal)
	ctx, cancel := context.WithCancelCause(s.ctx)
	j.ID, j.CreatedAt, j.State, j.VaultArn = newID(), s.now(), Created, s.vaultARN(j.VaultName)
	j.ResourceName = s.resourceName(j.ResourceArn)
	started := &backupJob{Job: j, cancel: cancel}
	s.backups[j.ID] = started
	s.entered(started)
	s.begin(func() { s.runBackup(ctx, j.ID) })
	return j
}

// resourceName is the name of a cluster: its tag Name, else its identifier.
func (s *Service) resourceName(arn string) string {
	if c, ok := s.deps.DSQL.Cluster(arn); ok && c.Tags["Name"] != "" {
		return c.Tags["Name"]
	}
	return arn[strings.LastIndex(arn, "/")+1:]
}

// entered tells what is to be told of a job's new state. The caller holds the lock.
func (s *Service) entered(j *backupJob) {
	s.count("NumberOfBackupJobs"+title(j.State), j.VaultName)
	s.announceBackup(j.Job)
	s.notify()
}

// StopBackup ends a job that has not ended.
func (s *Service) StopBackup(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.backups[id]
	switch {
	case j == nil:
		return noJob(id)
	case j.CompletedAt != nil:
		return invalidRequest("Backup job %s is %s: want one that has not ended", id, j.State)
	}
	j.cancel(errStopped)
	return nil
}

func noJob(id string) error { return notFound("Could not find job with ID %s", id) }

// BackupJob finds a job.
func (s *Service) BackupJob(id string) (Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j := s.backups[id]; j != nil {
		return j.Job, nil
	}
	return Job{}, noJob(id)
}

// BackupJobs lists the jobs, the newest first.
func (s *Service) BackupJobs() []Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Job
	for j := range maps.Values(s.backups) {
		all = append(all, j.Job)
	}
	slices.SortFunc(all, func(a, b Job) int { return newest(a.CreatedAt, b.CreatedAt, a.ID, b.ID) })
	return all
}

// newest orders by time, the latest first, and then by id.
func newest(a, b time.Time, idA, idB string) int {
	if byTime := b.Compare(a); byTime != 0 {
		return byTime
	}
	return strings.Compare(idA, idB)
}

func (s *Service) runBackup(ctx context.Context, id string) {
	var taken *rows
	j, err := s.awaitStart(ctx, id)
	if err == nil {
		taken, err = s.takeBackup(ctx, j)
	}
	s.endBackup(id, taken, err)
}

// awaitStart returns a job that is RUNNING, or why it never is.
func (s *Service) awaitStart(ctx context.Context, id string) (Job, error) {
	for pause := s.deps.Durations.Start; ; {
		if s.env.Clock.Sleep(ctx, pause) != nil {
			return Job{}, context.Cause(ctx)
		}
		j, obstacle := s.tryStart(id)
		if obstacle == nil {
			return j, nil
		}
		left := j.StartBy.Sub(s.env.Now())
		if left <= 0 {
			return j, expired{because{obstacle}}
		}
		pause = min(retryInterval, left)
	}
}

// tryStart makes a job RUNNING, or says what is in its way and may go.
func (s *Service) tryStart(id string) (Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.backups[id]
	if err := s.available(); err != nil {
		return j.Job, fmt.Errorf("the service was not available: %w", err)
	}
	for _, other := range s.backups {
		if other.State == Running && other.ResourceArn == j.ResourceArn {
			return j.Job, errRunning
		}
	}
	j.State, j.PointArn = Running, ""
	s.entered(j)
	return j.Job, nil
}

// takeBackup copies the data of a cluster that is awake, and takes as long as that takes on AWS.
func (s *Service) takeBackup(ctx context.Context, j Job) (*rows, error) {
	ctx, stop := s.inRegion(ctx)
	defer stop()
	ctx, late := context.WithCancelCause(ctx)
	timer := s.env.Clock.AfterFunc(j.CompleteBy.Sub(s.env.Now()), func() { late(errTooLate) })
	defer timer.Stop()
	if err := s.mayTake(j); err != nil {
		return nil, err
	}
	due := s.env.Now().Add(s.deps.Durations.Backup)
	snapshot, err := s.deps.Data.Copy(ctx, j.ResourceArn)
	if err != nil {
		return nil, cause(ctx, err)
	}
	taken := (&rows{Snapshot: snapshot}).use()
	if s.env.Clock.Sleep(ctx, due.Sub(s.env.Now())) != nil {
		taken.release()
		return nil, context.Cause(ctx)
	}
	return taken, nil
}

// cause is why a context has ended, or else the error.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// inRegion is a context that also ends with the region.
func (s *Service) inRegion(ctx context.Context) (context.Context, func()) {
	ctx, lose := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.env.Power(), func() { lose(errLost) })
	return ctx, func() {
		stop()
		lose(nil)
	}
}

// mayTake is whether a cluster can be backed up by a job.
func (s *Service) mayTake(j Job) error {
	s.mu.Lock()
	v, err := s.vault(j.VaultName)
	if err == nil {
		err = v.Lock.admits(j.Lifecycle)
	}
	key := ""
	if v != nil {
		key = v.KMSKeyArn
	}
	s.mu.Unlock()
	if err != nil {
		return because{err}
	}
	if err := s.deps.KMS.Usable(key); err != nil {
		return fmt.Errorf("the key of backup vault %s cannot be used: %w", j.VaultName, err)
	}
	c, ok := s.deps.DSQL.Cluster(j.ResourceArn)
	switch {
	case !ok:
		return fmt.Errorf("resource %s does not exist", j.ResourceArn)
	case c.EncryptionDetails.EncryptionStatus == dsql.EncryptionInaccessible:
		return fmt.Errorf("FailedPrecondition: the key of cluster %s is not accessible", c.Identifier)
	case c.Status != dsql.Active && c.Status != dsql.Updating:
		return fmt.Errorf("FailedPrecondition: cluster %s is %s: want %s", c.Identifier, c.Status, dsql.Active)
	}
	return s.mayBackUp(j, c)
}

// endBackup keeps what a job has taken and starts its copies, or says why there is nothing.
func (s *Service) endBackup(id string, taken *rows, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.backups[id]
	now := s.now()
	j.CompletedAt = &now
	if err == nil {
		err = s.keep(j, taken)
	}
	if err != nil {
		j.State, j.Message = stateOf(err), err.Error()
		s.entered(j)
		return
	}
	j.State = Completed
	s.entered(j)
	for _, action := range j.Copies {
		s.copyAfter(j.Job, action)
	}
}

func stateOf(err error) string {
	var late expired
	switch {
	case errors.As(err, &late):
		return Expired
	case errors.Is(err, errStopped), errors.Is(err, errTooLate):
		return Aborted
	default:
		return Failed
	}
}

// keep makes the recovery point of a job. The caller holds the lock.
func (s *Service) keep(j *backupJob, taken *rows) error {
	v, err := s.vault(j.VaultName)
	if err != nil {
		taken.release()
		return because{err}
	}
	p := s.store(v, RecoveryPoint{
		ResourceArn:  j.ResourceArn,
		ResourceName: j.ResourceName,
		CreatedAt:    j.CreatedAt,
		Bytes:        taken.Bytes(),
		RoleArn:      j.RoleArn,
		Lifecycle:    j.Lifecycle,
		CreatedBy:    j.CreatedBy,
		Tags:         j.Tags,
		data:         taken,
	})
	j.PointArn, j.Bytes = p.Arn, p.Bytes
	return nil
}
