// The health check: probes every endpoint of the database from one region, and alerts and publishes what it finds.
//
// With BACKUPS its role may beside that backup:ListRecoveryPointsByBackupVault on the vaults of both data regions, and
// backup:GetBackupPlan on their plans.
package main

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/alert"
	"aurora-dsql-dr/lambda/internal/backupage"
	"aurora-dsql-dr/lambda/internal/boot"
	"aurora-dsql-dr/lambda/internal/check"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/metrics"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
)

func main() {
	boot.Start(env.Parse, func(_ context.Context, e env.Environment, cfg aws.Config, log *slog.Logger) (any, error) {
		checker := check.New(configure(e, cfg, log))
		return func(ctx context.Context, event contract.CheckEvent) (contract.HealthReport, error) {
			var requestID string
			if call, ok := lambdacontext.FromContext(ctx); ok {
				requestID = call.AwsRequestID
			}
			return checker.Run(ctx, event, requestID)
		}, nil
	})
}

func configure(e env.Environment, cfg aws.Config, log *slog.Logger) check.Config {
	cadence := check.Cadence{
		Schedule:    e.Schedule,
		Interval:    e.ProbeInterval,
		RunLimit:    e.RunLimit,
		StepLimit:   e.StepLimit,
		StatusLimit: e.StatusLimit,
		Reprobe:     e.ReprobeInterval,
	}
	cfg.Retryer = probe.Retryer(min(cadence.StatusStep(), e.PublishTimeout))
	var embedded io.Writer
	if e.FullMetrics {
		embedded = os.Stdout
	}
	return check.Config{
		Observer:     e.Region,
		FunctionName: lambdacontext.FunctionName,
		Targets:      e.Targets,
		Cadence:      cadence,
		Reminder:     e.Reminder,
		Lease:        e.NoticeLease,
		Hold:         e.TrafficHold,
		Runbooks:     e.Runbooks,
		Policy: verdict.Policy{
			FailuresToOpen:   e.FailuresToOpen,
			SuccessesToClose: e.SuccessesToClose,
			WakingLimit:      e.WakingLimit,
			MinimumOutage:    e.MinimumOutage,
		},
		Prober: probe.Prober{
			Clusters: controlPlanes(e, cfg),
			Database: dsqlconn.Dialer{
				Credentials: cfg.Credentials,
				HostAddr:    e.HostAddr,
				Patience:    cadence.Patience(),
			},
			Role:        e.DatabaseRole,
			Step:        cadence.Step(),
			StatusStep:  cadence.StatusStep(),
			ReprobeStep: cadence.ReprobeStep(),
			Memory: incident.Settings{
				Observer:  e.Region,
				Observers: observers(e),
				Endpoints: endpoints(e),
				Fresh:     cadence.Fresh(),
				Lease:     e.NoticeLease,
				Reminder:  e.Reminder,
				Hold:      e.TrafficHold,
				Conflicts: dsqlconn.Policy{Attempts: 5, Base: cadence.Step() / 50, Max: cadence.Step() / 5},
			},
		},
		Alerts: alert.Publisher{Routes: routes(e, cfg), Timeout: e.PublishTimeout, Log: log},
		Metrics: metrics.Publisher{
			Observer: e.Region,
			Regions:  metricRegions(e, cfg),
			Timeout:  e.PublishTimeout,
			Log:      log,
		},
		Backups:  backups(e, cfg, log),
		Embedded: embedded,
		Log:      log,
	}
}

// backups is nil without any.
func backups(e env.Environment, cfg aws.Config, log *slog.Logger) check.Backups {
	if len(e.Backups) == 0 {
		return nil
	}
	clients := map[string]backupage.Backup{}
	for _, plan := range e.Backups {
		for _, region := range []string{plan.Region, plan.PeerRegion} {
			clients[region] = backup.NewFromConfig(cfg, func(o *backup.Options) { o.Region = region })
		}
	}
	return &backupage.Watch{
		Plans:    e.Backups,
		Regions:  clients,
		Hour:     e.BackupHour,
		Interval: e.BackupInterval,
		Timeout:  e.PublishTimeout,
		Log:      log,
	}
}

func controlPlanes(e env.Environment, cfg aws.Config) map[string]probe.ControlPlane {
	clients := map[string]probe.ControlPlane{}
	for _, t := range e.Targets {
		clients[t.Region] = dsql.NewFromConfig(cfg, func(o *dsql.Options) { o.Region = t.Region })
	}
	return clients
}

// observers are the regions with a topic: each alerts its own first.
func observers(e env.Environment) []string {
	names := []string{e.Region}
	for _, t := range e.Topics {
		if t.Region != e.Region {
			names = append(names, t.Region)
		}
	}
	return names
}

func endpoints(e env.Environment) []string {
	var names []string
	for _, t := range e.Targets {
		names = append(names, t.Endpoint)
	}
	return names
}

func routes(e env.Environment, cfg aws.Config) []alert.Route {
	var routes []alert.Route
	for _, t := range e.Topics {
		routes = append(routes, alert.Route{
			Topic: t,
			Client: sns.NewFromConfig(cfg, func(o *sns.Options) {
				o.Region, o.Retryer = t.Region, alert.Retryer(e.PublishTimeout)
			}),
		})
	}
	return routes
}

func metricRegions(e env.Environment, cfg aws.Config) map[string]metrics.CloudWatch {
	clients := map[string]metrics.CloudWatch{}
	for _, region := range e.MetricRegions {
		clients[region] = cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) { o.Region = region })
	}
	return clients
}
