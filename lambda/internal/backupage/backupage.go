// Package backupage tells how old the newest recovery point of each backup plan is that has a twin in the other data
// region. It remembers what it saw, so that a region that cannot be read silences nothing that was known.
package backupage

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/recovery"
)

// Backup is the part of a region's AWS Backup client that looking needs.
type Backup interface {
	recovery.Vaults
	GetBackupPlan(
		ctx context.Context, in *backup.GetBackupPlanInput, opts ...func(*backup.Options),
	) (*backup.GetBackupPlanOutput, error)
}

// Watch looks after plans. All exported fields are required.
type Watch struct {
	Plans []contract.BackupPlan
	// Regions are the clients of both data regions.
	Regions map[string]Backup
	// Hour is the unit of ages, Interval the least time between two looks, Timeout what bounds one.
	Hour, Interval, Timeout time.Duration
	Log                     *slog.Logger

	mu     sync.Mutex
	looked time.Time
	known  map[string]knowledge // by cluster
}

// knowledge is what was seen of a plan: a zero time is not known.
type knowledge struct {
	// twin is when the newest point was made that has a twin, made when the plan was, if it had none then.
	twin, made time.Time
}

func (k knowledge) unknown() bool { return k.twin.IsZero() && k.made.IsZero() }

// Look reads the vaults of all plans at once, unless that was done less than the interval ago and something is known of
// each. What cannot be read in time leaves what is known as it is, and is logged.
func (w *Watch) Look(ctx context.Context) {
	if !w.due(time.Now()) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	var looks sync.WaitGroup
	for _, plan := range w.Plans {
		looks.Go(func() { w.learn(plan.ClusterID, w.look(ctx, plan)) })
	}
	looks.Wait()
}

func (w *Watch) due(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.looked.IsZero() && now.Sub(w.looked) < w.Interval && w.knows() {
		return false
	}
	w.looked = now
	return true
}

// knows is whether every plan has an age. The caller holds the lock.
func (w *Watch) knows() bool {
	return !slices.ContainsFunc(w.Plans, func(p contract.BackupPlan) bool { return w.known[p.ClusterID].unknown() })
}

// learn adds what is newer than what is known.
func (w *Watch) learn(cluster string, seen knowledge) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known == nil {
		w.known = map[string]knowledge{}
	}
	known := w.known[cluster]
	if seen.twin.After(known.twin) {
		known.twin = seen.twin
	}
	if !seen.made.IsZero() {
		known.made = seen.made
	}
	w.known[cluster] = known
}

// of is what is known of a cluster, once a look at it has ended.
func (w *Watch) of(cluster string) (k knowledge, looked bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k, looked = w.known[cluster]
	return k, looked
}

// Age is how many hours ago the newest point of a cluster was made that has a twin, or until there is one, how many
// hours ago the plan was, or contract.UnknownBackupAge if nothing could be read. There is none of a cluster without a
// plan, and before a look has ended.
func (w *Watch) Age(cluster string, now time.Time) (hours float64, looked bool) {
	k, looked := w.of(cluster)
	if k.unknown() {
		return contract.UnknownBackupAge, looked
	}
	since := k.twin
	if since.IsZero() {
		since = k.made
	}
	return float64(now.Sub(since)) / float64(w.Hour), looked
}

// points are what one look at a vault gave.
type points struct {
	found []recovery.Point
	err   error
}

// look reads both vaults of a plan side by side. A point needs both to be seen to have a twin, but for a copy in the
// other vault, which has an original: it tells while the own vault cannot be read.
func (w *Watch) look(ctx context.Context, plan contract.BackupPlan) knowledge {
	known, _ := w.of(plan.ClusterID)
	since := known.twin // older ones tell nothing new
	var own, copies points
	var reads sync.WaitGroup
	reads.Go(func() { own = w.read(ctx, plan.Region, plan.Vault, plan.ClusterARN, since) })
	reads.Go(func() { copies = w.read(ctx, plan.PeerRegion, plan.PeerVault, plan.ClusterARN, since) })
	reads.Wait()
	for _, p := range []points{own, copies} {
		if p.err != nil {
			w.Log.WarnContext(ctx, "recovery points could not be read, the age of backups goes on from what is known",
				"cluster", plan.ClusterARN, "error", p.err)
		}
	}
	switch {
	case copies.err != nil:
		return knowledge{}
	case own.err != nil:
		if len(copies.found) > 0 {
			return knowledge{twin: copies.found[0].CreatedAt}
		}
		return knowledge{}
	}
	if point, _, found := recovery.NewestTwin(own.found, copies.found); found {
		return knowledge{twin: point.CreatedAt}
	}
	return knowledge{made: w.made(ctx, plan)}
}

func (w *Watch) read(ctx context.Context, region, vault, cluster string, since time.Time) points {
	found, err := recovery.Of(ctx, w.Regions[region], vault, since, cluster)
	if err != nil {
		err = fmt.Errorf("%s: %w", region, err)
	}
	return points{found, err}
}

// made is when a plan was made; it is asked for while no point has a twin.
func (w *Watch) made(ctx context.Context, plan contract.BackupPlan) time.Time {
	if k, _ := w.of(plan.ClusterID); !k.unknown() {
		return k.made
	}
	out, err := w.Regions[plan.Region].GetBackupPlan(ctx, &backup.GetBackupPlanInput{
		BackupPlanId: aws.String(plan.PlanID),
	})
	if err != nil {
		w.Log.WarnContext(ctx, "the backup plan could not be read", "plan", plan.PlanID, "region", plan.Region, "error", err)
		return time.Time{}
	}
	return aws.ToTime(out.CreationDate)
}
