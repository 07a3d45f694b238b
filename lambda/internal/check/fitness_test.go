package check

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/metrics"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
)

// word is one sample for traffic routing about the east.
type word struct {
	at    time.Time
	unfit bool
}

// words are those that were published about the east, in the order of opinions, each once.
func (s *samples) words() []word {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []word
	for _, run := range s.got {
		for _, series := range run {
			if series.Target == east && series.Word != nil {
				out = append(out, word{series.Word.At, series.Word.Unfit})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b word) int { return a.at.Compare(b.at) })
	return slices.Compact(out)
}

// offsets are the words since a time: "0s fit".
func offsets(words []word, start time.Time) []string {
	var out []string
	for _, w := range words {
		out = append(out, fmt.Sprint(w.at.Sub(start), map[bool]string{true: " unfit", false: " fit"}[w.unfit]))
	}
	return out
}

func routed(script map[string][]probe.Result) (*Checker, *fakes) {
	c, f := checker(script)
	c.Hold = contract.TrafficHold
	return c, f
}

func TestAWordGoesOutAtOnceWhenItChangesAndAtTheEndOfEachRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := routed(script([]probe.Result{up, up, up, up, down}, []probe.Result{up}))
		start := time.Now()
		require.NoError(t, f.run(t, c))
		require.Equal(t, []string{"45s fit"}, offsets(f.samples.words(), start), "quiet runs say one word")
		assert.Len(t, f.samples.got, 1, "with the other metrics, so that it costs no call")

		time.AfterFunc(20*time.Second, func() {
			assert.Equal(t, []string{"45s fit", "1m15s unfit"}, offsets(f.samples.words(), start), "before the run ends")
		})
		require.NoError(t, f.run(t, c))
		assert.Equal(t, []string{"45s fit", "1m15s unfit", "1m45s unfit"}, offsets(f.samples.words(), start))
	})
}

// An observer that abstains, could not finish a probe, or is undecided leaves it at what it has said.
func TestWhoHasNoOpinionSaysNothing(t *testing.T) {
	for name, c := range map[string]struct {
		east, ohio []probe.Result
		want       []string
	}{
		"refused everywhere":         {[]probe.Result{refused}, []probe.Result{refused}, nil},
		"no probe finished":          {[]probe.Result{unknown}, []probe.Result{up}, nil},
		"the last good one counts":   {[]probe.Result{up, unknown}, []probe.Result{up}, []string{"0s fit"}},
		"one failure is undecided":   {[]probe.Result{up, up, up, down}, []probe.Result{up}, []string{"30s fit"}},
		"two failures are a word":    {[]probe.Result{up, up, down}, []probe.Result{up}, []string{"15s fit", "45s unfit"}},
		"one who begins with a loss": {[]probe.Result{down, down, unknown}, []probe.Result{up}, []string{"15s unfit"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				checker, f := routed(script(c.east, c.ohio))
				start := time.Now()
				_, _ = checker.Check(lambdaContext(t), contract.CheckEvent{}, "")
				got := offsets(f.samples.words(), start)
				assert.Subset(t, c.want, got)
				assert.Equal(t, len(c.want) > 0, len(got) > 0)
				if len(got) > 0 {
					assert.Equal(t, c.want[len(c.want)-1], got[len(got)-1])
				}
			})
		})
	}
}

func TestAStackWithoutRoutingSaysNoWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{down}, []probe.Result{up}))
		require.NoError(t, f.run(t, c))
		assert.Empty(t, f.samples.words())
		assert.Empty(t, c.word.LostAt, "nor does it remember any")
	})
}

func TestAChangedWordThatIsNotPublishedIsRepeatedAndFailsNoRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := routed(script([]probe.Result{down}, []probe.Result{up}))
		c.Metrics = failing1st{f.samples}
		require.NoError(t, f.run(t, c))
		assert.True(t, f.samples.words()[0].unfit)
	})
}

// failing1st takes runs, and refuses what is published by itself.
type failing1st struct{ *samples }

func (f failing1st) Publish(ctx context.Context, run []metrics.Series, at time.Time) error {
	if len(run[0].Probes) == 0 {
		return assert.AnError
	}
	return f.samples.Publish(ctx, run, at)
}

func TestTheHoldOutlastsEveryReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		east := slices.Concat(slices.Repeat([]probe.Result{down}, 4), []probe.Result{up})
		c, f := routed(script(east, []probe.Result{up}))
		start := time.Now()
		for range 11 {
			require.NoError(t, f.run(t, c))
		}
		words := offsets(f.samples.words(), start)
		assert.Equal(t, "15s unfit", words[0])
		// the third success, at 1m30s, ends it: the last probe that still held it for lost was at 1m15s
		first := slices.IndexFunc(words, func(w string) bool { return strings.HasSuffix(w, " fit") })
		assert.Equal(t, "9m15s fit", words[first])
	})
}

func TestTheHoldSurvivesAPauseAndANewEnvironment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := routed(script([]probe.Result{down, down, up}, []probe.Result{up}))
		require.NoError(t, f.run(t, c))
		require.NotEmpty(t, c.word.LostAt)
		stored := c.word
		time.Sleep(3 * time.Minute) // words are stale, states forgotten
		require.NoError(t, f.run(t, c))
		assert.True(t, f.samples.words()[len(f.samples.words())-1].unfit, "in the same environment")

		reads := up
		reads.Visit = incident.Visit{Commit: 1, Word: incident.Word{LostAt: stored.LostAt}}
		c, f = routed(script([]probe.Result{reads}, []probe.Result{up}))
		require.NoError(t, f.run(t, c))
		assert.Equal(t, []bool{true}, unfits(f.samples.words()), "in a new one, that reads its marker")
	})
}

func unfits(words []word) []bool {
	var out []bool
	for _, w := range words {
		out = append(out, w.unfit)
	}
	return slices.Compact(out)
}

// weather is a database in which the east is lost, cut off from sight and withdrawn at random. Both endpoints show the
// shared memory while they serve.
type weather struct {
	prober
	rand      *rand.Rand
	lost      func(at time.Time) verdict.Verdict
	withdrawn func(at time.Time) []incident.Withdrawal
	word      func() incident.Word
}

func (w *weather) Probe(_ context.Context, target contract.Target, _ incident.Word) probe.Result {
	now := time.Now()
	result := probe.Result{Observation: verdict.Observation{Verdict: verdict.Up}}
	if target == east {
		result.Observation.Verdict = w.lost(now)
	}
	if result.Observation.Verdict == verdict.Up {
		result.Visit = incident.Visit{
			Commit:   1,
			Word:     w.word(),
			Snapshot: incident.Snapshot{Withdrawals: w.withdrawn(now)},
		}
	}
	return result
}

// spells are random times from which something is so, until which it is.
func spells(r *rand.Rand, from time.Time, quiet, lasts time.Duration) [][2]time.Time {
	var out [][2]time.Time
	for at := from; at.Before(from.Add(3 * time.Hour)); {
		begin := at.Add(time.Duration(r.Int64N(int64(quiet))))
		at = begin.Add(time.Duration(r.Int64N(int64(lasts))))
		out = append(out, [2]time.Time{begin, at})
	}
	return out
}

func during(all [][2]time.Time, at time.Time) bool {
	return slices.ContainsFunc(all, func(s [2]time.Time) bool { return !at.Before(s[0]) && at.Before(s[1]) })
}

// R6: whatever befalls an endpoint, an observer's word moves clients away at most once in five minutes, and lets them
// return five minutes later at the earliest. Functions start anew, and miss runs.
func TestAWordNeverMovesClientsTwiceInFiveMinutes(t *testing.T) {
	const apart = 5 * time.Minute
	moves, returns := 0, 0
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 13))
			start := time.Now()
			losses := spells(r, start, 15*time.Minute, 3*time.Minute)
			blind := spells(r, start, 20*time.Minute, 2*time.Minute)
			away := spells(r, start, 25*time.Minute, 6*time.Minute)
			stored := incident.Word{}
			w := &weather{
				rand: r,
				word: func() incident.Word { return stored },
				lost: func(at time.Time) verdict.Verdict {
					switch {
					case during(blind, at):
						return verdict.Unknown
					case during(losses, at):
						return verdict.Down
					}
					return verdict.Up
				},
				withdrawn: func(at time.Time) (latest []incident.Withdrawal) {
					for _, s := range away {
						if !at.Before(s[0]) {
							latest = []incident.Withdrawal{{Endpoint: east.Endpoint, Left: s[1].Sub(at)}}
						}
					}
					return latest
				},
			}
			var all []word
			c, f := routed(nil)
			c.Prober = w
			for time.Since(start) < 3*time.Hour {
				_ = f.run(t, c)
				stored = c.word
				switch r.IntN(20) {
				case 0:
					time.Sleep(time.Duration(r.IntN(4)) * time.Minute)
				case 1:
					all = append(all, f.samples.words()...)
					c, f = routed(nil)
					c.Prober = w
				}
			}
			all = append(all, f.samples.words()...)
			var moved time.Time
			for i := 1; i < len(all); i++ {
				if all[i].unfit == all[i-1].unfit {
					continue
				}
				require.GreaterOrEqual(t, all[i].at.Sub(moved), apart, "seed %d, after %v", seed, moved.Sub(start))
				if all[i].unfit {
					moved, moves = all[i].at, moves+1
				} else {
					returns++
				}
			}
		})
	}
	assert.Greater(t, min(moves, returns), 100, "there is something to hold")
}
