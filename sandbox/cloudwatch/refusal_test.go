package cloudwatch

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
)

func TestPutMetricDataRefusesWhatAWSRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		now := s.env.Now()
		one := 1.0
		value := func(v float64) Datum { return Datum{MetricName: "M", Value: &v} }
		named := func(dimensions map[string]string) Datum {
			return Datum{MetricName: "M", Value: &one, Dimensions: dimensions}
		}
		many := map[string]string{}
		for i := range 31 {
			many[fmt.Sprint(i)] = "v"
		}
		const member = "MetricData.member.2."
		for reason, d := range map[string]Datum{
			"MissingParameter: The parameter " + member + "MetricName is required.": {Value: &one},
			"The value  for parameter " + member + "MetricName is invalid":          {MetricName: "\n", Value: &one},
			member + "MetricName must be 1 to 255 characters long":                  {MetricName: strings.Repeat("m", 256), Value: &one},
			"exactly one of Value":         {MetricName: "M"},
			"exactly one of Value, Values": {MetricName: "M", Value: &one, Values: []float64{1}},
			member + "Values and " + member + "Counts must be of the same size":         {MetricName: "M", Values: []float64{1, 2}, Counts: []float64{1}},
			"The collection " + member + "Values must not have a size greater than 150": {MetricName: "M", Values: make([]float64, 151)},
			"The collection " + member + "Values must have a size of at least 1":        {MetricName: "M", Values: []float64{}},
			"The value 5 for parameter " + member + "StorageResolution is invalid":      {MetricName: "M", Value: &one, StorageResolution: 5},
			"The value Furlongs for parameter " + member + "Unit is invalid":            {MetricName: "M", Value: &one, Unit: "Furlongs"},
			"two weeks in the past":   {MetricName: "M", Value: &one, Timestamp: now.AddDate(0, 0, -14).Add(-time.Second)},
			"two hours in the future": {MetricName: "M", Value: &one, Timestamp: now.Add(2*time.Hour + time.Second)},
			"The value NaN for parameter " + member + "Value is invalid":  value(math.NaN()),
			"The value +Inf for parameter " + member + "Value is invalid": value(math.Inf(1)),
			"The value -Inf for parameter " + member + "Value is invalid": value(math.Inf(-1)),
			"-2^360 to 2^360": value(math.Nextafter(math.Ldexp(1, 360), math.Inf(1))),
			"The value NaN for parameter " + member + "Values.member.2 is invalid":         {MetricName: "M", Values: []float64{1, math.NaN()}},
			"The value NaN for parameter " + member + "Counts.member.1 is invalid":         {MetricName: "M", Values: []float64{1}, Counts: []float64{math.NaN()}},
			"The value 0 for parameter " + member + "Counts.member.1 is invalid":           {MetricName: "M", Values: []float64{1}, Counts: []float64{0}},
			"The value +Inf for parameter " + member + "StatisticValues.Sum is":            {MetricName: "M", StatisticValues: &StatisticSet{1, math.Inf(1), 1, 1}},
			"The value NaN for parameter " + member + "StatisticValues.Maximum is":         {MetricName: "M", StatisticValues: &StatisticSet{1, 1, 1, math.NaN()}},
			"The value 0 for parameter " + member + "StatisticValues.SampleCount is":       {MetricName: "M", StatisticValues: &StatisticSet{0, 1, 1, 1}},
			"Maximum must be greater than or equal to":                                     {MetricName: "M", StatisticValues: &StatisticSet{1, 1, 2, 1}},
			"The collection " + member + "Dimensions must not have a size greater than 30": named(many),
			"The value :d for parameter " + member + "Dimensions.Name is invalid":          named(map[string]string{":d": "v"}),
			member + "Dimensions.Value must be 1 to 1024 characters long":                  named(map[string]string{"d": ""}),
			"The value é for parameter " + member + "Dimensions.Value is invalid":          named(map[string]string{"d": "é"}),
		} {
			err := s.PutMetricData("N", Sample("Good", nil, 1, "", now), d)
			require.ErrorContains(t, err, reason)
			require.ErrorAs(t, err, new(*awserr.Error), reason)
		}
		assert.Empty(t, s.ListMetrics("N"), "one bad datum refuses them all")
		require.ErrorContains(t, s.PutMetricData("N", make([]Datum, 1001)...), "The collection MetricData must not have a size greater than 1000.")
		require.ErrorContains(t, s.PutMetricData("N"), "The parameter MetricData is required.")
		for namespace, reason := range map[string]string{
			"": "The parameter Namespace is required.", "AWS/Lambda": "The value AWS/Lambda for parameter Namespace is invalid",
			":n": "The value :n for parameter Namespace is invalid", "n\x00": "is invalid", strings.Repeat("n", 256): "1 to 255 characters",
		} {
			require.ErrorContains(t, s.PutMetricData(namespace, Sample("M", nil, 1, "", now)), reason)
		}
	})
}

func TestPutMetricDataTakesWhatAWSTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		now := s.env.Now()
		limit := math.Ldexp(1, 360)
		require.NoError(t, s.PutMetricData("N/a b#", Sample("M", map[string]string{"d": strings.Repeat("v", 1024)}, limit, "Bytes/Second", now),
			Sample("M", nil, -limit, "", now.AddDate(0, 0, -14)), Sample("M", nil, 0, "", now.Add(2*time.Hour)),
			Datum{MetricName: "M", Values: make([]float64, 150)}))
		require.NoError(t, s.Publish("AWS/Lambda", Sample("Errors", nil, 1, "Count", now)), "AWS's own services have AWS's namespaces")
	})
}

func TestDashboardsAreRefusedAsByAWS(t *testing.T) {
	s := newService(t)
	for reason, d := range map[string]Dashboard{
		"The value \"a.b\" for field DashboardName contains invalid characters": {DashboardName: "a.b", DashboardBody: `{"widgets":[]}`},
		"The value \"\" for field DashboardName":                                {DashboardBody: `{"widgets":[]}`},
		"up to 255":                                                             {DashboardName: strings.Repeat("d", 256), DashboardBody: `{"widgets":[]}`},
		"is not a JSON object with a list of widgets":                           {DashboardName: "d", DashboardBody: `[]`},
		`must have the property "widgets"`:                                      {DashboardName: "d", DashboardBody: `{}`},
		"501 widgets, at most 500":                                              {DashboardName: "d", DashboardBody: `{"widgets":[{}` + strings.Repeat(",{}", 500) + `]}`},
		"at most 1048576 are accepted":                                          {DashboardName: "d", DashboardBody: `{"widgets":[]` + strings.Repeat(" ", 1<<20) + `}`},
	} {
		_, err := s.PutDashboard(d)
		require.ErrorContains(t, err, reason)
		require.ErrorContains(t, err, "InvalidParameterInput")
	}
	_, err := s.PutDashboard(Dashboard{DashboardName: strings.Repeat("d", 250) + "-_aZ9", DashboardBody: `{"widgets":[{}` + strings.Repeat(",{}", 499) + `]}`})
	require.NoError(t, err)
}
