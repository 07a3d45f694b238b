// Package restore carries out the steps of a restore test around what is verified: it takes the newest recovery point
// that has a twin, restores it, cleans up and reports; and it sweeps up what executions that were cut off have left.
//
// Every step takes the test as the state machine has it and answers with what it has become, so that each can be
// repeated. What is to be deleted is read from AWS Backup's restore jobs, not from the test: a step that was killed may
// have done its work without an answer. Three things keep a cluster safe: it is deleted only if a job under the tests'
// own role made it, or if it is the peer of such a cluster; never if it is one of the stack's; and the function's role
// denies that explicitly.
package restore

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/alert"
	"aurora-dsql-dr/lambda/recovery"
)

// Backup is the part of the own region's AWS Backup client that restores need.
type Backup interface {
	recovery.Vaults
	StartRestoreJob(
		ctx context.Context, in *backup.StartRestoreJobInput, opts ...func(*backup.Options),
	) (*backup.StartRestoreJobOutput, error)
	DescribeRestoreJob(
		ctx context.Context, in *backup.DescribeRestoreJobInput, opts ...func(*backup.Options),
	) (*backup.DescribeRestoreJobOutput, error)
	ListRestoreJobs(
		ctx context.Context, in *backup.ListRestoreJobsInput, opts ...func(*backup.Options),
	) (*backup.ListRestoreJobsOutput, error)
}

// Clusters is the part of a region's Aurora DSQL client that deleting clusters needs.
type Clusters interface {
	GetCluster(
		ctx context.Context, in *dsql.GetClusterInput, opts ...func(*dsql.Options),
	) (*dsql.GetClusterOutput, error)
	UpdateCluster(
		ctx context.Context, in *dsql.UpdateClusterInput, opts ...func(*dsql.Options),
	) (*dsql.UpdateClusterOutput, error)
	DeleteCluster(
		ctx context.Context, in *dsql.DeleteClusterInput, opts ...func(*dsql.Options),
	) (*dsql.DeleteClusterOutput, error)
}

// Executions is the part of the own region's Step Functions client that looking at the state machine needs.
type Executions interface {
	ListExecutions(
		ctx context.Context, in *sfn.ListExecutionsInput, opts ...func(*sfn.Options),
	) (*sfn.ListExecutionsOutput, error)
	DescribeStateMachine(
		ctx context.Context, in *sfn.DescribeStateMachineInput, opts ...func(*sfn.Options),
	) (*sfn.DescribeStateMachineOutput, error)
}

// Alerts takes messages to people; alert.Publisher does.
type Alerts interface {
	Publish(ctx context.Context, m alert.Message) error
}

// Tester makes the steps of restore tests in a region. All fields are required.
type Tester struct {
	Region   string
	Settings contract.RestoreSettings
	// Hour is the unit of MetricRestoreTestAge, LeftoverAge how old a cluster is that is deleted although a test runs.
	Hour, LeftoverAge time.Duration
	Runbooks          contract.Runbooks

	Backup Backup
	// PeerVaults are those of the other data region.
	PeerVaults recovery.Vaults
	// Clusters are the clients of both data regions.
	Clusters   map[string]Clusters
	Executions Executions
	Alerts     Alerts
	// Metrics receives embedded metric format: a Lambda function's standard output.
	Metrics io.Writer
	Log     *slog.Logger
}

// Run makes the step that the event asks for. Its error is for the state machine; NoRecoveryPoint, NoTwin and TestRuns
// are refusals, everything else may pass when the step is repeated.
func (t *Tester) Run(ctx context.Context, event contract.RestoreTestEvent) (contract.RestoreTest, error) {
	step, known := map[string]func(context.Context, contract.RestoreTest) (contract.RestoreTest, error){
		contract.StepFind:    t.find,
		contract.StepStart:   t.start,
		contract.StepPoll:    t.poll,
		contract.StepCleanUp: t.cleanUp,
		contract.StepReport:  t.report,
		contract.StepSweep:   t.sweep,
	}[event.Step]
	if !known {
		return event.Test, fmt.Errorf("step is %q: want %s, %s, %s, %s, %s or %s", event.Step, contract.StepFind,
			contract.StepStart, contract.StepPoll, contract.StepCleanUp, contract.StepReport, contract.StepSweep)
	}
	return step(ctx, event.Test)
}
