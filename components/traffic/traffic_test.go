package traffic

import (
	"reflect"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/graph"
)

// What every constructor refuses is told together, and nothing is registered.
func TestMissingArgumentsAreNamedTogether(t *testing.T) {
	for name, c := range map[string]struct {
		create func(ctx *pulumi.Context) error
		want   []string
	}{
		"Livez": {func(ctx *pulumi.Context) error { _, err := NewLivez(ctx, "x", &LivezArgs{}); return err },
			[]string{"Region.Name", "Database", "DatabaseRole"}},
		"RegionalDomain": {func(ctx *pulumi.Context) error {
			_, err := NewRegionalDomain(ctx, "x", &RegionalDomainArgs{})
			return err
		},
			[]string{"Region.Name", "Topic", "ZoneID", "Domain", "Own", "Service", "Service.Open", "Runbooks"}},
		"Leaf": {func(ctx *pulumi.Context) error { _, err := NewLeaf(ctx, "x", &LeafArgs{}); return err },
			[]string{"Region.Name", "ZoneID", "Name", "Target", "TargetZoneID", "Host", "Path", "Title"}},
		"ObservedFitness": {func(ctx *pulumi.Context) error {
			_, err := NewObservedFitness(ctx, "x", &ObservedFitnessArgs{Endpoint: &components.DsqlSide{Region: "us-east-1"},
				From: components.Region{Name: "us-east-1"}})
			return err
		}, []string{"From.Provider", "Title", "After", "want three, since a quorum is two of three",
			"From is us-east-1: want the other data region"}},
		"TrafficRouting": {func(ctx *pulumi.Context) error {
			_, err := NewRouting(ctx, "x", &RoutingArgs{Sides: [2]Side{{Target: &Target{}, Service: &components.TransactionService{}}}})
			return err
		}, []string{"ZoneID", "Domain", "Observers", "Title", "Runbooks", "After", "Sides[0].Region.Name", "Sides[1].Topic",
			"Sides[0] has Service true and Target true: want one of them", "Sides[1] has Service false and Target false"}},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := graph.Run(c.create, graph.Options{})
			require.ErrorContains(t, err, name+` "x"`)
			for _, part := range c.want {
				require.ErrorContains(t, err, part)
			}
			assert.Empty(t, g.Resources)
		})
	}
	for _, problem := range []error{(*LivezArgs)(nil).validate(), (*RegionalDomainArgs)(nil).validate(), (*LeafArgs)(nil).validate(),
		(*ObservedFitnessArgs)(nil).validate(), (*RoutingArgs)(nil).validate()} {
		assert.EqualError(t, problem, "args are required")
	}
}

// resolved is what an output says.
func resolved(t *testing.T, o pulumi.Output) any {
	t.Helper()
	known, err := internals.UnsafeAwaitOutput(t.Context(), o)
	require.NoError(t, err)
	return known.Value
}

// R3: whatever changes of an alarm, changes the triggers of the health check that has copied it.
func TestEveryArgumentOfAnAlarmIsAmongTheTriggers(t *testing.T) {
	unchanged := resolved(t, whole(cloudwatch.MetricAlarmArgs{}))
	values := []any{
		pulumi.String("x"), pulumi.Int(1), pulumi.Float64(1), pulumi.Bool(true), pulumi.Array{pulumi.String("x")},
		pulumi.StringArray{pulumi.String("x")}, pulumi.StringMap{"x": pulumi.String("x")},
		cloudwatch.MetricAlarmMetricQueryArray{cloudwatch.MetricAlarmMetricQueryArgs{Id: pulumi.String("x")}},
	}
	fields := reflect.TypeFor[cloudwatch.MetricAlarmArgs]()
	require.Greater(t, fields.NumField(), 20)
	for i := range fields.NumField() {
		set := false
		for _, value := range values {
			var args cloudwatch.MetricAlarmArgs
			field := reflect.ValueOf(&args).Elem().Field(i)
			if !reflect.TypeOf(value).AssignableTo(field.Type()) {
				continue
			}
			set = true
			field.Set(reflect.ValueOf(value))
			assert.NotEqual(t, unchanged, resolved(t, whole(args)), fields.Field(i).Name)
		}
		assert.True(t, set, "%s is never set", fields.Field(i).Name)
	}
}

// Certificate Manager's list has no order; a name that it leaves out is told, and not proved by another's record.
func TestARecordIsChosenByTheNameItProves(t *testing.T) {
	option := func(name string) acm.CertificateDomainValidationOption {
		record, value := "_r."+name, "_v."+name
		return acm.CertificateDomainValidationOption{DomainName: &name, ResourceRecordName: &record, ResourceRecordValue: &value}
	}
	options := []acm.CertificateDomainValidationOption{{}, option("us-east-1.pay.example.com"), option("pay.example.com")}
	wanted, err := wantedFor("pay.example.com", options)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"name": "_r.pay.example.com", "value": "_v.pay.example.com"}, wanted)
	_, err = wantedFor("example.com", options)
	require.ErrorContains(t, err, "the certificate lists no record for example.com")
}
