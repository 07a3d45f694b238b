package restore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"

	"aurora-dsql-dr/lambda/contract"
)

// cleanUp deletes what the execution has restored. Its jobs are those of the tests' own role and of its recovery point
// since it began: no other execution has started one, since StepFind refuses while another runs. A test that has taken
// no recovery point has restored nothing, and leaves alone what another one has.
func (t *Tester) cleanUp(ctx context.Context, test contract.RestoreTest) (contract.RestoreTest, error) {
	test.Gone = false
	if test.Point == nil {
		test.Gone = true
		return test, nil
	}
	jobs, err := t.jobs(ctx, test.Started)
	if err != nil {
		return test, err
	}
	jobs = slices.DeleteFunc(jobs, func(j types.RestoreJobsListMember) bool {
		return aws.ToString(j.RecoveryPointArn) != test.Point.ARN
	})
	gone := true
	var problems []error
	for _, job := range jobs {
		if !ended(job) {
			gone = false
		}
		if job.CreatedResourceArn == nil {
			continue
		}
		clusters, err := t.made(ctx, *job.CreatedResourceArn)
		if err == nil && len(test.Restored) < len(clusters) {
			test.Restored = restored(clusters) // a peer is not named any more once the own cluster is gone
		}
		left, errRemove := t.discard(ctx, clusters, err)
		problems = append(problems, errRemove)
		gone = gone && !left
	}
	left, err := t.left(ctx, test.Restored)
	test.Gone = gone && !left
	return test, errors.Join(append(problems, err)...)
}

// discard is remove, unless the clusters could not be found.
func (t *Tester) discard(ctx context.Context, clusters []cluster, err error) (left bool, _ error) {
	if err != nil {
		return true, err
	}
	gone, err := t.remove(ctx, clusters)
	return !gone, err
}

// left tells whether any of the clusters is there.
func (t *Tester) left(ctx context.Context, clusters []contract.RestoredCluster) (bool, error) {
	var problems []error
	left := false
	for _, r := range clusters {
		c, err := parseCluster(r.ARN)
		if err != nil {
			return true, err
		}
		described, err := t.describe(ctx, c)
		problems = append(problems, err)
		left = left || err != nil || described != nil
	}
	return left, errors.Join(problems...)
}

// jobs are the restore jobs of the tests' own role, since a time if it is not zero.
func (t *Tester) jobs(ctx context.Context, since time.Time) ([]types.RestoreJobsListMember, error) {
	in := &backup.ListRestoreJobsInput{ByResourceType: aws.String(resourceType)}
	if !since.IsZero() {
		in.ByCreatedAfter = aws.Time(since)
	}
	var jobs []types.RestoreJobsListMember
	pages := backup.NewListRestoreJobsPaginator(t.Backup, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("restore jobs of %s: %w", t.Region, err)
		}
		for _, job := range page.RestoreJobs {
			if aws.ToString(job.IamRoleArn) == t.Settings.RoleARN {
				jobs = append(jobs, job)
			}
		}
	}
	return jobs, nil
}

func ended(job types.RestoreJobsListMember) bool {
	return job.Status != types.RestoreJobStatusPending && job.Status != types.RestoreJobStatusRunning
}
