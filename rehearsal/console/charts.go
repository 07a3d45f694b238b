package console

import (
	"maps"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

// Charts show what has happened since the account began, at least the first and at most the second, in sandbox time.
const (
	shortestChart = 10 * time.Minute
	longestChart  = time.Hour
)

// chartData is the points of a widget's chart.
type chartData struct {
	From int64 `json:"from"` // Unix seconds
	To   int64 `json:"to"`
	// Times are Unix seconds; Values are by line, then by time, null where a line has none.
	Times  []int64      `json:"times"`
	Values [][]*float64 `json:"values"`
	// Problem says why the region gives no data.
	Problem string `json:"problem,omitempty"`
}

// chartData asks the chart's own region, as CloudWatch's console does.
func (c *Console) chartData(chart chart, now time.Time) chartData {
	from := now.Add(-min(max(now.Sub(c.started), shortestChart), longestChart))
	data := chartData{
		From:   from.Unix(),
		To:     now.Unix(),
		Times:  []int64{},
		Values: make([][]*float64, len(chart.Lines)),
	}
	for i := range data.Values {
		data.Values[i] = []*float64{}
	}
	region := c.config.Account.Region(chart.Region)
	if region == nil {
		data.Problem = "the account does not use region " + chart.Region
		return data
	}
	if err := region.Available("cloudwatch"); err != nil {
		data.Problem = err.Error()
		return data
	}
	columns := make([]map[int64]float64, len(chart.Lines))
	all := map[int64]bool{}
	for i, line := range chart.Lines {
		results, err := region.CloudWatch.GetMetricData([]cloudwatch.MetricQuery{{ID: "m", Metric: &line.Metric}}, from, now)
		if err != nil {
			data.Problem = line.Label + ": " + err.Error()
			return data
		}
		columns[i] = map[int64]float64{}
		for j, at := range results[0].Timestamps {
			columns[i][at.Unix()] = results[0].Values[j]
			all[at.Unix()] = true
		}
	}
	data.Times = slices.AppendSeq(data.Times, maps.Keys(all))
	slices.Sort(data.Times)
	for i, column := range columns {
		for _, at := range data.Times {
			var point *float64
			if value, ok := column[at]; ok {
				point = &value
			}
			data.Values[i] = append(data.Values[i], point)
		}
	}
	return data
}
