package logs

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

// metadata is the _aws member of a line in the embedded metric format (CloudWatch User Guide, "Specification: Embedded
// metric format").
type metadata struct {
	Timestamp         int64 // milliseconds
	CloudWatchMetrics []struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []struct {
			Name              string
			Unit              string
			StorageResolution int
		}
	}
}

// What a line takes (CloudWatch User Guide, "Specification: Embedded metric format"): metrics of a directive, and
// values of a metric.
const (
	maxMetrics = 100
	maxValues  = 100
)

// extract puts the metrics embedded in a line into CloudWatch. A line that has none is left alone.
func (s *Service) extract(line string, now time.Time) error {
	if !strings.Contains(line, `"CloudWatchMetrics"`) {
		return nil
	}
	members := membersOf(line)
	if members["_aws"] == nil {
		return nil
	}
	var meta metadata
	if err := json.Unmarshal(members["_aws"], &meta); err != nil {
		return fmt.Errorf("_aws: %w", err)
	}
	at := now
	if meta.Timestamp != 0 {
		at = s.env.Written(s.env.Clock.FromWall(time.UnixMilli(meta.Timestamp))) // functions know the wall's time only
	}
	var problems []error
	for _, directive := range meta.CloudWatchMetrics {
		if n := len(directive.Metrics); n > maxMetrics {
			problems = append(problems, fmt.Errorf("%s: %d metrics, a directive takes %d", directive.Namespace, n, maxMetrics))
			continue
		}
		if len(directive.Dimensions) == 0 {
			directive.Dimensions = [][]string{nil}
		}
		var data []cloudwatch.Datum
		for _, names := range directive.Dimensions {
			dimensions, err := dimensionsOf(members, names)
			problems = append(problems, err)
			for _, m := range directive.Metrics {
				values, err := valuesOf(members[m.Name])
				if len(values) > maxValues {
					err = fmt.Errorf("%d values, a line takes %d of a metric", len(values), maxValues)
				}
				if err != nil {
					problems = append(problems, fmt.Errorf("metric %s: %w", m.Name, err))
					continue
				}
				data = append(data, cloudwatch.Datum{
					MetricName:        m.Name,
					Dimensions:        dimensions,
					Values:            values,
					Unit:              m.Unit,
					StorageResolution: m.StorageResolution,
					Timestamp:         at,
				})
			}
		}
		problems = append(problems, s.metrics.PutMetricData(directive.Namespace, data...))
	}
	return errors.Join(problems...)
}

// membersOf reads a JSON object; what is none has no members.
func membersOf(line string) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	_ = json.Unmarshal([]byte(line), &members)
	return members
}

func dimensionsOf(members map[string]json.RawMessage, names []string) (map[string]string, error) {
	dimensions := map[string]string{}
	for _, name := range names {
		var value string
		if err := json.Unmarshal(members[name], &value); err != nil || value == "" {
			return nil, fmt.Errorf("dimension %s: the line has no such string", name)
		}
		dimensions[name] = value
	}
	return dimensions, nil
}

// valuesOf reads a number or a list of numbers.
func valuesOf(member json.RawMessage) ([]float64, error) {
	var one float64
	if json.Unmarshal(member, &one) == nil {
		return []float64{one}, nil
	}
	var many []float64
	if err := json.Unmarshal(member, &many); err != nil || len(many) == 0 {
		return nil, errors.New("the line has no such number or list of numbers")
	}
	return many, nil
}
