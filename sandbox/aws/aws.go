// Package aws wires the services of the sandbox together: one account, several regions, and the minute hand that drives
// metrics and alarms.
package aws

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

// AccountID is the account of the sandbox.
const AccountID = "123456789012"

// Account is an AWS account: what is global, and its regions. Create it with NewAccount and end it with Close.
type Account struct {
	ID        string
	Partition string
	Clock     *clock.Clock
	IAM       *iam.Service
	Inbox     *sns.Inbox

	regions map[string]*Region
	cancel  context.CancelFunc
	work    sync.WaitGroup
}

// Region is one region of the account with its services. Functions and Aurora DSQL have packages of their own:
// Env.SetInvoker attaches the first to SNS and EventBridge, and EveryMinute lets both publish metrics.
type Region struct {
	*region.Env
	KMS        *kms.Service
	SQS        *sqs.Service
	SNS        *sns.Service
	CloudWatch *cloudwatch.Service
	Logs       *logs.Service
	Events     *events.Service

	mu          sync.Mutex
	everyMinute []func(now time.Time)
}

// NewAccount returns an account with these regions, whose alarms are evaluated from now on.
func NewAccount(clk *clock.Clock, regions ...string) *Account {
	ctx, cancel := context.WithCancel(context.Background())
	a := &Account{
		ID: AccountID, Partition: region.Partition, Clock: clk, IAM: iam.New(AccountID, clk), Inbox: &sns.Inbox{},
		regions: map[string]*Region{}, cancel: cancel,
	}
	for _, name := range regions {
		r := a.newRegion(name)
		a.regions[name] = r
		a.work.Go(func() { r.run(ctx) })
	}
	return a
}

func (a *Account) newRegion(name string) *Region {
	env := region.New(name, a.ID, a.Clock)
	r := &Region{Env: env, KMS: kms.New(env, a.IAM), SQS: sqs.New(env, a.IAM)}
	r.SNS = sns.New(env, a.IAM, r.KMS, r.SQS, a.Inbox)
	r.CloudWatch = cloudwatch.New(env, r.SNS)
	r.Logs = logs.New(env, a.IAM, r.CloudWatch)
	r.Events = events.New(env, events.Deps{IAM: a.IAM, KMS: r.KMS, CloudWatch: r.CloudWatch, SNS: r.SNS, SQS: r.SQS, Peer: a.eventsOf})
	r.KMS.Connect(a.keysOf)
	r.SNS.Connect(a.topicsOf)
	r.EveryMinute(r.publishQueueMetrics)
	r.EveryMinute(r.publishTopicMetrics)
	return r
}

func (a *Account) eventsOf(region string) *events.Service {
	if r := a.regions[region]; r != nil {
		return r.Events
	}
	return nil
}

func (a *Account) topicsOf(region string) *sns.Service {
	if r := a.regions[region]; r != nil {
		return r.SNS
	}
	return nil
}

func (a *Account) keysOf(region string) *kms.Service {
	if r := a.regions[region]; r != nil {
		return r.KMS
	}
	return nil
}

// Region finds a region of the account; nil if the account does not use it.
func (a *Account) Region(name string) *Region { return a.regions[name] }

// Regions lists the regions by name.
func (a *Account) Regions() []*Region {
	var list []*Region
	for _, name := range slices.Sorted(maps.Keys(a.regions)) {
		list = append(list, a.regions[name])
	}
	return list
}

// Close ends schedules, retries and alarms and waits for them.
func (a *Account) Close() {
	a.cancel()
	for _, r := range a.regions {
		r.Events.Close()
	}
	a.work.Wait()
}

// EveryMinute has a function called at every full minute before the alarms are evaluated, for the metrics AWS publishes
// of its own accord. It is not called while the region is down.
func (r *Region) EveryMinute(publish func(now time.Time)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.everyMinute = append(r.everyMinute, publish)
}

// run ticks at every multiple of cloudwatch.Resolution on the sandbox's clock. A machine too slow for the clock's speed
// makes the ticks late, never fewer.
func (r *Region) run(ctx context.Context) {
	for next := r.Now().Truncate(cloudwatch.Resolution).Add(cloudwatch.Resolution); ; next = next.Add(cloudwatch.Resolution) {
		if r.Clock.Sleep(ctx, next.Sub(r.Now())) != nil {
			return
		}
		r.tick(next)
	}
}

func (r *Region) tick(now time.Time) {
	defer edge.Recover("metrics and alarms of "+r.Name, nil) // the next tick is due in ten seconds
	if now.Truncate(time.Minute).Equal(now) && !r.Down() {
		r.mu.Lock()
		publishers := slices.Clone(r.everyMinute)
		r.mu.Unlock()
		for _, publish := range publishers {
			publish(now)
		}
	}
	r.CloudWatch.Tick(now)
}

// publishQueueMetrics dates the samples into the minute that has just ended, which is the one the alarms look at.
func (r *Region) publishQueueMetrics(now time.Time) {
	if data := r.SQS.Metrics(now.Add(-time.Second)); len(data) > 0 {
		_ = r.CloudWatch.Publish("AWS/SQS", data...) // CloudWatch down: the samples are lost, as on AWS
	}
}

// publishTopicMetrics publishes what happened to the region's topics; a topic to which nothing happened has no samples.
func (r *Region) publishTopicMetrics(now time.Time) {
	var data []cloudwatch.Datum
	for topicARN, c := range r.SNS.TakeCounts() {
		dimensions := map[string]string{"TopicName": topicARN[strings.LastIndex(topicARN, ":")+1:]}
		for metric, count := range map[string]int{
			"NumberOfMessagesPublished": c.Published, "NumberOfNotificationsDelivered": c.Delivered, "NumberOfNotificationsFailed": c.Failed,
		} {
			data = append(data, cloudwatch.Sample(metric, dimensions, float64(count), "Count", now.Add(-time.Second)))
		}
	}
	if len(data) > 0 {
		_ = r.CloudWatch.Publish("AWS/SNS", data...) // CloudWatch down: the samples are lost, as on AWS
	}
}
