package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aurora-dsql-dr/internal/pulumi"
)

var drift = check{
	id:    "drift",
	asked: "Is the account as Pulumi's state has it, by a refresh that changes nothing?",
	why:   "What somebody has changed by hand is put back, or stands in the way, at the next deployment.",
	do:    "pulumi refresh --preview-only shows each difference; make up puts the program's back.",
	look: func(ctx context.Context, s *stack) []answer {
		printed, err := pulumi.Output(ctx, "refresh", "--preview-only", "--non-interactive", "--json", "--stack", s.name)
		if ctx.Err() != nil {
			return []answer{unasked("", fmt.Errorf("a refresh takes longer than %v: pulumi refresh --preview-only --stack %s",
				patience, s.name))}
		}
		if err != nil {
			return []answer{unasked("", err)}
		}
		return []answer{drifted(printed)}
	},
}

// drifted reads what a refresh would change.
func drifted(printed []byte) answer {
	var digest struct {
		Steps []struct{ Op, URN string }
	}
	if err := json.Unmarshal(printed, &digest); err != nil {
		return unasked("", fmt.Errorf("pulumi refresh: %w", err))
	}
	changed := map[string]bool{}
	for _, step := range digest.Steps {
		if step.Op != "same" && step.Op != "refresh" {
			changed[step.URN[strings.LastIndex(step.URN, "::")+2:]] = true
		}
	}
	if len(changed) > 0 {
		return bad("", "%d of %d resources differ: %s", len(changed), len(digest.Steps),
			strings.Join(slices.Sorted(maps.Keys(changed)), ", "))
	}
	return good("", "none of %d resources differs", len(digest.Steps))
}
