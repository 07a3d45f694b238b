package backupage

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"
	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/lambda/contract"
)

const clusterARN = "arn:aws:dsql:us-east-1:123456789012:cluster/aaa"

// region is AWS Backup in a region with one vault.
type region struct {
	mu     sync.Mutex
	points []types.RecoveryPointByBackupVault
	made   time.Time // the plan
	fail   error
	hang   bool
	reads  int
	plans  int
}

func (r *region) ListRecoveryPointsByBackupVault(
	ctx context.Context, in *backup.ListRecoveryPointsByBackupVaultInput, _ ...func(*backup.Options),
) (*backup.ListRecoveryPointsByBackupVaultOutput, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reads++
	if r.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	out := &backup.ListRecoveryPointsByBackupVaultOutput{}
	for _, p := range r.points {
		if *in.ByResourceArn == *p.ResourceArn && (in.ByCreatedAfter == nil || p.CreationDate.After(*in.ByCreatedAfter)) {
			out.RecoveryPoints = append(out.RecoveryPoints, p)
		}
	}
	return out, r.fail
}

func (r *region) GetBackupPlan(
	_ context.Context, in *backup.GetBackupPlanInput, _ ...func(*backup.Options),
) (*backup.GetBackupPlanOutput, error) {
	r.plans++
	if r.fail != nil || *in.BackupPlanId != "plan-1" {
		return nil, errors.New("unreachable")
	}
	return &backup.GetBackupPlanOutput{CreationDate: aws.Time(r.made)}, nil
}

// add puts a completed point of the cluster into the vault.
func (r *region) add(created time.Time) {
	r.points = append(r.points, types.RecoveryPointByBackupVault{
		RecoveryPointArn: aws.String("point"),
		ResourceArn:      aws.String(clusterARN),
		ResourceName:     aws.String("database"),
		CreationDate:     aws.Time(created),
		Status:           types.RecoveryPointStatusCompleted,
	})
}

// world is a plan in us-east-1 that copies to us-east-2, and a watch that has seen nothing yet.
type world struct {
	own, peer *region
}

func newWorld() world { return world{own: &region{made: time.Now()}, peer: &region{}} }

func (w world) watch() *Watch {
	return &Watch{
		Plans: []contract.BackupPlan{{
			Region:     "us-east-1",
			PlanID:     "plan-1",
			ClusterID:  "aaa",
			ClusterARN: clusterARN,
			Vault:      "dr",
			PeerRegion: "us-east-2",
			PeerVault:  "dr-2",
		}},
		Regions:  map[string]Backup{"us-east-1": w.own, "us-east-2": w.peer},
		Hour:     time.Hour,
		Interval: 5 * time.Minute,
		Timeout:  2 * time.Second,
		Log:      slog.New(slog.DiscardHandler),
	}
}

// lose makes a region unreadable, and heal readable.
func lose(r *region) { r.fail = errors.New("unreachable") }
func heal(r *region) { r.fail = nil }

// back makes a point and its twin.
func (w world) back() {
	w.own.add(time.Now())
	w.peer.add(time.Now())
}

// run is one of the observer's, every minute.
func run(t *testing.T, w *Watch) { w.Look(t.Context()); time.Sleep(time.Minute) }

// assertAge says what the watch does; -1 is nothing.
func assertAge(t *testing.T, want float64, w *Watch, why string) {
	t.Helper()
	hours, known := w.Age("aaa", time.Now())
	if !known {
		hours = -1
	}
	assert.InDelta(t, want, hours, 0.2, why)
}

// B7: a plan that stops is noticed within 28 h of its last point.
func TestAPlanThatStopsIsToldInEveryHourAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		watch := w.watch()
		began := time.Now()
		for day := range 3 {
			for time.Since(began) < time.Duration(24*day+3)*time.Hour {
				run(t, watch)
			}
			w.back()
			run(t, watch)
		}
		last := time.Now()
		crossed := time.Duration(0)
		for time.Since(last) < 30*time.Hour {
			run(t, watch)
			if hours, known := watch.Age("aaa", time.Now()); assert.True(t, known) && hours >= 28 && crossed == 0 {
				crossed = time.Since(last)
			}
		}
		assert.InDelta(t, 28*time.Hour.Minutes(), crossed.Minutes(), 2, "nobody touched the plan: it has just stopped")
		assert.LessOrEqual(t, w.own.reads, int(time.Since(began)/(5*time.Minute))+1, "vaults are read every five minutes")
		assert.Equal(t, 1, w.own.plans, "the plan is asked for once")
	})
}

func TestUntilThereIsATwinThePlansOwnAgeCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		watch := w.watch()
		assertAge(t, -1, watch, "nothing was looked at")
		run(t, watch)
		time.Sleep(5 * time.Hour)
		assertAge(t, 5, watch, "the plan is five hours old")
		w.own.add(time.Now())
		run(t, watch)
		time.Sleep(5 * time.Hour)
		assertAge(t, 10, watch, "a point whose copy failed counts for nothing")
		w.back()
		run(t, watch)
		assertAge(t, 0, watch, "a point with a twin does")
		_, known := watch.Age("bbb", time.Now())
		assert.False(t, known, "of a cluster without a plan nothing is said")
	})
}

func TestARegionThatCannotBeReadSilencesNothingThatIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		watch := w.watch()
		w.back()
		run(t, watch)
		lose(w.peer)
		time.Sleep(12 * time.Hour)
		w.own.add(time.Now()) // its copy cannot be made
		run(t, watch)
		assertAge(t, 12, watch, "the age goes on from the last twin")
		heal(w.peer)
		lose(w.own)
		w.peer.add(time.Now()) // a copy, whose original cannot be read
		time.Sleep(5 * time.Minute)
		run(t, watch)
		assertAge(t, 0, watch, "a copy has an original")
		lose(w.peer)
		time.Sleep(30 * time.Hour)
		run(t, watch)
		assertAge(t, 30, watch, "and goes on when nothing can be read at all")
	})
}

func TestAnObserverThatBeginsDuringALoss(t *testing.T) {
	for _, tt := range []struct {
		intent         string
		ownLost, other bool // which cannot be read
		want           float64
	}{
		{"The other region's copies tell of a plan whose region is lost.", true, false, 20},
		{"Without the other region nobody knows what has a twin: it says so.", false, true, contract.UnknownBackupAge},
		{"Who can read nothing says so.", true, true, contract.UnknownBackupAge},
		{"Both can be read.", false, false, 20},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			w.back()
			time.Sleep(20 * time.Hour)
			w.own.add(time.Now()) // without a twin
			if tt.ownLost {
				lose(w.own)
			}
			if tt.other {
				lose(w.peer)
			}
			watch := w.watch()
			run(t, watch)
			assertAge(t, tt.want, watch, tt.intent)
		})
	}
}

func TestAPlanOfALostRegionWithoutAnyCopyIsNotKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		lose(w.own)
		watch := w.watch()
		run(t, watch)
		assertAge(t, contract.UnknownBackupAge, watch, "its vault and its plan are both there")
		time.Sleep(5*time.Hour - time.Minute)
		run(t, watch)
		heal(w.own)
		run(t, watch)
		assertAge(t, 5, watch, "who knows nothing looks in every run, and when it is back, the plan's age is known")
	})
}

func TestALookIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.back()
		watch := w.watch()
		run(t, watch)
		time.Sleep(5 * time.Hour)
		w.peer.hang = true
		began := time.Now()
		watch.Look(t.Context())
		assert.Equal(t, 2*time.Second, time.Since(began))
		began = time.Now()
		watch.Look(t.Context())
		assert.Zero(t, time.Since(began), "there was one less than five minutes ago")
		assertAge(t, 5, watch, "what is known is known")
	})
}

func TestAgesAreInHoursOfTheCalendar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.back()
		watch := w.watch()
		watch.Hour = 10 * time.Second
		watch.Look(t.Context())
		time.Sleep(time.Minute)
		assertAge(t, 6, watch, "an hour is ten seconds")
	})
}
