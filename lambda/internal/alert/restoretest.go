package alert

import (
	"fmt"
	"strings"
	"time"

	"aurora-dsql-dr/lambda/contract"
)

// WriteRestoreTest puts a restore test that has ended into words; the evidence is in the function's log.
func WriteRestoreTest(e contract.Evidence, runbooks contract.Runbooks) Message {
	headline := plain(restoreHeadline(e), maxSubject)
	return Message{
		Subject: headline,
		Body:    restoreBody(e, runbooks),
		Short:   plain(headline+", "+e.Ended.UTC().Format("2006-01-02 15:04 UTC"), maxShort),
		Attributes: map[string]string{
			contract.AttributeKind:   contract.AlertRestoreTest,
			contract.AttributeRegion: e.Region,
			contract.AttributeReason: e.Result,
		},
	}
}

func restoreHeadline(e contract.Evidence) string {
	if e.Result == contract.RestoreTestPassed {
		return fmt.Sprintf("DSQL RESTORE TEST passed in %s: data %s old, back in %s", e.Region, seconds(e.DataAgeSeconds),
			seconds(e.RestoreSeconds))
	}
	return fmt.Sprintf("DSQL RESTORE TEST FAILED in %s: %s", e.Region, restoreFault(e))
}

func seconds(s float64) string { return span(time.Duration(s * float64(time.Second))) }

// restoreFault is why a test failed: the first thing that went wrong.
func restoreFault(e contract.Evidence) string {
	switch v := e.Verification; {
	case e.JobState == contract.RestoreFailed || e.JobState == contract.RestoreAborted:
		return "the restore job " + e.JobState
	case e.Failure != nil:
		return e.Failure.Error
	case v == nil:
		return "nothing was verified"
	case len(v.Findings) > 0:
		return v.Findings[0]
	default:
		return "restored clusters are left"
	}
}

func restoreBody(e contract.Evidence, runbooks contract.Runbooks) string {
	var b strings.Builder
	if e.Result == contract.RestoreTestPassed {
		fmt.Fprintf(&b, "A recovery point was restored, read and deleted again in %s.\n\n", e.Region)
	} else {
		fmt.Fprintf(&b, "A restore test in %s failed: %s.\n\n", e.Region, restoreFault(e))
	}
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-10s %s\n", name+":", value)
		}
	}
	line("Execution", e.Execution)
	line("Started", stamp(e.Started))
	line("Ended", stamp(e.Ended))
	if p := e.Point; p != nil {
		line("Point", p.ARN)
		line("Twin", p.TwinARN)
		line("Made", stamp(p.CreatedAt))
	}
	line("Job", strings.TrimSpace(e.JobID+" "+e.JobState+" "+e.JobMessage))
	for _, r := range e.Restored {
		line("Cluster", r.ARN)
	}
	verified(line, e)
	if e.Failure != nil {
		line("Failure", e.Failure.Error+": "+e.Failure.Cause)
	}
	line("Deleted", map[bool]string{true: "yes", false: "NO: restored clusters are left"}[e.Deleted])
	fmt.Fprintf(&b, "\nTo do: %s.\nRunbook: %s", restoreAdvice(e), runbooks.To(contract.RunbookRestoreTest))
	return b.String()
}

// verified are the lines about what was read.
func verified(line func(name, value string), e contract.Evidence) {
	v := e.Verification
	if v == nil {
		return
	}
	line("Data age", seconds(e.DataAgeSeconds)+" when the test began (measured RPO)")
	line("Restored", "in "+seconds(e.RestoreSeconds)+" (measured RTO)")
	line("Schema", fmt.Sprintf("version %d, the program's is %d", v.SchemaVersion, v.ProgramVersion))
	line("Field", v.EncryptedField)
	for _, finding := range v.Findings {
		line("Finding", finding)
	}
	for _, note := range v.Notes {
		line("Note", note)
	}
}

func restoreAdvice(e contract.Evidence) string {
	if e.Result == contract.RestoreTestPassed {
		return "nothing; the evidence is in the log of the function restoretest"
	}
	return "find out why, correct it, and make a test by hand (make restore-test): until one passes, nobody knows that " +
		"backups can be restored"
}
