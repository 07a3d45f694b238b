package restore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	backuptypes "github.com/aws/aws-sdk-go-v2/service/backup/types"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	dsqltypes "github.com/aws/aws-sdk-go-v2/service/dsql/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/alert"
)

const (
	east, ohio = "us-east-1", "us-east-2"
	machine    = "arn:aws:states:us-east-1:123456789012:stateMachine:restore-test"
	testRole   = "arn:aws:iam::123456789012:role/restore-test"
	handRole   = "arn:aws:iam::123456789012:role/restore"
)

var epoch = time.Date(2026, 1, 4, 5, 0, 0, 0, time.UTC)

func arn(region, id string) string { return "arn:aws:dsql:" + region + ":123456789012:cluster/" + id }

// region is a data region's clusters and vault.
type region struct {
	name     string
	points   []backuptypes.RecoveryPointByBackupVault
	clusters map[string]*dsql.GetClusterOutput // by id
	fail     error
	did      []string // changes, in their order
	refuse   string   // an id whose deletion is refused
	refusal  error
}

// ListRecoveryPointsByBackupVault gives one point a page, so that pages are turned.
func (r *region) ListRecoveryPointsByBackupVault(
	_ context.Context, in *backup.ListRecoveryPointsByBackupVaultInput, _ ...func(*backup.Options),
) (*backup.ListRecoveryPointsByBackupVaultOutput, error) {
	if r.fail != nil || len(r.points) == 0 {
		return &backup.ListRecoveryPointsByBackupVaultOutput{}, r.fail
	}
	i := 0
	if in.NextToken != nil {
		_, _ = fmt.Sscan(*in.NextToken, &i) // as it was given
	}
	out := &backup.ListRecoveryPointsByBackupVaultOutput{RecoveryPoints: r.points[i : i+1]}
	if i+1 < len(r.points) {
		out.NextToken = aws.String(fmt.Sprint(i + 1))
	}
	return out, nil
}

func (r *region) GetCluster(
	_ context.Context, in *dsql.GetClusterInput, _ ...func(*dsql.Options),
) (*dsql.GetClusterOutput, error) {
	if r.fail != nil {
		return nil, r.fail
	}
	if c, ok := r.clusters[*in.Identifier]; ok {
		return c, nil
	}
	return nil, &dsqltypes.ResourceNotFoundException{}
}

func (r *region) UpdateCluster(
	_ context.Context, in *dsql.UpdateClusterInput, _ ...func(*dsql.Options),
) (*dsql.UpdateClusterOutput, error) {
	r.did = append(r.did, "unprotect "+*in.Identifier)
	r.clusters[*in.Identifier].DeletionProtectionEnabled = in.DeletionProtectionEnabled
	return &dsql.UpdateClusterOutput{}, nil
}

// DeleteCluster leaves a cluster DELETING, until gone is called.
func (r *region) DeleteCluster(
	_ context.Context, in *dsql.DeleteClusterInput, _ ...func(*dsql.Options),
) (*dsql.DeleteClusterOutput, error) {
	if *in.Identifier == r.refuse {
		return nil, r.refusal
	}
	r.did = append(r.did, "delete "+*in.Identifier)
	r.clusters[*in.Identifier].Status = dsqltypes.ClusterStatusDeleting
	return &dsql.DeleteClusterOutput{}, nil
}

// gone ends the deletions that have begun.
func (r *region) gone() {
	for id, c := range r.clusters {
		if c.Status == dsqltypes.ClusterStatusDeleting {
			delete(r.clusters, id)
		}
	}
}

// add makes an ACTIVE cluster, with peers if it has any.
func (r *region) add(id string, peers ...string) {
	c := &dsql.GetClusterOutput{Arn: aws.String(arn(r.name, id)), Status: dsqltypes.ClusterStatusActive}
	if len(peers) > 0 {
		c.MultiRegionProperties = &dsqltypes.MultiRegionProperties{Clusters: append([]string{*c.Arn}, peers...)}
	}
	r.clusters[id] = c
}

func (r *region) has(id string) bool { return r.clusters[id] != nil }

// cloud is both data regions, with the own one's restore jobs and executions.
type cloud struct {
	*region // the own
	peer    *region
	jobs    []backuptypes.RestoreJobsListMember
	started []*backup.StartRestoreJobInput

	executions []sfntypes.ExecutionListItem
	alerts     []alert.Message
	deaf       error // what publishing an alert fails with
	metrics    bytes.Buffer
	logged     bytes.Buffer
}

func (c *cloud) StartRestoreJob(
	_ context.Context, in *backup.StartRestoreJobInput, _ ...func(*backup.Options),
) (*backup.StartRestoreJobOutput, error) {
	c.started = append(c.started, in)
	return &backup.StartRestoreJobOutput{RestoreJobId: aws.String("job-of-" + *in.IdempotencyToken)}, nil
}

func (c *cloud) DescribeRestoreJob(
	_ context.Context, in *backup.DescribeRestoreJobInput, _ ...func(*backup.Options),
) (*backup.DescribeRestoreJobOutput, error) {
	for _, j := range c.jobs {
		if *j.RestoreJobId == *in.RestoreJobId {
			return &backup.DescribeRestoreJobOutput{
				Status:             j.Status,
				StatusMessage:      j.StatusMessage,
				CompletionDate:     j.CompletionDate,
				CreatedResourceArn: j.CreatedResourceArn,
			}, nil
		}
	}
	return nil, errors.New("no such job")
}

func (c *cloud) ListRestoreJobs(
	_ context.Context, in *backup.ListRestoreJobsInput, _ ...func(*backup.Options),
) (*backup.ListRestoreJobsOutput, error) {
	out := &backup.ListRestoreJobsOutput{}
	for _, j := range c.jobs {
		if in.ByCreatedAfter == nil || j.CreationDate.After(*in.ByCreatedAfter) {
			out.RestoreJobs = append(out.RestoreJobs, j)
		}
	}
	return out, nil
}

func (c *cloud) ListExecutions(
	_ context.Context, in *sfn.ListExecutionsInput, _ ...func(*sfn.Options),
) (*sfn.ListExecutionsOutput, error) {
	out := &sfn.ListExecutionsOutput{}
	for _, e := range c.executions {
		if *in.StateMachineArn == machine && e.Status == in.StatusFilter {
			out.Executions = append(out.Executions, e)
		}
	}
	return out, nil
}

func (c *cloud) DescribeStateMachine(
	context.Context, *sfn.DescribeStateMachineInput, ...func(*sfn.Options),
) (*sfn.DescribeStateMachineOutput, error) {
	return &sfn.DescribeStateMachineOutput{CreationDate: aws.Time(epoch.Add(-30 * time.Hour))}, nil
}

func (c *cloud) Publish(_ context.Context, m alert.Message) error {
	c.alerts = append(c.alerts, m)
	return c.deaf
}

// restoredBy notes a job of a role that has completed with a cluster.
func (c *cloud) restoredBy(role, id string, created time.Time, clusterARN string) {
	c.jobs = append(c.jobs, backuptypes.RestoreJobsListMember{
		RestoreJobId:       aws.String(id),
		Status:             backuptypes.RestoreJobStatusCompleted,
		IamRoleArn:         aws.String(role),
		RecoveryPointArn:   aws.String("point-1"),
		CreationDate:       aws.Time(created),
		CompletionDate:     aws.Time(created.Add(3 * time.Minute)),
		CreatedResourceArn: aws.String(clusterARN),
	})
}

// runs notes an execution that is running.
func (c *cloud) runs(name string) {
	c.executions = append(c.executions, sfntypes.ExecutionListItem{
		Name:   aws.String(name),
		Status: sfntypes.ExecutionStatusRunning,
	})
}

// changes are what was changed in either region.
func (c *cloud) changes() string { return strings.Join(append(c.peer.did, c.did...), ", ") }

// world is a tester in us-east-1, whose stack has the clusters own and other.
func world() (*Tester, *cloud) {
	newRegion := func(name string) *region {
		return &region{name: name, clusters: map[string]*dsql.GetClusterOutput{}}
	}
	c := &cloud{region: newRegion(east), peer: newRegion(ohio)}
	c.add("own", arn(ohio, "other"))
	c.peer.add("other", arn(east, "own"))
	return &Tester{
		Region: east,
		Settings: contract.RestoreSettings{
			Clusters:   []string{arn(east, "own"), arn(ohio, "other")},
			Vault:      "dr",
			PeerRegion: ohio,
			PeerVault:  "dr-2",
			Witness:    "us-west-2",
			RoleARN:    testRole,
		},
		Hour:        time.Hour,
		LeftoverAge: 6 * time.Hour,
		Runbooks:    "docs/runbooks.md",
		Backup:      c,
		PeerVaults:  c.peer,
		Clusters:    map[string]Clusters{east: c.region, ohio: c.peer},
		Executions:  c,
		Alerts:      c,
		Metrics:     &c.metrics,
		Log:         slog.New(slog.NewJSONHandler(&c.logged, nil)),
	}, c
}

// test is one that has found its point.
func test() contract.RestoreTest {
	return contract.RestoreTest{
		Machine:   machine,
		Execution: "weekly-1",
		Started:   epoch,
		Point:     &contract.RecoveryPoint{ARN: "point-1"},
	}
}

func event(step string, test contract.RestoreTest) contract.RestoreTestEvent {
	return contract.RestoreTestEvent{Step: step, Test: test}
}
