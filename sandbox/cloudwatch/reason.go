package cloudwatch

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch/metricmath"
)

// reason words a state as CloudWatch does, "Threshold Crossed: 2 out of the last 3 datapoints […] were greater than …".
func (a MetricAlarm) reason(state State, times []time.Time, verdicts []verdict, series metricmath.Series) string {
	var shown []string
	crossing := good
	if state == StateAlarm {
		crossing = breaching
	}
	crossed := 0
	for i, at := range times {
		if verdicts[i] == missing || len(shown) == a.EvaluationPeriods {
			continue
		}
		shown = append(shown, decimal(series[at.Unix()])+at.UTC().Format(" (02/01/06 15:04:05)"))
		if verdicts[i] == crossing {
			crossed++
		}
	}
	filled := a.EvaluationPeriods - len(shown)
	if state == StateInsufficientData {
		return fmt.Sprintf("Insufficient Data: %d datapoints were unknown.", filled)
	}
	if len(shown) == 0 {
		return fmt.Sprintf("Threshold Crossed: no datapoints were received for %d periods "+
			"and %d missing datapoints were treated as [%s].",
			filled, filled, missingWords[a.TreatMissingData])
	}
	negation := ""
	if state == StateOK {
		negation = "not "
	}
	return fmt.Sprintf("Threshold Crossed: %d out of the last %d datapoints [%s] were %s%s the threshold (%s) (%s).",
		crossed,
		a.EvaluationPeriods,
		strings.Join(shown, ", "),
		negation,
		comparisons[a.ComparisonOperator].words,
		decimal(*a.Threshold),
		a.minimum(state),
	)
}

func (a MetricAlarm) minimum(state State) string {
	if state == StateAlarm {
		return fmt.Sprintf("minimum %d datapoints for OK -> ALARM transition", a.datapointsToAlarm())
	}
	return fmt.Sprintf("minimum %d datapoints for ALARM -> OK transition", a.EvaluationPeriods-a.datapointsToAlarm()+1)
}

var missingWords = map[string]string{
	"breaching":    "Breaching",
	"notBreaching": "NonBreaching",
	"missing":      "Missing",
	"ignore":       "Ignored",
}

// decimal always has a decimal point, as CloudWatch writes numbers: 1.0.
func decimal(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
