package metricmath

import (
	"slices"
	"strconv"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
)

// Query is one time series of GetMetricData or of an alarm: a metric or an expression over other queries.
type Query struct {
	ID         string `json:"id"`
	Expression string `json:"expression,omitempty"`
	Label      string `json:"label,omitempty"`
	Metric     *Stat  `json:"metric,omitempty"`
	Period     int    `json:"period,omitempty"` // seconds, of an expression
	ReturnData *bool  `json:"returnData,omitempty"`
}

// Stat is a statistic of a metric.
type Stat struct {
	Namespace  string            `json:"namespace,omitempty"`
	MetricName string            `json:"metricName"`
	Dimensions map[string]string `json:"dimensions,omitempty"`
	Period     int               `json:"period"` // seconds
	Stat       string            `json:"stat"`   // Sum, Average, Minimum, Maximum, SampleCount or pNN
	Unit       string            `json:"unit,omitempty"`
}

// Name is what the time series is called: its label, or else the metric or the id.
func (q Query) Name() string {
	switch {
	case q.Label != "":
		return q.Label
	case q.Metric != nil:
		return q.Metric.MetricName
	default:
		return q.ID
	}
}

// PercentileRank reads "p99.9".
func PercentileRank(statistic string) (float64, bool) {
	number, ok := strings.CutPrefix(statistic, "p")
	rank, err := strconv.ParseFloat(number, 64)
	return rank, ok && err == nil && rank >= 0 && rank <= 100
}

// ValidStatistic says whether there is a statistic of the name.
func ValidStatistic(name string) bool {
	_, percentile := PercentileRank(name)
	return percentile || slices.Contains([]string{"Sum", "Average", "Minimum", "Maximum", "SampleCount"}, name)
}

// CheckPeriod refuses a period, in seconds, that CloudWatch does not have.
func CheckPeriod(seconds int) error {
	if seconds == 1 || seconds == 5 || seconds == 10 || seconds == 20 || seconds == 30 || seconds > 0 && seconds%60 == 0 {
		return nil
	}
	return awserr.Invalid("InvalidParameterValue",
		"Period %d: want 1, 5, 10, 20, 30 or a multiple of 60 seconds.", seconds)
}
