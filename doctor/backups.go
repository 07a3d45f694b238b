package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"aurora-dsql-dr/components/backups"
	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/recovery"
)

var backupOptIn = check{
	id:       "backup-opt-in",
	asked:    "Is AWS Backup opted in to Aurora DSQL in both data regions?",
	why:      "The plans name the clusters and back up without; make backup is refused.",
	do:       "aws backup update-region-settings --region <region> --resource-type-opt-in-preference DSQL=true",
	concerns: hasBackups,
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.data(), func(region string) ([]answer, error) {
			client := backup.NewFromConfig(s.in(region))
			out, err := client.DescribeRegionSettings(ctx, &backup.DescribeRegionSettingsInput{})
			if err != nil {
				return nil, err
			}
			switch in, known := out.ResourceTypeOptInPreference["DSQL"]; {
			case !known:
				return one(bad(region, "AWS Backup does not know Aurora DSQL there"), nil)
			case !in:
				return one(bad(region, "no"), nil)
			default:
				return one(good(region, "yes"), nil)
			}
		})
	},
}

var recoveryPoints = check{
	id:       "recovery-points",
	asked:    "Is the newest recovery point of each plan, with its twin, young enough?",
	why:      "What is older than it is lost when both clusters are; one without a twin restores no pair.",
	do:       "docs/runbooks.md#a-backup-failed.",
	concerns: hasBackups,
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.data(), func(region string) ([]answer, error) {
			own, err := s.points(ctx, region, region)
			if err != nil {
				return nil, err
			}
			twins, err := s.points(ctx, s.peer(region), region)
			if err != nil {
				return nil, err
			}
			if len(own) == 0 {
				return one(s.first(ctx, region))
			}
			return one(s.young(region, own, twins, time.Now()), nil)
		})
	},
}

// points are the recovery points of one region's cluster in the vault of a region, the newest first.
func (s *stack) points(ctx context.Context, region, of string) ([]recovery.Point, error) {
	vault, cluster := s.deployed.BackupVaultNames[region], s.deployed.ClusterARNs[of]
	return recovery.Of(ctx, backup.NewFromConfig(s.in(region)), vault, time.Time{}, cluster)
}

// first answers of a plan that has made no recovery point: that is well until one is due.
func (s *stack) first(ctx context.Context, region string) (answer, error) {
	plan := s.deployed.BackupPlanIDs[region]
	out, err := backup.NewFromConfig(s.in(region)).GetBackupPlan(ctx, &backup.GetBackupPlanInput{BackupPlanId: &plan})
	if err != nil {
		return answer{}, err
	}
	made := aws.ToTime(out.CreationDate)
	if time.Since(made) > s.config.Backups.MaximumAge {
		return bad(region, "the plan of %s has made none", made.Format(time.DateOnly)), nil
	}
	return good(region, "none is due yet: it was set up on %s", made.Format(time.DateOnly)), nil
}

func (s *stack) young(region string, own, twins []recovery.Point, now time.Time) answer {
	newest, _, found := recovery.NewestTwin(own, twins)
	most := s.config.Backups.MaximumAge
	switch age := now.Sub(newest.CreatedAt).Round(time.Minute); {
	case !found:
		return bad(region, "none of %d points has a twin", len(own))
	case age > most:
		return bad(region, "it is %v old, and may be %v", age, most)
	default:
		return good(region, "it is %v old", age)
	}
}

var restoreTests = check{
	id:       "restore-tests",
	asked:    "Has the latest restore test passed, and within its interval?",
	why:      "A backup that nobody has restored is a hope.",
	do:       "docs/runbooks.md#a-restore-test-failed; make restore-test runs one now.",
	concerns: all(hasBackups, func(s *stack) bool { return s.config.Backups.RestoreTest != backups.Never }),
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.data(), func(region string) ([]answer, error) {
			machine := s.deployed.RestoreTestMachineARNs[region]
			client := sfn.NewFromConfig(s.in(region))
			list, err := client.ListExecutions(ctx, &sfn.ListExecutionsInput{
				StateMachineArn: &machine,
				StatusFilter:    types.ExecutionStatusSucceeded,
				MaxResults:      1,
			})
			if err != nil {
				return nil, err
			}
			if len(list.Executions) == 0 {
				return one(s.untested(ctx, client, region, machine))
			}
			latest := list.Executions[0]
			out, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: latest.ExecutionArn})
			if err != nil {
				return nil, err
			}
			return one(s.tested(region, aws.ToString(out.Output), aws.ToTime(latest.StartDate), time.Now()))
		})
	},
}

// untested answers of a machine that has ended no test: that is well until one is due.
func (s *stack) untested(ctx context.Context, client *sfn.Client, region, machine string) (answer, error) {
	out, err := client.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &machine})
	if err != nil {
		return answer{}, err
	}
	made := aws.ToTime(out.CreationDate)
	if time.Since(made) > s.config.Backups.RestoreTest.Longest() {
		return bad(region, "none has ended since %s", made.Format(time.DateOnly)), nil
	}
	return good(region, "none is due yet: it was set up on %s", made.Format(time.DateOnly)), nil
}

// tested answers of the latest test by what its execution gave.
func (s *stack) tested(region, output string, at, now time.Time) (answer, error) {
	var test contract.RestoreTest
	if err := json.Unmarshal([]byte(output), &test); err != nil {
		return answer{}, fmt.Errorf("the output of %s's restore test: %w", region, err)
	}
	day := at.Format(time.DateOnly)
	switch {
	case test.Result != contract.RestoreTestPassed:
		return bad(region, "that of %s has %s", day, test.Result), nil
	case now.Sub(at) > s.config.Backups.RestoreTest.Longest():
		return bad(region, "the latest is of %s", day), nil
	default:
		return good(region, "yes, that of %s", day), nil
	}
}
