package restore

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/recovery"
)

// The refusals of StepFind. Lambda names an error by its type, and contract has the names.
type (
	// NoRecoveryPoint is a vault without any of the stack's clusters.
	NoRecoveryPoint string
	// NoTwin is a vault none of whose recovery points is in the peer's too.
	NoTwin string
	// TestRuns is another execution that is running.
	TestRuns string
)

func (e NoRecoveryPoint) Error() string { return string(e) }

func (e NoTwin) Error() string { return string(e) }

func (e TestRuns) Error() string { return string(e) }

// find takes the newest recovery point of the own vault that has a twin in the peer's.
func (t *Tester) find(ctx context.Context, test contract.RestoreTest) (contract.RestoreTest, error) {
	running, err := t.running(ctx, test)
	if err != nil {
		return test, err
	}
	if running != "" {
		return test, TestRuns(fmt.Sprintf("execution %s is running: wait for its end, or stop it, and start another",
			running))
	}
	own, err := recovery.Of(ctx, t.Backup, t.Settings.Vault, time.Time{}, t.Settings.Clusters...)
	if err != nil {
		return test, fmt.Errorf("%s: %w", t.Region, err)
	}
	if len(own) == 0 {
		return test, NoRecoveryPoint(fmt.Sprintf("vault %s in %s has no completed recovery point of the stack's clusters: "+
			"make one (make backup), and see why the plan has made none", t.Settings.Vault, t.Region))
	}
	peers, err := recovery.Of(ctx, t.PeerVaults, t.Settings.PeerVault, time.Time{}, t.Settings.Clusters...)
	if err != nil {
		return test, fmt.Errorf("%s: %w", t.Settings.PeerRegion, err)
	}
	point, twin, found := recovery.NewestTwin(own, peers)
	if !found {
		return test, NoTwin(fmt.Sprintf("none of the %d recovery points of vault %s in %s has a twin in vault %s in %s, one "+
			"with the same resource name and creation date: see why copies fail", len(own), t.Settings.Vault, t.Region,
			t.Settings.PeerVault, t.Settings.PeerRegion))
	}
	test.Point = &contract.RecoveryPoint{
		ARN:        point.ARN,
		TwinARN:    twin.ARN,
		ClusterARN: point.ClusterARN,
		CreatedAt:  point.CreatedAt,
		Bytes:      point.Bytes,
	}
	return test, nil
}

// running is the name of an execution of the machine that is running, other than the test's own; "" if there is none.
func (t *Tester) running(ctx context.Context, test contract.RestoreTest) (string, error) {
	pages := sfn.NewListExecutionsPaginator(t.Executions, &sfn.ListExecutionsInput{
		StateMachineArn: aws.String(test.Machine),
		StatusFilter:    types.ExecutionStatusRunning,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("executions of %s: %w", test.Machine, err)
		}
		for _, e := range page.Executions {
			if name := aws.ToString(e.Name); name != test.Execution {
				return name, nil
			}
		}
	}
	return "", nil
}
