package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"aurora-dsql-dr/lambda/contract"
)

// CloudWatch is the part of the CloudWatch client that publishing needs.
type CloudWatch interface {
	PutMetricData(
		ctx context.Context, in *cloudwatch.PutMetricDataInput, opts ...func(*cloudwatch.Options),
	) (*cloudwatch.PutMetricDataOutput, error)
}

// Publisher publishes ClusterHealth, EndpointUnreachable, EndpointUnfit and BackupAge.
type Publisher struct {
	// Observer is the observer's region.
	Observer string
	// Regions are the clients of the regions that decide about outages.
	Regions map[string]CloudWatch
	// Timeout bounds the call to one region.
	Timeout time.Duration
	Log     *slog.Logger
}

// Publish makes one call to every region for which there is something, at once. A region that fails is logged, since
// its loss may be what is being reported; an error is returned, with every cause, when none could be reached.
func (p Publisher) Publish(ctx context.Context, run []Series, at time.Time) error {
	data := map[string][]types.MetricDatum{}
	for region := range p.Regions {
		if sent := append(p.data(run, at), p.words(run, region)...); len(sent) > 0 {
			data[region] = sent
		}
	}
	failures := p.put(ctx, data)
	if len(data) > 0 && len(failures) == len(data) {
		return fmt.Errorf("metrics reached no region: %w", errors.Join(failures...))
	}
	for _, f := range failures {
		p.Log.WarnContext(ctx, "metrics missed a region", "error", f)
	}
	return nil
}

func (p Publisher) put(ctx context.Context, data map[string][]types.MetricDatum) []error {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	regions := slices.Sorted(maps.Keys(data))
	errs := make([]error, len(regions))
	var wg sync.WaitGroup
	for i, region := range regions {
		wg.Go(func() {
			_, err := p.Regions[region].PutMetricData(ctx, &cloudwatch.PutMetricDataInput{
				Namespace:  aws.String(contract.MetricNamespace),
				MetricData: data[region],
			})
			if err != nil {
				errs[i] = fmt.Errorf("%s: %w", region, err)
			}
		})
	}
	wg.Wait()
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}

// data is one sample a run and metric: alarms count votes, so an observer must not vote twice in a period.
func (p Publisher) data(run []Series, at time.Time) []types.MetricDatum {
	var data []types.MetricDatum
	for _, s := range run {
		t := s.Target
		if unreachable, ok := s.Unreachable(); ok {
			dimensions := contract.ObserverDimensions(t.ClusterID, t.Region, p.Observer)
			data = append(data, datum(contract.MetricEndpointUnreachable, dimensions, unreachable, at))
		}
		if healthy, ok := s.Healthy(); ok && t.Region == p.Observer {
			dimensions := contract.ClusterDimensions(t.ClusterID, t.Region)
			data = append(data, datum(contract.MetricClusterHealth, dimensions, healthy, at))
		}
		if s.BackupAge != nil {
			dimensions := contract.ClusterDimensions(t.ClusterID, t.Region)
			data = append(data, sample(contract.MetricBackupAge, dimensions, *s.BackupAge, types.StandardUnitNone, at))
		}
	}
	return data
}

// words are what the region is told for traffic routing: nothing of its own endpoint, whose loss may be its own.
func (p Publisher) words(run []Series, region string) []types.MetricDatum {
	var data []types.MetricDatum
	for _, s := range run {
		if t := s.Target; s.Word != nil && t.Region != region {
			dimensions := contract.ObserverDimensions(t.ClusterID, t.Region, p.Observer)
			data = append(data, datum(contract.MetricEndpointUnfit, dimensions, s.Word.Unfit, s.Word.At))
		}
	}
	return data
}

func datum(name string, dimensions map[string]string, yes bool, at time.Time) types.MetricDatum {
	value := 0.0
	if yes {
		value = 1
	}
	return sample(name, dimensions, value, types.StandardUnitCount, at)
}

func sample(
	name string, dimensions map[string]string, value float64, unit types.StandardUnit, at time.Time,
) types.MetricDatum {
	return types.MetricDatum{
		MetricName: aws.String(name),
		Dimensions: dimensionList(dimensions),
		Timestamp:  aws.Time(at),
		Value:      aws.Float64(value),
		Unit:       unit,
	}
}

func dimensionList(dimensions map[string]string) []types.Dimension {
	var list []types.Dimension
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		list = append(list, types.Dimension{Name: aws.String(name), Value: aws.String(dimensions[name])})
	}
	return list
}
