package restore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"

	"aurora-dsql-dr/lambda/contract"
)

// resourceType is AWS Backup's name for Aurora DSQL.
const resourceType = "DSQL"

// start starts the restore. The idempotency token makes AWS Backup answer a repetition with the job that runs.
func (t *Tester) start(ctx context.Context, test contract.RestoreTest) (contract.RestoreTest, error) {
	if test.Point == nil {
		return test, errors.New("the test has no recovery point: the step find comes before start")
	}
	metadata, err := t.metadata(test.Pair)
	if err != nil {
		return test, err
	}
	started, err := t.Backup.StartRestoreJob(ctx, &backup.StartRestoreJobInput{
		RecoveryPointArn: aws.String(test.Point.ARN),
		Metadata:         metadata,
		IamRoleArn:       aws.String(t.Settings.RoleARN),
		IdempotencyToken: aws.String(test.Execution),
		ResourceType:     aws.String(resourceType),
	})
	if err != nil {
		return test, fmt.Errorf("restore of %s: %w", test.Point.ARN, err)
	}
	test.JobID = aws.ToString(started.RestoreJobId)
	return test, nil
}

// regional is an element of regionalConfig.
type regional struct {
	Region     string `json:"region"`
	Protection bool   `json:"isDeletionProtectionEnabled"`
}

// metadata is what the restore is to make: the documented keys and no other, since AWS Backup refuses what its own
// GetRecoveryPointRestoreMetadata gives ("Amazon Aurora DSQL restore", AWS Backup Developer Guide). Deletion protection
// is on unless it is turned off, for each region.
func (t *Tester) metadata(pair bool) (map[string]string, error) {
	regions := []string{t.Region}
	metadata := map[string]string{}
	if pair {
		regions = append(regions, t.Settings.PeerRegion)
		peers, err := json.Marshal([]string{t.Settings.PeerRegion})
		if err != nil {
			return nil, err
		}
		metadata["useMultiRegionOrchestration"] = "true"
		metadata["witnessRegion"] = t.Settings.Witness
		metadata["peerRegion"] = string(peers)
	}
	var configs []regional
	for _, region := range regions {
		configs = append(configs, regional{Region: region})
	}
	config, err := json.Marshal(configs)
	metadata["regionalConfig"] = string(config)
	return metadata, err
}

// poll asks how far the restore is, and which clusters it has made once it is completed.
func (t *Tester) poll(ctx context.Context, test contract.RestoreTest) (contract.RestoreTest, error) {
	job, err := t.Backup.DescribeRestoreJob(ctx, &backup.DescribeRestoreJobInput{RestoreJobId: aws.String(test.JobID)})
	if err != nil {
		return test, fmt.Errorf("restore job %s: %w", test.JobID, err)
	}
	test.JobState, test.JobMessage = string(job.Status), aws.ToString(job.StatusMessage)
	if job.Status != types.RestoreJobStatusCompleted {
		return test, nil
	}
	clusters, err := t.made(ctx, aws.ToString(job.CreatedResourceArn))
	if err != nil {
		return test, err
	}
	if test.Pair && len(clusters) < 2 {
		return test, fmt.Errorf("restore job %s was to make a pair, but cluster %s has no peer", test.JobID, clusters[0].arn)
	}
	test.Restored, test.RestoredAt = restored(clusters), job.CompletionDate
	return test, nil
}

func restored(clusters []cluster) []contract.RestoredCluster {
	var all []contract.RestoredCluster
	for _, c := range clusters {
		all = append(all, contract.RestoredCluster{Region: c.region, ARN: c.arn, Endpoint: c.endpoint()})
	}
	return all
}
