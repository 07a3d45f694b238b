package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
)

// found is what a restore test has found.
func found(result string) contract.RestoreTest {
	started := time.Date(2026, 3, 1, 5, 0, 0, 0, time.UTC)
	restored, marker := started.Add(4*time.Minute), started.Add(-2*time.Hour)
	return contract.RestoreTest{
		Execution: "by-hand",
		Started:   started,
		Point: &contract.RecoveryPoint{
			ARN:       "arn:point",
			TwinARN:   "arn:twin",
			CreatedAt: started.Add(-2 * time.Hour),
			Bytes:     36_700_000,
		},
		JobID:      "job",
		JobState:   contract.RestoreCompleted,
		Restored:   []contract.RestoredCluster{{Region: primary, ARN: "arn:restored"}},
		RestoredAt: &restored,
		Verification: &contract.Verification{
			SchemaVersion:  11,
			ProgramVersion: 12,
			SchemaHash:     "abc",
			WantedHash:     "abc",
			Tables:         []contract.TableCount{{Table: "app.transaction", Restored: 7, Source: 7, AppendOnly: true}},
			NewestMarker:   &marker,
			EncryptedField: contract.FieldOpened,
			Notes:          []string{"the schema is older than the program"},
		},
		Gone:   true,
		Result: result,
	}
}

// testing gives the world a function that finds something, and keeps what it was asked.
func (w *world) testing(test contract.RestoreTest, asked *string) {
	w.Helper()
	w.function("restoretest", func(payload []byte) ([]byte, error) {
		*asked = string(payload)
		return json.Marshal(test)
	})
}

func TestARestoreTestIsFollowedToItsEvidence(t *testing.T) {
	w := newWorld(t)
	var asked string
	w.testing(found(contract.RestoreTestPassed), &asked)
	require.NoError(t, w.run("restore-test", "-pair", "yes"))
	assert.JSONEq(t, `{"pair":true}`, asked)
	for _, said := range []string{
		"  Test\n", "  Passed?\n", "  Passed\n", ": SUCCEEDED\n",
		"result           passed\n",
		"recovery point   arn:point of 2026-03-01 03:00:00 UTC, 36.7 MB\n",
		"its twin         arn:twin\n",
		"restored         arn:restored in us-east-1\n",
		"restored after   4m0s\n",
		"data's age       2h0m0s: the newest restored marker is of 2026-03-01 03:00:00 UTC\n",
		"schema           version 11 (the program's: 12), as the program's migrations make it\n",
		"rows             app.transaction: 7 restored, 7 in the source, to be equal\n",
		"encrypted field  opened\n",
		"note             the schema is older than the program\n",
		"left behind      nothing\n",
	} {
		assert.Contains(t, w.said.String(), said)
	}
}

func TestARestoreTestThatFailsPrintsWhatItFound(t *testing.T) {
	w := newWorld(t)
	var asked string
	test := found(contract.RestoreTestFailed)
	test.Gone, test.Granted = false, true
	test.Failure = &contract.StepFailure{Error: "NotGranted", Cause: "no mapping"}
	test.Verification.NewestMarker, test.Verification.SchemaHash, test.Verification.EncryptedField = nil, "def", ""
	test.Verification.Findings = []string{"dr.marker has no row"}
	w.testing(test, &asked)
	err := w.run("restore-test")
	assert.JSONEq(t, `{"pair":false}`, asked)
	assert.EqualError(t, err, "the restore test is FAILED: RestoreTestFailed see the evidence")
	for _, said := range []string{"result           failed\n", "WRONG            dr.marker has no row\n",
		"failure          NotGranted: no mapping\n", "left behind      RESTORED CLUSTERS", "let in           by a grant",
		"data's age       unknown", "NOT AS WANTED: its hash is def, not abc", "encrypted field  not verified"} {
		assert.Contains(t, w.said.String(), said)
	}
}

func TestARestoreTestWithoutAFindingSaysHowItEnded(t *testing.T) {
	w := newWorld(t) // without the function
	err := w.run("restore-test")
	assert.ErrorContains(t, err, "the restore test is FAILED without a finding: ")
	assert.ErrorContains(t, err, "restoretest")
}

func TestOneRestoreTestRunsAtATime(t *testing.T) {
	w := newWorld(t)
	release := w.holding()
	err := w.run("restore-test")
	assert.ErrorContains(t, err, "the restore test held is running in us-east-1: wait for its end, or stop it with\n"+
		"  aws stepfunctions stop-execution --region us-east-1 --execution-arn arn:aws:states:us-east-1")
	release()

	delete(w.outputs, "restoreTestMachineArns")
	assert.EqualError(t, w.run("restore-test"), `stack prod tests no restores: "backups.restoreTest" is off`)
}

// holding begins a restore test that does not end until it is released.
func (w *world) holding() (release func()) {
	w.Helper()
	machine := w.outputs["restoreTestMachineArns"].(map[string]string)[primary]
	held := make(chan struct{})
	w.function("restoretest", func([]byte) ([]byte, error) { <-held; return []byte(`{"result":"passed"}`), nil })
	_, err := w.account.Region(primary).StepFunctions.StartExecution(machine, "held", "{}")
	require.NoError(w, err)
	return func() { close(held) }
}
