package main

import (
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/aws"
	sandboxcloudwatch "aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/stacks"
)

// asking is a stack with clusters, whose account can be asked.
func (w *world) asking() *stack {
	w.Helper()
	s := known()
	var err error
	s.aws, err = awsconfig.LoadDefaultConfig(w.Context())
	require.NoError(w, err)
	s.config.Monitor.Schedule = time.Minute
	s.deployed = &stacks.Outputs{
		ClusterIdentifiers: map[string]string{primary: "own", secondary: "peer"},
		HealthCheckIDs:     map[string]string{primary: "check"},
	}
	return s
}

// publish has a service publish a sample.
func (w *world) publish(namespace, name string, value float64, dims map[string]string) {
	w.Helper()
	require.NoError(w, w.account.Region(primary).CloudWatch.Publish(namespace,
		sandboxcloudwatch.Sample(name, dims, value, "", w.account.Clock.Now())))
}

func TestAMetricIsAskedForByTheDimensionItHas(t *testing.T) {
	w := newWorld(t, aws.Options{})
	client := cloudwatch.NewFromConfig(w.asking().in(primary))
	asked := map[string]types.Metric{}
	for _, name := range []string{"OccConflicts", "QueryTimeouts"} {
		asked[name] = types.Metric{
			Namespace:  sdk.String(databaseNamespace),
			MetricName: &name,
			Dimensions: []types.Dimension{{Name: sdk.String("ClusterId"), Value: sdk.String("own")}},
		}
	}
	recognises := func() answer {
		a, err := recognised(t.Context(), client, primary, asked)
		require.NoError(t, err)
		return a
	}
	assert.Equal(t, bad(primary, "nothing is published of OccConflicts, QueryTimeouts"), recognises())
	w.publish(databaseNamespace, "OccConflicts", 1, map[string]string{"ClusterId": "another"})
	assert.Equal(t, Failed, recognises().status, "another cluster's")
	w.publish(databaseNamespace, "OccConflicts", 1, map[string]string{"ClusterId": "own"})
	assert.Equal(t, good(primary, "yes: OccConflicts"), recognises())
	w.publish(databaseNamespace, "QueryTimeouts", 1, map[string]string{"ResourceId": "own"})
	assert.Equal(t, bad(primary, "QueryTimeouts is published by ResourceId, and asked for by ClusterId"), recognises())
}

func TestAnObserverThatSaysNothingIsNamed(t *testing.T) {
	w := newWorld(t, aws.Options{})
	s := w.asking()
	for _, observer := range s.regions() {
		for endpoint, id := range s.deployed.ClusterIdentifiers {
			if observer != witness {
				w.publish(contract.MetricNamespace, contract.MetricEndpointUnreachable, 0,
					contract.ObserverDimensions(id, endpoint, observer))
			}
		}
	}
	silent, err := s.silent(t.Context(), primary)
	require.NoError(t, err)
	assert.Equal(t, []string{"us-west-2 has said nothing of us-east-1 for 8m0s", "us-west-2 has said nothing of " +
		"us-east-2 for 8m0s"},
		silent)
}

func TestTheHealthOfARecordIsItsLatestWord(t *testing.T) {
	w := newWorld(t, aws.Options{})
	s := w.asking()
	assert.Equal(t, Unasked, healthChecks.look(t.Context(), s)[0].status)
	w.publish("AWS/Route53", "HealthCheckStatus", 1, map[string]string{"HealthCheckId": "check"})
	assert.Equal(t, []answer{good("", "all 1 checks are")}, healthChecks.look(t.Context(), s))
	w.publish("AWS/Route53", "HealthCheckStatus", 0, map[string]string{"HealthCheckId": "check"})
	assert.Equal(t, []answer{bad("", "not us-east-1")}, healthChecks.look(t.Context(), s))
}
