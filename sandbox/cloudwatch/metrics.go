package cloudwatch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Metric identifies a metric: the exact set of dimensions is part of the name, a subset names another metric.
type Metric struct {
	Namespace  string
	Name       string
	Dimensions map[string]string
}

func (m Metric) key() string {
	parts := []string{m.Namespace, m.Name}
	for _, name := range slices.Sorted(maps.Keys(m.Dimensions)) {
		parts = append(parts, name, m.Dimensions[name])
	}
	return strings.Join(parts, "\x00")
}

// StatisticSet summarises samples whose values are not sent.
type StatisticSet struct {
	SampleCount, Sum, Minimum, Maximum float64
}

// Datum is what PutMetricData takes: one of Value, Values (with Counts, 1 each by default) and StatisticValues.
type Datum struct {
	MetricName        string
	Dimensions        map[string]string
	Timestamp         time.Time // now by default; two weeks back to two hours ahead
	Value             *float64
	Values            []float64
	Counts            []float64
	StatisticValues   *StatisticSet
	Unit              string // "None" by default
	StorageResolution int    // seconds: 60 by default, or 1
}

// Sample is a Datum of one value.
func Sample(name string, dimensions map[string]string, value float64, unit string, at time.Time) Datum {
	return Datum{
		MetricName: name,
		Dimensions: dimensions,
		Value:      &value,
		Unit:       unit,
		Timestamp:  at,
	}
}

// PutMetricData stores samples of an account's own. One bad datum refuses them all, as on AWS.
func (s *Service) PutMetricData(namespace string, data ...Datum) error {
	if err := s.env.Available("cloudwatch"); err != nil {
		return err
	}
	if err := checkNamespace(namespace); err != nil {
		return err
	}
	return s.Publish(namespace, data...)
}

// Publish is PutMetricData for AWS's own services, which have the namespaces that begin with AWS/.
func (s *Service) Publish(namespace string, data ...Datum) error {
	if err := s.env.Available("cloudwatch"); err != nil {
		return err
	}
	if err := checkSize(data); err != nil {
		return err
	}
	now := s.env.Now()
	for i := range data {
		data[i].complete(now)
		if err := data[i].check(fmt.Sprintf("MetricData.member.%d.", i+1), now); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range data {
		id := Metric{namespace, d.MetricName, d.Dimensions}
		m, ok := s.metrics[id.key()]
		if !ok {
			m = &metric{Metric: id, units: map[string]*series{}}
			s.metrics[id.key()] = m
		}
		m.add(d)
	}
	return nil
}

// complete fills in the defaults.
func (d *Datum) complete(now time.Time) {
	if d.Timestamp.IsZero() {
		d.Timestamp = now
	}
	if d.Unit == "" {
		d.Unit = "None"
	}
	if d.StorageResolution == 0 {
		d.StorageResolution = 60
	}
	if d.Values != nil && d.Counts == nil {
		d.Counts = slices.Repeat([]float64{1}, len(d.Values))
	}
}

// ListMetrics lists the metrics of a namespace ("" for all) with samples in the store.
func (s *Service) ListMetrics(namespace string) []Metric {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Metric
	for _, key := range slices.Sorted(maps.Keys(s.metrics)) {
		if m := s.metrics[key]; namespace == "" || m.Namespace == namespace {
			list = append(list, m.Metric)
		}
	}
	return list
}
