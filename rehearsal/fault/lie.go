package fault

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/cloudwatch"
)

// lieInterval is the time between two lies: every minute has some, whatever the observer itself says in it.
const lieInterval = 20 * time.Second

// lie says in an observer's name that an endpoint is unfit, where health checks read it: in the data region that is not
// the endpoint's.
func (one *injection) lie() error {
	clusters, err := one.clusters()
	if err != nil {
		return err
	}
	var lies []func()
	for _, place := range []string{"primary", "secondary"} {
		if one.places[place] == one.region("region") {
			continue
		}
		metrics := one.sandbox.Account.Region(one.places[place]).CloudWatch
		for _, c := range clusters {
			dimensions := contract.ObserverDimensions(c.Identifier, c.Region, one.region("observer"))
			if !heard(metrics, dimensions) {
				return fmt.Errorf("nobody routes traffic by what the observer in %s says of %s", one.region("observer"), c.Region)
			}
			lies = append(lies, func() {
				now := one.sandbox.Clock.Now()
				_ = metrics.PutMetricData(contract.MetricNamespace, // CloudWatch that is down hears no lies
					cloudwatch.Sample(contract.MetricEndpointUnfit, dimensions, 1, "Count", now))
			})
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	var lying sync.WaitGroup
	lying.Go(func() {
		for ok := true; ok; ok = one.sandbox.Clock.Sleep(ctx, lieInterval) == nil {
			for _, tell := range lies {
				tell()
			}
		}
	})
	one.onUndo(func() error {
		stop()
		lying.Wait()
		return nil
	})
	return nil
}

// heard says whether an alarm, which a health check may follow, is on an observer's word.
func heard(metrics *cloudwatch.Service, dimensions map[string]string) bool {
	return slices.ContainsFunc(metrics.MetricAlarms(), func(a cloudwatch.MetricAlarm) bool {
		return a.MetricName == contract.MetricEndpointUnfit && maps.Equal(a.Dimensions, dimensions)
	})
}
