package alert

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
)

// restoreTest is the evidence of one that went well.
func restoreTest() contract.Evidence {
	return contract.Evidence{
		RestoreTest: contract.RestoreTest{
			Execution: "weekly-2026-01-04",
			Started:   epoch,
			Point: &contract.RecoveryPoint{
				ARN:       "arn:aws:backup:us-east-1:123456789012:recovery-point:1",
				TwinARN:   "arn:aws:backup:us-east-2:123456789012:recovery-point:2",
				CreatedAt: epoch.Add(-2 * time.Hour),
			},
			JobID:    "job-1",
			JobState: contract.RestoreCompleted,
			Restored: []contract.RestoredCluster{{ARN: "arn:aws:dsql:us-east-1:123456789012:cluster/new"}},
			Verification: &contract.Verification{
				SchemaVersion:  31,
				ProgramVersion: 31,
				EncryptedField: contract.FieldOpened,
			},
			Gone:   true,
			Result: contract.RestoreTestPassed,
		},
		Region:         "us-east-1",
		Ended:          epoch.Add(20 * time.Minute),
		DataAgeSeconds: 7199.6,
		RestoreSeconds: 570,
		Deleted:        true,
	}
}

func failed(spoil func(*contract.Evidence)) contract.Evidence {
	e := restoreTest()
	e.Result = contract.RestoreTestFailed
	spoil(&e)
	return e
}

func TestMessagesOfRestoreTests(t *testing.T) {
	for _, tt := range []struct {
		golden, subject string
		evidence        contract.Evidence
	}{
		{"restore-test-passed", "DSQL RESTORE TEST passed in us-east-1: data 2h0m0s old, back in 9m30s", restoreTest()},
		{"restore-test-job-failed", "DSQL RESTORE TEST FAILED in us-east-1: the restore job FAILED",
			failed(func(e *contract.Evidence) {
				e.JobState, e.JobMessage = contract.RestoreFailed, "the key cannot be used"
				e.Restored, e.Verification = nil, nil
			})},
		{"restore-test-refused", "DSQL RESTORE TEST FAILED in us-east-1: NoTwin", failed(func(e *contract.Evidence) {
			e.Point, e.JobID, e.JobState, e.Restored, e.Verification = nil, "", "", nil, nil
			e.Failure = &contract.StepFailure{Error: contract.ErrorNoTwin, Cause: "none of the 7 recovery points has a twin"}
		})},
		{"restore-test-findings", "DSQL RESTORE TEST FAILED in us-east-1: dr.marker has no row",
			failed(func(e *contract.Evidence) {
				e.Verification.Findings = []string{"dr.marker has no row", "role dr_livez is missing"}
				e.Verification.Notes = []string{"the schema is older than the program's"}
			})},
		{"restore-test-left", "DSQL RESTORE TEST FAILED in us-east-1: restored clusters are left",
			failed(func(e *contract.Evidence) { e.Gone, e.Deleted = false, false })},
	} {
		t.Run(tt.golden, func(t *testing.T) {
			m := WriteRestoreTest(tt.evidence, "https://wiki.example.com/dr")
			assert.Equal(t, tt.subject, m.Subject)
			assert.Equal(t, tt.subject+", 2026-01-01 03:20 UTC", m.Short)
			assert.Equal(t, map[string]string{"kind": "restore-test", "endpoint_region": "us-east-1", "reason": tt.evidence.Result},
				m.Attributes)
			file := filepath.Join("testdata", tt.golden+".txt")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(m.Body), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), m.Body)
		})
	}
}

func TestALongFindingFitsSubjectAndTelephone(t *testing.T) {
	m := WriteRestoreTest(failed(func(e *contract.Evidence) {
		e.Verification.Findings = []string{"the schema – " + strings.Repeat("é", 300)}
	}), "docs/runbooks.md")
	assert.Len(t, m.Subject, 99)
	assert.LessOrEqual(t, len(m.Short), 140)
	assert.Regexp(t, `^[ -~]+$`, m.Short)
	assert.Contains(t, m.Short, "2026-01-01 03:20 UTC")
}
