package cloudwatch

import (
	"cmp"
	"math"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch/metricmath"
)

// How long CloudWatch keeps data points (CloudWatch User Guide, "Metrics retention"): those below a minute for three
// hours, those of a minute for fifteen days.
const (
	fineKept   = 3 * time.Hour
	coarseKept = 15 * 24 * time.Hour
)

// metric is a Metric with its data, kept apart by unit.
type metric struct {
	Metric
	units map[string]*series
}

// series holds buckets by the second they begin at. Every sample is in a minute; a high-resolution one in a second too.
type series struct {
	seconds map[int64]*bucket
	minutes map[int64]*bucket
}

// bucket sums up the samples of a second or a minute. Values are there for percentiles, which a StatisticSet does not
// give.
type bucket struct {
	count, sum, min, max float64
	values               []weighted
}

type weighted struct{ value, count float64 }

func (m *metric) add(d Datum) {
	s, ok := m.units[d.Unit]
	if !ok {
		s = &series{seconds: map[int64]*bucket{}, minutes: map[int64]*bucket{}}
		m.units[d.Unit] = s
	}
	sample := d.bucket()
	into(s.minutes, d.Timestamp.Truncate(time.Minute)).merge(sample)
	if d.StorageResolution == 1 {
		into(s.seconds, d.Timestamp.Truncate(time.Second)).merge(sample)
	}
}

func into(buckets map[int64]*bucket, at time.Time) *bucket {
	b, ok := buckets[at.Unix()]
	if !ok {
		b = newBucket()
		buckets[at.Unix()] = b
	}
	return b
}

func newBucket() *bucket { return &bucket{min: math.Inf(1), max: math.Inf(-1)} }

func (d Datum) bucket() *bucket {
	b := newBucket()
	switch {
	case d.Value != nil:
		b.add(*d.Value, 1)
	case d.StatisticValues != nil:
		v := d.StatisticValues
		b.count, b.sum, b.min, b.max = v.SampleCount, v.Sum, v.Minimum, v.Maximum
	default:
		for i, value := range d.Values {
			b.add(value, d.Counts[i])
		}
	}
	return b
}

func (b *bucket) add(value, count float64) {
	b.count += count
	b.sum += value * count
	b.min, b.max = min(b.min, value), max(b.max, value)
	b.weigh(weighted{value, count})
}

func (b *bucket) weigh(w weighted) {
	i, found := slices.BinarySearchFunc(b.values, w, func(a, b weighted) int { return cmp.Compare(a.value, b.value) })
	if found {
		b.values[i].count += w.count
		return
	}
	b.values = slices.Insert(b.values, i, w)
}

func (b *bucket) merge(other *bucket) {
	b.count += other.count
	b.sum += other.sum
	b.min, b.max = min(b.min, other.min), max(b.max, other.max)
	for _, w := range other.values {
		b.weigh(w)
	}
}

// window merges the buckets of [start, start+period), of one unit or of all for "". It is nil without samples.
func (m *metric) window(start time.Time, period time.Duration, unit string) *bucket {
	step := time.Minute
	if period%time.Minute != 0 {
		step = time.Second
	}
	merged := newBucket()
	for name, s := range m.units {
		if unit != "" && unit != name {
			continue
		}
		buckets := s.minutes
		if step == time.Second {
			buckets = s.seconds
		}
		for at := start; at.Before(start.Add(period)); at = at.Add(step) {
			if b, ok := buckets[at.Unix()]; ok {
				merged.merge(b)
			}
		}
	}
	if merged.count == 0 {
		return nil
	}
	return merged
}

// statistic computes Sum, Average, Minimum, Maximum, SampleCount or a percentile pNN; false if the samples do not give
// it.
func (b *bucket) statistic(name string) (float64, bool) {
	switch name {
	case "Sum":
		return b.sum, true
	case "Average":
		return b.sum / b.count, true
	case "Minimum":
		return b.min, true
	case "Maximum":
		return b.max, true
	case "SampleCount":
		return b.count, true
	}
	rank, ok := metricmath.PercentileRank(name)
	if !ok {
		return 0, false
	}
	return b.percentile(rank)
}

// percentile is the nearest-rank percentile: the smallest value that at least this share of the samples do not exceed.
func (b *bucket) percentile(rank float64) (float64, bool) {
	total := 0.0
	for _, w := range b.values {
		total += w.count
	}
	passed := 0.0
	for _, w := range b.values {
		passed += w.count
		if passed >= total*rank/100 {
			return w.value, true
		}
	}
	return 0, false
}

// forgetOld drops what CloudWatch no longer keeps, and metrics without data with it.
func (s *Service) forgetOld(now time.Time) {
	for key, m := range s.metrics {
		for unit, series := range m.units {
			dropBefore(series.seconds, now.Add(-fineKept))
			dropBefore(series.minutes, now.Add(-coarseKept))
			if len(series.minutes) == 0 {
				delete(m.units, unit)
			}
		}
		if len(m.units) == 0 {
			delete(s.metrics, key)
		}
	}
}

func dropBefore(buckets map[int64]*bucket, limit time.Time) {
	for at := range buckets {
		if at < limit.Unix() {
			delete(buckets, at)
		}
	}
}
