package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
)

// restore makes a peered pair of a recovery point and its twin, once everything is found right and somebody has agreed.
func (c command) restore(ctx context.Context, r request) error {
	s, err := c.open(ctx, r.stack)
	if err != nil {
		return err
	}
	p, err := s.examine(ctx, r)
	if err != nil {
		return err
	}
	s.announce(p)
	if err := c.agreed(r); err != nil {
		return err
	}
	created, err := s.startRestore(ctx, p)
	if err != nil {
		return err
	}
	made, err := s.pairOf(ctx, p.region, created)
	if err != nil {
		return fmt.Errorf("%s was restored, but its pair could not be looked at: %w", created, err)
	}
	s.tell(made, r.beside)
	return nil
}

// announce says what will be done.
func (s stack) announce(p restorable) {
	s.say("Recovery point  %s\n  in %s, of %s (%v ago), %s, of %s", p.ARN, p.region, date(p.CreatedAt),
		time.Since(p.CreatedAt).Round(time.Minute), size(p.Bytes), p.ClusterARN)
	s.say("and its twin    %s\n  in %s", p.twin.ARN, s.peer(p.region))
	s.say("will be restored as a new pair in %s and %s, with the witness %s and deletion protection.", p.region,
		s.peer(p.region), s.Regions["witness"])
	s.say("What was written after %s is not in it. Nothing that exists is touched.", date(p.CreatedAt))
}

// agreed asks for a word, unless it has been given.
func (c command) agreed(r request) error {
	if r.confirmed {
		return nil
	}
	fmt.Fprint(c.out, `Type "yes" to begin: `)
	word, err := bufio.NewReader(c.in).ReadString('\n')
	if strings.TrimSpace(word) == "yes" {
		return nil
	}
	if err != nil {
		c.say("")
	}
	return errors.New("not confirmed, and nothing has been done: answer yes, or give CONFIRM=yes")
}

// startRestore restores, as the role that the restore tests' sweep never touches, and waits. It answers the ARN of the
// cluster in the recovery point's region.
func (s stack) startRestore(ctx context.Context, p restorable) (string, error) {
	metadata, err := s.metadata(p.region)
	if err != nil {
		return "", err
	}
	client := s.backup(p.region)
	started, err := client.StartRestoreJob(ctx, &backup.StartRestoreJobInput{
		RecoveryPointArn: &p.ARN,
		IamRoleArn:       aws.String(s.RecoveryRoleARNs[p.region]),
		ResourceType:     aws.String("DSQL"),
		Metadata:         metadata,
	})
	if err != nil {
		return "", fmt.Errorf("the restore of %s: %w", p.ARN, err)
	}
	what := "restore job " + *started.RestoreJobId + " in " + p.region
	var job *backup.DescribeRestoreJobOutput
	if err := s.finish(ctx, what, func(ctx context.Context) (string, *string, error) {
		job, err = client.DescribeRestoreJob(ctx, &backup.DescribeRestoreJobInput{RestoreJobId: started.RestoreJobId})
		if err != nil {
			return "", nil, err
		}
		return string(job.Status), job.StatusMessage, nil
	}); err != nil {
		return "", err
	}
	return aws.ToString(job.CreatedResourceArn), nil
}

// metadata are the documented keys for a pair ("Amazon Aurora DSQL restore", AWS Backup Developer Guide): the lists are
// JSON in texts. The clusters' keys are left to the next deployment.
func (s stack) metadata(region string) (map[string]string, error) {
	type cluster struct {
		Region     string `json:"region"`
		Protection bool   `json:"isDeletionProtectionEnabled"`
	}
	peer := s.peer(region)
	peers, err := json.Marshal([]string{peer})
	if err != nil {
		return nil, err
	}
	clusters, err := json.Marshal([]cluster{{region, true}, {peer, true}})
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"useMultiRegionOrchestration": "true",
		"witnessRegion":               s.Regions["witness"],
		"peerRegion":                  string(peers),
		"regionalConfig":              string(clusters),
	}, nil
}
