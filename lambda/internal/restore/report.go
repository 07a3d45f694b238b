package restore

import (
	"context"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/alert"
)

// report writes the evidence and tells people. The evidence comes first and is written again if the step is repeated
// because no topic took the message: of two lines about an execution the later counts.
func (t *Tester) report(ctx context.Context, test contract.RestoreTest) (contract.RestoreTest, error) {
	test.Result = result(test)
	evidence := t.evidence(test, time.Now().UTC())
	t.Log.InfoContext(ctx, contract.LogEvidence, "evidence", evidence)
	return test, t.Alerts.Publish(ctx, alert.WriteRestoreTest(evidence, t.Runbooks))
}

// result is passed only if everything was restored, read and deleted as it should be.
func result(test contract.RestoreTest) string {
	if test.Failure != nil || test.Verification == nil || len(test.Verification.Findings) > 0 || !test.Gone {
		return contract.RestoreTestFailed
	}
	return contract.RestoreTestPassed
}

func (t *Tester) evidence(test contract.RestoreTest, ended time.Time) contract.Evidence {
	e := contract.Evidence{RestoreTest: test, Region: t.Region, Ended: ended, Deleted: test.Gone}
	if v := test.Verification; v != nil {
		e.RestoreSeconds = v.AnsweredAt.Sub(test.Started).Seconds()
		if v.NewestMarker != nil {
			e.DataAgeSeconds = test.Started.Sub(*v.NewestMarker).Seconds()
		}
	}
	return e
}
