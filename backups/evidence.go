package main

import (
	"fmt"
	"strings"
	"time"

	"aurora-dsql-dr/lambda/contract"
)

// evidence is what a restore test found, for people. Times are rounded to seconds.
func evidence(t contract.RestoreTest) string {
	var b strings.Builder
	line := func(what, format string, values ...any) {
		fmt.Fprintf(&b, "%-16s %s\n", what, fmt.Sprintf(format, values...))
	}
	line("result", "%s", or(t.Result, "not reported"))
	if p := t.Point; p != nil {
		line("recovery point", "%s of %s, %s", p.ARN, date(p.CreatedAt), size(p.Bytes))
		line("its twin", "%s", p.TwinARN)
	}
	if t.JobID != "" {
		line("restore job", "%s %s %s", t.JobID, t.JobState, t.JobMessage)
	}
	for _, c := range t.Restored {
		line("restored", "%s in %s", c.ARN, c.Region)
	}
	if t.RestoredAt != nil {
		line("restored after", "%v", t.RestoredAt.Sub(t.Started).Round(time.Second))
	}
	if t.Granted {
		line("let in", "by a grant of the test: the restore brought no mapping for the verifier")
	}
	if v := t.Verification; v != nil {
		verification(*v, t.Started, line)
	}
	if f := t.Failure; f != nil {
		line("failure", "%s: %s", f.Error, f.Cause)
	}
	left := "nothing"
	if !t.Gone {
		left = "RESTORED CLUSTERS, perhaps: the sweep deletes them within hours (aws dsql list-clusters)"
	}
	line("left behind", "%s", left)
	return b.String()
}

// verification is what was read of the restored database.
func verification(v contract.Verification, started time.Time, line func(what, format string, values ...any)) {
	if v.NewestMarker != nil {
		line("data's age", "%v: the newest restored marker is of %s", started.Sub(*v.NewestMarker).Round(time.Second),
			date(*v.NewestMarker))
	} else {
		line("data's age", "unknown: there is no marker")
	}
	same := "as the program's migrations make it"
	if v.SchemaHash != v.WantedHash {
		same = fmt.Sprintf("NOT AS WANTED: its hash is %s, not %s", v.SchemaHash, v.WantedHash)
	}
	line("schema", "version %d (the program's: %d), %s", v.SchemaVersion, v.ProgramVersion, same)
	for _, t := range v.Tables {
		kind := ""
		if t.AppendOnly {
			kind = ", to be equal"
		}
		line("rows", "%s: %d restored, %d in the source%s", t.Table, t.Restored, t.Source, kind)
	}
	line("encrypted field", "%s", or(v.EncryptedField, "not verified"))
	for _, finding := range v.Findings {
		line("WRONG", "%s", finding)
	}
	for _, note := range v.Notes {
		line("note", "%s", note)
	}
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// size is a number of bytes in decimal megabytes, which AWS bills in.
func size(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
