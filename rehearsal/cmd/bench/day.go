package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"aurora-dsql-dr/rehearsal/cmd/bench/internal/gotest"
)

// dayTest lives the sandbox through a day and logs its heap.
const dayTest = "TestADayNeitherDriftsNorGrows"

var dayLog = regexp.MustCompile(`a day of sandbox time: (\{.*\})`)

// reportDay reports the sandbox's own memory.
func reportDay(ctx context.Context) error {
	done := begin("Living the sandbox through a day")
	out, err := gotest.Run(ctx, "-v", "-run", "^"+dayTest+"$", "./rehearsal")
	done()
	if err != nil {
		return err
	}
	match := dayLog.FindSubmatch(out)
	if match == nil {
		return fmt.Errorf("%s has not logged the sandbox's memory:\n%s", dayTest, out)
	}
	var day struct{ StartMiB, NoonMiB, EndMiB, WallSeconds float64 }
	if err := json.Unmarshal(match[1], &day); err != nil {
		return err
	}
	fmt.Printf("\nThe sandbox over a day of its time, lived in %.0f s: heap %.1f MiB at its start, %.1f MiB at noon, "+
		"%.1f MiB at its end\n",
		day.WallSeconds, day.StartMiB, day.NoonMiB, day.EndMiB)
	return nil
}
