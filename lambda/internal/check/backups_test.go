package check

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/probe"
)

// vaults know the age of the east's backups once they have been looked at, which takes a time.
type vaults struct {
	takes time.Duration
	known atomic.Bool
	looks atomic.Int64
}

func (v *vaults) Look(ctx context.Context) {
	v.looks.Add(1)
	select {
	case <-time.After(v.takes):
		v.known.Store(true)
	case <-ctx.Done():
	}
}

func (v *vaults) Age(cluster string, _ time.Time) (float64, bool) {
	return 7.5, v.known.Load() && cluster == east.ClusterID
}

func TestEveryRunPublishesTheAgeOfBackupsThatIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{up}, []probe.Result{unknown}))
		v := &vaults{takes: 2 * time.Second}
		c.Backups = v
		for range 2 {
			_, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "")
			require.NoError(t, err)
			published := f.samples.got[len(f.samples.got)-1]
			require.NotNil(t, published[0].BackupAge)
			assert.InDelta(t, 7.5, *published[0].BackupAge, 0)
			assert.Nil(t, published[1].BackupAge, "of a cluster without a plan nothing is said")
		}
		assert.EqualValues(t, 2, v.looks.Load())
	})
}

func TestVaultsThatHangDelayNeitherProbesNorMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := func(backups Backups) (asked []time.Duration, published time.Duration) {
			c, f := checker(script([]probe.Result{up}, []probe.Result{up}))
			c.Backups = backups
			start := time.Now()
			_, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "")
			require.NoError(t, err)
			for _, at := range f.prober.asked[east.Endpoint] {
				asked = append(asked, at.Sub(start))
			}
			require.Len(t, f.samples.got, 1)
			assert.Nil(t, f.samples.got[0][0].BackupAge, "which is silence")
			return asked, f.samples.at.Sub(start)
		}
		asked, published := run(nil)
		askedBeside, publishedBeside := run(&vaults{takes: time.Hour})
		assert.Equal(t, asked, askedBeside)
		assert.Equal(t, published, publishedBeside)
	})
}

// One that runs once an hour is started anew each time, and its only probe may be done before the vaults are read.
func TestARunOfOneRoundWaitsForItsFirstLookAtTheVaults(t *testing.T) {
	for intent, tt := range map[string]struct {
		takes   time.Duration
		says    bool
		publish time.Duration
	}{
		"for as long as they take":          {2 * time.Second, true, 2 * time.Second},
		"but no longer than a round itself": {time.Hour, false, 11250 * time.Millisecond},
	} {
		t.Run(intent, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, f := checker(script([]probe.Result{up}, []probe.Result{up}))
				c.Backups = &vaults{takes: tt.takes}
				start := time.Now()
				_, err := c.Check(lambdaContext(t), contract.CheckEvent{Probes: 1}, "")
				require.NoError(t, err)
				require.Len(t, f.samples.got, 1)
				assert.Equal(t, tt.says, f.samples.got[0][0].BackupAge != nil)
				assert.Equal(t, tt.publish, f.samples.at.Sub(start))
			})
		})
	}
}
