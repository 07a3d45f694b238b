package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"aurora-dsql-dr/internal/reason"
	"aurora-dsql-dr/lambda/contract"
)

// memory is what the observers' shared memory has against the endpoints. The memory is in the database, into which this
// command has no login: each observer logs at the end of a run what it has read there.
type memory struct {
	// observer is whose reading it is, the newest, and at when that was. Without one the incidents are those that
	// observers remember.
	observer    string
	at          time.Time
	incidents   []contract.OpenIncident
	withdrawals []contract.Withdrawal // nil if that observer could not read them
}

// recall is the memory, which is read once.
func (s *stack) recall(ctx context.Context) (memory, error) {
	s.recalling.Do(func() { s.remembered, s.forgotten = s.readMemory(ctx) })
	return s.remembered, s.forgotten
}

// readMemory asks for the latest report of each observer. A region whose log cannot be read is made up for by another.
func (s *stack) readMemory(ctx context.Context) (memory, error) {
	window := s.spell()
	reports := make([]contract.HealthReport, len(s.regions()))
	errs := make([]error, len(reports))
	var asking sync.WaitGroup
	for i, observer := range s.regions() {
		asking.Go(func() {
			if reports[i], errs[i] = s.latestReport(ctx, observer, window); errs[i] != nil {
				errs[i] = fmt.Errorf("the log of the observer in %s: %w", observer, errs[i])
			}
		})
	}
	asking.Wait()
	if m := newestOf(reports); !m.at.IsZero() || len(m.incidents) > 0 {
		return m, nil
	}
	if err := errors.Join(errs...); err != nil {
		return memory{}, errors.New(strings.ReplaceAll(reason.Told(err), "\n", "; "))
	}
	return memory{}, fmt.Errorf("no observer has logged for %v what the shared memory says: none has run, or none can "+
		"read it (see observers), or they are of an earlier version", window)
}

// spell is how long an observer may say nothing: three schedules, and what is late.
func (s *stack) spell() time.Duration { return 3*s.config.Monitor.Schedule + late }

// latestReport is that of the run that an observer has ended last; without a time if it has ended none within a window.
func (s *stack) latestReport(
	ctx context.Context, observer string, window time.Duration,
) (latest contract.HealthReport, err error) {
	group, err := s.monitorLog(observer)
	if err != nil {
		return latest, err
	}
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(s.in(observer)),
		&cloudwatchlogs.FilterLogEventsInput{
			LogGroupName:  &group,
			StartTime:     aws.Int64(time.Now().Add(-window).UnixMilli()),
			FilterPattern: aws.String(`"` + contract.LogFinished + `"`),
		})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return latest, err
		}
		for _, event := range page.Events {
			var line contract.ProbeLine
			if json.Unmarshal([]byte(aws.ToString(event.Message)), &line) == nil && line.Message == contract.LogFinished &&
				line.Report.Timestamp.After(latest.Timestamp) {
				latest = line.Report
			}
		}
	}
	return latest, nil
}

// monitorLog is where a region's health check logs, by the state: AWS names it, and no output does.
func (s *stack) monitorLog(region string) (string, error) {
	for _, f := range s.made(typeFunction, region) {
		if f.Output("name") == s.deployed.MonitorFunctionNames[region] {
			config, _ := f.Outputs["loggingConfig"].(map[string]any)
			if group, _ := config["logGroup"].(string); group != "" {
				return group, nil
			}
		}
	}
	return "", fmt.Errorf("the state has no log group of the function %s", s.deployed.MonitorFunctionNames[region])
}

// newestOf is the newest reading of the memory, with the pages that other observers have sent on their own evidence. If
// nobody could read it, what any of them remembers counts.
func newestOf(reports []contract.HealthReport) (m memory) {
	for _, r := range reports {
		if r.Memory != nil && r.Memory.ReadAt != nil && r.Memory.ReadAt.After(m.at) {
			m = memory{r.Region, *r.Memory.ReadAt, slices.Clone(r.Memory.Incidents), r.Memory.Withdrawals}
		}
	}
	for _, r := range reports {
		if r.Memory == nil || r.Region == m.observer {
			continue
		}
		for _, i := range r.Memory.Incidents {
			if (i.Number == 0 || m.at.IsZero()) && !slices.Contains(m.incidents, i) {
				m.incidents = append(m.incidents, i)
			}
		}
	}
	return m
}
