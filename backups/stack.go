package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"aurora-dsql-dr/internal/input"
	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/internal/reason"
	"aurora-dsql-dr/stacks"
)

// stack is a deployed stack that has backups, and what AWS is asked with about it.
type stack struct {
	command
	clients
	stacks.Outputs
	name string
}

// clients are those of AWS, by region.
type clients struct {
	backup    func(region string) vaults
	machines  func(region string) machines
	clusters  func(region string) clusters
	functions func(region string) functions
}

// vaults is what is needed of AWS Backup.
type vaults interface {
	backup.ListRecoveryPointsByBackupVaultAPIClient
	DescribeBackupVault(context.Context, *backup.DescribeBackupVaultInput, ...func(*backup.Options)) (
		*backup.DescribeBackupVaultOutput, error)
	DescribeRecoveryPoint(context.Context, *backup.DescribeRecoveryPointInput, ...func(*backup.Options)) (
		*backup.DescribeRecoveryPointOutput, error)
	GetBackupPlan(context.Context, *backup.GetBackupPlanInput, ...func(*backup.Options)) (
		*backup.GetBackupPlanOutput, error)
	StartBackupJob(context.Context, *backup.StartBackupJobInput, ...func(*backup.Options)) (
		*backup.StartBackupJobOutput, error)
	DescribeBackupJob(context.Context, *backup.DescribeBackupJobInput, ...func(*backup.Options)) (
		*backup.DescribeBackupJobOutput, error)
	StartCopyJob(context.Context, *backup.StartCopyJobInput, ...func(*backup.Options)) (*backup.StartCopyJobOutput, error)
	DescribeCopyJob(context.Context, *backup.DescribeCopyJobInput, ...func(*backup.Options)) (
		*backup.DescribeCopyJobOutput, error)
	StartRestoreJob(context.Context, *backup.StartRestoreJobInput, ...func(*backup.Options)) (
		*backup.StartRestoreJobOutput, error)
	DescribeRestoreJob(context.Context, *backup.DescribeRestoreJobInput, ...func(*backup.Options)) (
		*backup.DescribeRestoreJobOutput, error)
}

// machines is what is needed of Step Functions.
type machines interface {
	sfn.ListExecutionsAPIClient
	sfn.GetExecutionHistoryAPIClient
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (
		*sfn.DescribeExecutionOutput, error)
}

// clusters is what is needed of Aurora DSQL.
type clusters interface {
	GetCluster(context.Context, *dsql.GetClusterInput, ...func(*dsql.Options)) (*dsql.GetClusterOutput, error)
}

// functions is what is needed of Lambda.
type functions interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// connect makes clients with the caller's credentials.
func connect(ctx context.Context) (clients, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return clients{}, err
	}
	in := func(region string) aws.Config {
		there := cfg.Copy()
		there.Region = region
		return there
	}
	return clients{
		backup:    func(region string) vaults { return backup.NewFromConfig(in(region)) },
		machines:  func(region string) machines { return sfn.NewFromConfig(in(region)) },
		clusters:  func(region string) clusters { return dsql.NewFromConfig(in(region)) },
		functions: func(region string) functions { return lambda.NewFromConfig(in(region)) },
	}, nil
}

// open reads the outputs of a stack, which the pulumi on PATH is asked for. It refuses one without backups.
func (c command) open(ctx context.Context, name string) (stack, error) {
	values, err := pulumi.Outputs(ctx, name)
	if err != nil {
		return stack{}, err
	}
	outputs, err := stacks.OutputsOf(values)
	if err != nil {
		return stack{}, err
	}
	if len(outputs.BackupVaultNames) == 0 {
		return stack{}, fmt.Errorf("stack %s has no backups (docs/backups.md says how to set them up)", name)
	}
	reach, err := connect(ctx)
	return stack{command: c, clients: reach, Outputs: outputs, name: name}, err
}

// region is the data region that is asked for, by default the primary.
func (s stack) region(asked string) (string, error) {
	if asked == "" {
		return s.Regions["primary"], nil
	}
	if _, known := s.BackupVaultNames[asked]; !known {
		return "", input.Refusal("REGION", asked, strings.Join(s.dataRegions(), " or "))
	}
	return asked, nil
}

// ifLost is an error with what can be done, if the error is of a region that does not answer.
func ifLost(region string, err error, advice string) error {
	if !reason.Unanswered(err) {
		return err
	}
	return fmt.Errorf("%s does not answer: %s\n%w", region, advice, err)
}

// dataRegions are those with a vault, the primary first.
func (s stack) dataRegions() []string {
	regions := slices.Sorted(maps.Keys(s.BackupVaultNames))
	slices.SortStableFunc(regions, func(a, b string) int {
		switch s.Regions["primary"] {
		case a:
			return -1
		case b:
			return 1
		default:
			return 0
		}
	})
	return regions
}

// peer is the other data region.
func (s stack) peer(region string) string {
	if region == s.Regions["primary"] {
		return s.Regions["secondary"]
	}
	return s.Regions["primary"]
}
