package verify

import (
	"fmt"
	"slices"
	"strings"

	"aurora-dsql-dr/verify/claims"
)

// requests is what the calls themselves cost at most: none of them is above $0.01 a thousand, and there are some
// hundreds.
const requests = 0.01

// announce says what is about to be made, and what it costs.
func (c Command) announce(run *claims.Run, asked settings, who *caller) {
	c.say("%d claims, asked of account %s as %s, in %s (run %s)", len(asked.asked), who.account, who.arn,
		strings.Join(asked.regions[:], ", "), run.ID)
	c.say("It makes, and removes again:")
	total := requests
	for _, line := range planned(asked) {
		c.say("  %3d %-24s $%.4f  %s", line.count, line.kind.Name, line.cost(), line.kind.Basis)
		total += line.cost()
	}
	c.say("      %-24s $%.4f", "requests", requests)
	c.say("At most $%.2f in all (prices of %s: %s)", total, claims.PricesOf, claims.PricesBy)
	c.say("All claims last about half an hour, most of it waiting; no run lasts longer than %s", claims.Longest)
}

// lot is so many things of a kind.
type lot struct {
	kind  *claims.Kind
	count int
}

func (l lot) cost() float64 { return float64(l.count) * l.kind.USD }

// planned is what the claims make, by the names of the kinds.
func planned(asked settings) (lines []lot) {
	for _, claim := range asked.asked {
		if claim.Clusters() && !asked.clusters {
			continue
		}
		for _, kind := range claim.Makes {
			i := slices.IndexFunc(lines, func(l lot) bool { return l.kind == kind })
			switch {
			case i < 0:
				lines = append(lines, lot{kind, 1})
			case !kind.Shared:
				lines[i].count++
			}
		}
	}
	slices.SortFunc(lines, func(a, b lot) int { return strings.Compare(a.kind.Name, b.kind.Name) })
	return lines
}

// summary is how it ended, in a sentence.
func (r report) summary() string {
	said := fmt.Sprintf("%d as claimed, %d differ, %d could not be asked", r.count(claims.AsClaimed),
		r.count(claims.Differs), r.count(claims.NotAsked))
	if len(r.Left) > 0 {
		said += fmt.Sprintf(", %d LEFT BEHIND", len(r.Left))
	}
	return said
}
