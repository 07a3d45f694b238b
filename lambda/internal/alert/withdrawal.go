package alert

import (
	"fmt"
	"strings"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/incident"
)

// maxShort is what one part of an SMS holds of ASCII (Amazon SNS API reference, Publish).
const maxShort = 140

// writeWithdrawal puts the notice that a region left traffic, or came back, into words. Route 53 follows within
// minutes.
func writeWithdrawal(n incident.Notice, target contract.Target, runbooks contract.Runbooks) Message {
	subject := withdrawalHeadline(n, target)
	return Message{
		Subject: subject[:min(len(subject), maxSubject)],
		Body:    withdrawalBody(n, target, runbooks),
		Short:   plain(subject+" by "+who(n)+": "+n.Withdrawal.Reason, maxShort),
		Attributes: map[string]string{
			contract.AttributeKind:   n.Kind.String(),
			contract.AttributeRegion: target.Region,
		},
	}
}

func withdrawalHeadline(n incident.Notice, target contract.Target) string {
	until := n.Withdrawal.Until.UTC().Format("2006-01-02 15:04 UTC")
	switch n.Kind {
	case incident.Withdrawn:
		return fmt.Sprintf("DSQL WITHDRAWN %s until %s", target.Region, until)
	case incident.Returned:
		return fmt.Sprintf("DSQL RETURNED %s at %s", target.Region, until)
	default: // Lapsed
		return fmt.Sprintf("DSQL WITHDRAWAL LAPSED %s at %s", target.Region, until)
	}
}

// who did it: the database's observers, if nobody did.
func who(n incident.Notice) string {
	switch n.Kind {
	case incident.Withdrawn:
		return n.Withdrawal.By
	case incident.Returned:
		return n.Withdrawal.EndedBy
	default: // Lapsed
		return "loss of the other region"
	}
}

func withdrawalBody(n incident.Notice, target contract.Target, runbooks contract.Runbooks) string {
	w := n.Withdrawal
	var what, toDo string
	switch n.Kind {
	case incident.Withdrawn:
		what = fmt.Sprintf("%s is withdrawn: clients are sent to the other region until %s", target.Region, stamp(w.Until))
		toDo = "nothing, if this was meant; it ends by itself, and sooner by make return"
	case incident.Returned:
		what = fmt.Sprintf("%s is returned, before its time: clients are sent to it again in some minutes", target.Region)
		toDo = "nothing, if this was meant"
	default: // Lapsed
		what = fmt.Sprintf("The withdrawal of %s has lapsed, since the other region is lost: clients are sent to it again",
			target.Region)
		toDo = "stop what it was withdrawn for; withdraw it again, if need be, when the other region serves"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\n\n", what)
	line := func(name, value string) { fmt.Fprintf(&b, "%-10s %s\n", name+":", value) }
	line("Endpoint", target.Endpoint)
	line("Cluster", target.ClusterID)
	line("Reason", w.Reason)
	line("By", w.By)
	line("Since", stamp(w.Since))
	line("Until", stamp(w.Until))
	if w.EndedBy != "" {
		line("Ended by", w.EndedBy)
	}
	fmt.Fprintf(&b, "\nTo do: %s.\nRunbook: %s", toDo, runbooks.To(contract.RunbookTraffic))
	return b.String()
}

// plain is the beginning of the text in ASCII that GSM 03.38 has as well, in at most so many characters.
func plain(text string, most int) string {
	const kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;!?()/'+=%&#*<>@_-"
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(kept, r) {
			return r
		}
		return '?'
	}, text)
	return text[:min(len(text), most)]
}
