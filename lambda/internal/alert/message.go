// Package alert writes the notices of incidents and withdrawals for people and for machines, and publishes them.
package alert

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/verdict"
)

// maxSubject is the longest subject SNS accepts: "less than 100 characters" (Amazon SNS API reference, Publish).
const maxSubject = 99

// Message is a notice in words. Its first line says it all, for those who get no more than that.
type Message struct {
	// Subject is at most 99 ASCII characters.
	Subject string
	Body    string
	// Short is for telephones: one part, ASCII that GSM 03.38 has as well.
	Short string
	// Attributes are keyed by the names of lambda/contract.
	Attributes map[string]string
}

// Write puts the notice about the target into words, with a link to what is to be done.
func Write(n incident.Notice, target contract.Target, runbooks contract.Runbooks) Message {
	if n.OfWithdrawal() {
		return writeWithdrawal(n, target, runbooks)
	}
	i := n.Incident
	confirmed := i.ConfirmedBy != ""
	return Message{
		Subject: subject(n, target, confirmed),
		Body:    body(n, target, confirmed, runbooks),
		Short:   short(n, target, confirmed),
		Attributes: map[string]string{
			contract.AttributeKind:      n.Kind.String(),
			contract.AttributeRegion:    target.Region,
			contract.AttributeReason:    word(i.Reason),
			contract.AttributeConfirmed: strconv.FormatBool(confirmed),
			contract.AttributeIncident:  strconv.FormatInt(i.Number, 10),
		},
	}
}

func subject(n incident.Notice, target contract.Target, confirmed bool) string {
	s := headline(n, target, confirmed)
	return s[:min(len(s), maxSubject)]
}

// short adds when the outage began. With the longest names and numbers it has 129 characters; a part holds 140 of ASCII
// (Amazon SNS API reference, Publish). The topics have no display name, which SNS would put before it.
func short(n incident.Notice, target contract.Target, confirmed bool) string {
	return headline(n, target, confirmed) + ", since " + n.Incident.OpenedAt.UTC().Format("2006-01-02 15:04 UTC")
}

// headline is what happened to which endpoint, for how long, why, and who says so.
func headline(n incident.Notice, target contract.Target, confirmed bool) string {
	var b strings.Builder
	switch n.Kind {
	case incident.Opened:
		fmt.Fprintf(&b, "DSQL LOST in %s: %s", target.Region, word(n.Incident.Reason))
	case incident.Reminder:
		fmt.Fprintf(&b, "DSQL STILL LOST in %s for %s: %s", target.Region, span(n.Lasted()), word(n.Incident.Reason))
	default: // Resolved
		fmt.Fprintf(&b, "DSQL RESOLVED in %s after %s", target.Region, span(n.Lasted()))
	}
	if n.Incident.Number > 0 {
		fmt.Fprintf(&b, " (incident %d)", n.Incident.Number)
	}
	if !confirmed {
		b.WriteString(" UNCONFIRMED")
	}
	return b.String()
}

func body(n incident.Notice, target contract.Target, confirmed bool, runbooks contract.Runbooks) string {
	i := n.Incident
	var b strings.Builder
	switch n.Kind {
	case incident.Opened:
		fmt.Fprintf(&b, "The Aurora DSQL endpoint in %s is lost: %s.\n\n", target.Region, explain(i.Reason))
	case incident.Reminder:
		fmt.Fprintf(&b, "The Aurora DSQL endpoint in %s is still lost, for %s now: %s.\n\n",
			target.Region, span(n.Lasted()), explain(i.Reason))
	default: // Resolved
		fmt.Fprintf(&b, "The Aurora DSQL endpoint in %s serves again, after %s.\n\n", target.Region, span(n.Lasted()))
	}
	line := func(name, value string) { fmt.Fprintf(&b, "%-10s %s\n", name+":", value) }
	line("Endpoint", target.Endpoint)
	line("Cluster", target.ClusterID)
	line("ARN", target.ClusterARN)
	line("Since", stamp(i.OpenedAt))
	if !i.Open() {
		line("Until", stamp(i.ClosedAt))
	}
	line("Reason", word(i.Reason))
	line("Observers", observers(i, confirmed))
	if i.Number > 0 {
		line("Incident", strconv.FormatInt(i.Number, 10)+" of this endpoint")
	} else {
		line("Incident", "not recorded: no endpoint accepted a commit")
	}
	toDo, runbook := advice(n)
	fmt.Fprintf(&b, "\nTo do: %s.\nRunbook: %s", toDo, runbooks.To(runbook))
	return b.String()
}

func observers(i incident.Incident, confirmed bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "seen from %s, ", i.OpenedBy)
	switch {
	case confirmed:
		fmt.Fprintf(&b, "confirmed from %s", i.ConfirmedBy)
	case i.Number > 0:
		b.WriteString("UNCONFIRMED: no other observer could be heard")
	default:
		b.WriteString("UNCONFIRMED: the database, through which observers agree, was out of reach; others may alert too")
	}
	if i.ClosedBy != "" {
		fmt.Fprintf(&b, "; closed from %s", i.ClosedBy)
	}
	return b.String()
}

// word is the reason's name, never empty: SNS refuses an attribute without a value.
func word(r verdict.Reason) string {
	if r == verdict.None {
		return "unknown"
	}
	return r.String()
}

// explain says in words what a reason means to whoever is woken by it.
func explain(r verdict.Reason) string {
	switch r {
	case verdict.Status:
		return "the cluster has failed or is being deleted"
	case verdict.Key:
		return "the cluster cannot use its KMS key"
	case verdict.DNS:
		return "its name does not resolve"
	case verdict.Connect:
		return "it refuses or drops connections"
	case verdict.TLS:
		return "no trusted TLS session can be made"
	case verdict.Auth:
		return "it refuses the monitor's login"
	case verdict.Query:
		return "statements fail"
	case verdict.Timeout:
		return "it does not answer, or does not commit, in time"
	default:
		return "it does not serve"
	}
}

// advice is what to do first, and the runbook that has the rest.
func advice(n incident.Notice) (string, contract.Runbook) {
	if n.Kind == incident.Resolved {
		return "move clients back if they were moved, then note what happened", contract.RunbookRegionLost
	}
	if n.Incident.Number == 0 {
		const first = "look from elsewhere first: this observer reached no endpoint and may be cut off itself"
		return first, contract.RunbookRegionLost
	}
	switch n.Incident.Reason {
	case verdict.Key:
		return "enable the key or restore its policy; the data is unreadable until then", contract.RunbookKeyDisabled
	case verdict.Status:
		return "find out who changed the cluster (CloudTrail), then keep to the other region", contract.RunbookClusterGone
	case verdict.Auth:
		const first = "check the database role's mapping and the monitors' IAM policies; clients may be fine"
		return first, contract.RunbookRegionLost
	default:
		return "move clients to the other region's endpoint; it stays writable and consistent", contract.RunbookRegionLost
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func span(d time.Duration) string { return d.Round(time.Second).String() }
