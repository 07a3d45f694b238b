// Command restoretest makes the steps of restore tests, and sweeps up what they leave. A state machine and its
// schedules invoke it.
//
// Environment: RESTORE; RUNBOOKS, BACKUP_HOUR and LEFTOVER_AGE have defaults. What its role has to be allowed, beside
// writing its log:
//
//   - backup:ListRecoveryPointsByBackupVault on both vaults (find)
//   - states:ListExecutions and states:DescribeStateMachine on the machine (find, sweep)
//   - backup:StartRestoreJob on recovery points of the own region, arn:aws:backup:<region>:<account>:recovery-point:*
//     and on its vault, and iam:PassRole on the restore role, to backup.amazonaws.com alone (start)
//   - dsql:UpdateCluster, dsql:AddPeerCluster and dsql:RemovePeerCluster on cluster/* of both data regions (start of a
//     pair; AWS Backup asks them of its caller)
//   - backup:DescribeRestoreJob and backup:ListRestoreJobs on * (poll, cleanUp, sweep)
//   - dsql:GetCluster, dsql:UpdateCluster and dsql:DeleteCluster on cluster/* of both data regions, the stack's
//     clusters denied for the last two (poll, cleanUp, sweep)
//   - sns:Publish on the own region's topic, and kms:GenerateDataKey* and kms:Decrypt on its key (report)
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/alert"
	"aurora-dsql-dr/lambda/internal/boot"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/restore"
)

// publishTimeout bounds a call that publishes to the topic. Nobody waits for it.
const publishTimeout = 5 * time.Second

func main() {
	boot.Start(env.ParseRestoreTest,
		func(_ context.Context, e env.RestoreTest, cfg aws.Config, log *slog.Logger) (any, error) {
			return configure(e, cfg, log).Run, nil
		})
}

func configure(e env.RestoreTest, cfg aws.Config, log *slog.Logger) *restore.Tester {
	peer := e.Settings.PeerRegion
	topic := contract.Topic{Region: e.Region, ARN: e.Settings.TopicARN}
	return &restore.Tester{
		Region:      e.Region,
		Settings:    e.Settings,
		Hour:        e.Hour,
		LeftoverAge: e.LeftoverAge,
		Runbooks:    e.Runbooks,
		Backup:      backup.NewFromConfig(cfg),
		PeerVaults:  backup.NewFromConfig(cfg, func(o *backup.Options) { o.Region = peer }),
		Clusters: map[string]restore.Clusters{
			e.Region: dsql.NewFromConfig(cfg),
			peer:     dsql.NewFromConfig(cfg, func(o *dsql.Options) { o.Region = peer }),
		},
		Executions: sfn.NewFromConfig(cfg),
		Alerts: alert.Publisher{
			Routes: []alert.Route{{
				Topic: topic,
				Client: sns.NewFromConfig(cfg, func(o *sns.Options) {
					o.Retryer = alert.Retryer(publishTimeout)
				}),
			}},
			Timeout: publishTimeout,
			Log:     log,
		},
		Metrics: os.Stdout,
		Log:     log,
	}
}
