package cloudwatch

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
)

// What PutMetricData takes (CloudWatch API Reference, PutMetricData, MetricDatum, Dimension, StatisticSet). Lengths are
// in characters, of which all are ASCII.
const (
	maxData           = 1000 // metrics in a request
	maxValues         = 150  // in a MetricDatum
	maxDimensions     = 30
	maxName           = 255 // of a namespace, a metric, a dimension
	maxDimensionValue = 1024
	oldest            = 14 * 24 * time.Hour
	furthestAhead     = 2 * time.Hour
)

// largest is the largest value of a metric, either side of 0.
var largest = math.Ldexp(1, 360)

var units = []string{
	"Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
	"Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second",
	"Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second",
	"Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second", "Count/Second", "None",
}

// checkNamespace refuses AWS's own namespaces, among others.
func checkNamespace(namespace string) error {
	if strings.HasPrefix(namespace, "AWS/") {
		return invalidValue(namespace, "Namespace", "namespaces that begin with AWS/ are AWS's own")
	}
	return checkName(namespace, "Namespace", maxName)
}

// checkSize refuses a request without data, or with too much.
func checkSize(data []Datum) error {
	if len(data) == 0 {
		return required("MetricData")
	}
	return checkCollection("MetricData", len(data), maxData)
}

// check refuses what PutMetricData refuses in a complete datum; member is its name in the request.
func (d *Datum) check(member string, now time.Time) error {
	for _, check := range []func(string) error{d.checkNames, d.checkShape, d.checkNumbers} {
		if err := check(member); err != nil {
			return err
		}
	}
	if d.Timestamp.Before(now.Add(-oldest)) || d.Timestamp.After(now.Add(furthestAhead)) {
		return awserr.Invalid("InvalidParameterValue", "The parameter %sTimestamp, %s, must specify a time no more than "+
			"two weeks in the past and no more than two hours in the future.", member, d.Timestamp.Format(time.RFC3339))
	}
	return nil
}

func (d *Datum) checkNames(member string) error {
	if err := checkName(d.MetricName, member+"MetricName", maxName); err != nil {
		return err
	}
	if err := checkCollection(member+"Dimensions", len(d.Dimensions), maxDimensions); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(d.Dimensions)) {
		if err := checkName(name, member+"Dimensions.Name", maxName); err != nil {
			return err
		}
		if err := checkText(d.Dimensions[name], member+"Dimensions.Value", maxDimensionValue); err != nil {
			return err
		}
	}
	return nil
}

// checkShape refuses a datum that is not exactly one of a value, values and a statistic set.
func (d *Datum) checkShape(member string) error {
	given := 0
	for _, present := range []bool{d.Value != nil, d.Values != nil, d.StatisticValues != nil} {
		if present {
			given++
		}
	}
	switch {
	case given != 1:
		return awserr.Invalid("InvalidParameterCombination",
			"At %s exactly one of Value, Values and StatisticValues must be specified.", strings.TrimSuffix(member, "."))
	case d.Values != nil && len(d.Values) == 0:
		return awserr.Invalid("InvalidParameterValue", "The collection %sValues must have a size of at least 1.", member)
	case len(d.Values) != len(d.Counts):
		return awserr.Invalid(
			"InvalidParameterValue",
			"The parameters %sValues and %sCounts must be of the same size.",
			member,
			member,
		)
	case d.StorageResolution != 1 && d.StorageResolution != 60:
		return invalidValue(fmt.Sprint(d.StorageResolution), member+"StorageResolution", "want 1 or 60")
	case !slices.Contains(units, d.Unit):
		return invalidValue(d.Unit, member+"Unit", "want "+strings.Join(units, ", "))
	}
	return checkCollection(member+"Values", len(d.Values), maxValues)
}

func (d *Datum) checkNumbers(member string) error {
	if d.Value != nil {
		return checkNumber(*d.Value, member+"Value")
	}
	if d.StatisticValues != nil {
		return d.StatisticValues.check(member + "StatisticValues.")
	}
	for i := range d.Values {
		if err := checkNumber(d.Values[i], fmt.Sprintf("%sValues.member.%d", member, i+1)); err != nil {
			return err
		}
		if err := checkCount(d.Counts[i], fmt.Sprintf("%sCounts.member.%d", member, i+1)); err != nil {
			return err
		}
	}
	return nil
}

func (v StatisticSet) check(member string) error {
	if err := checkCount(v.SampleCount, member+"SampleCount"); err != nil {
		return err
	}
	for i, number := range []float64{v.Sum, v.Minimum, v.Maximum} {
		if err := checkNumber(number, member+[]string{"Sum", "Minimum", "Maximum"}[i]); err != nil {
			return err
		}
	}
	if v.Maximum < v.Minimum {
		return awserr.Invalid(
			"InvalidParameterValue",
			"The parameter %sMaximum must be greater than or equal to %sMinimum.",
			member,
			member,
		)
	}
	return nil
}

// checkNumber refuses NaN, infinities and what is too large.
func checkNumber(v float64, member string) error {
	if v >= -largest && v <= largest { // false for NaN
		return nil
	}
	return invalidValue(fmt.Sprint(v), member, "want numbers from -2^360 to 2^360")
}

func checkCount(v float64, member string) error {
	if v > 0 && v <= largest {
		return nil
	}
	return invalidValue(fmt.Sprint(v), member, "want numbers above 0, up to 2^360")
}

// checkName is checkText for what may not begin with a colon either.
func checkName(text, member string, longest int) error {
	switch {
	case text == "":
		return required(member)
	case strings.HasPrefix(text, ":"):
		return invalidValue(text, member, "it begins with a colon")
	}
	return checkText(text, member, longest)
}

// checkText takes ASCII without control characters, in which something can be seen.
func checkText(text, member string, longest int) error {
	isOther := func(r rune) bool { return r < ' ' || r > '~' }
	switch {
	case text == "" || len(text) > longest:
		return awserr.Invalid("InvalidParameterValue", "The parameter %s must be 1 to %d characters long.", member, longest)
	case strings.ContainsFunc(text, isOther) || strings.TrimSpace(text) == "":
		return invalidValue(
			strings.ToValidUTF8(strings.TrimSpace(text), "?"),
			member,
			"want ASCII characters, not only spaces",
		)
	default:
		return nil
	}
}

func checkCollection(member string, size, most int) error {
	if size <= most {
		return nil
	}
	return awserr.Invalid("InvalidParameterValue", "The collection %s must not have a size greater than %d.", member, most)
}

func required(member string) error {
	return awserr.Invalid("MissingParameter", "The parameter %s is required.", member)
}

func invalidValue(value, member, why string) error {
	return awserr.Invalid("InvalidParameterValue", "The value %s for parameter %s is invalid: %s.", value, member, why)
}
