package chronicle

import (
	"strings"
	"time"

	"aurora-dsql-dr/lambda/contract"
)

// readProbe is a line of an observer's log about an endpoint; false for all others.
func readProbe(observer string, at time.Time, line contract.ProbeLine) (Entry, bool) {
	e := Entry{
		Time:   at,
		Source: Probe,
		Region: observer,
		Lane:   observer + " sees " + line.Region,
	}
	switch line.Message {
	case contract.LogNotUp:
		e.Tone = Warning
		e.Text = strings.TrimSpace(line.Verdict + " " + line.Reason)
	case contract.LogLost:
		e.Tone = Bad
		e.Text = "lost"
	case contract.LogServes:
		e.Tone = Good
		e.Text = "serves again"
	default:
		return Entry{}, false
	}
	e.Title = "endpoint " + line.Region + " " + e.Text
	return e, true
}
