package provider

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/route53"
)

const (
	recordKind = "aws:route53/record:Record"
	checkKind  = "aws:route53/healthCheck:HealthCheck"
)

// zone makes a hosted zone by hand, as one that a stack is given.
func (w *world) zone() string {
	w.t.Helper()
	z, _, err := w.Route53.CreateZone("example.com", "by hand", "")
	require.NoError(w.t, err)
	return z.ID
}

func TestAZoneIsRead(t *testing.T) {
	w := newWorld(t, Options{})
	id, i := w.zone(), w.in(primary)
	zone := i.mustRefresh(stateOf{kind: "aws:route53/zone:Zone", name: "zone", id: id})
	assert.Equal(t, "example.com", zone.outputs["name"])
	assert.Nil(t, zone.outputs["vpcs"], "it is public")
	assert.Empty(t, i.mustRefresh(stateOf{kind: "aws:route53/zone:Zone", name: "zone", id: "ZNONE"}).id)
	_, err := i.create("aws:route53/zone:Zone", "zone", object{"name": "example.org"})
	assert.ErrorContains(t, err, "the sandbox does not model this: a zone of a stack's own")
}

func latencyRecord(zone, region, address string) object {
	return object{"zoneId": zone, "name": "api", "type": "A", "ttl": 60, "records": []any{address}, "setIdentifier": region,
		"latencyRoutingPolicies": []any{object{"region": region}}}
}

func TestARecordLivesAsOnAWS(t *testing.T) {
	w := newWorld(t, Options{})
	zone, i := w.zone(), w.in(secondary)
	tests := map[string]struct{ inputs, update, replaces object }{
		"latency": {latencyRecord(zone, "us-east-1", "192.0.2.1"), object{"ttl": 30}, object{"name": "other"}},
		"weighted, renamed": {object{"zoneId": zone, "name": "Weighted.example.com.", "type": "A", "ttl": 60, "records": []any{"192.0.2.2", "192.0.2.1"},
			"setIdentifier": "a", "weightedRoutingPolicies": []any{object{"weight": 0}}}, object{"setIdentifier": "b"}, object{"zoneId": "ZOTHER"}},
		"text, made another type": {object{"zoneId": zone, "name": "text.example.com", "type": "TXT", "ttl": 60, "records": []any{"v=1; a"}},
			object{"type": "CAA", "records": []any{`0 issue "amazon.com"`}}, object{"name": "other"}},
		"failover": {object{"zoneId": zone, "name": "main", "type": "A", "ttl": 60, "records": []any{"192.0.2.1"}, "setIdentifier": "p",
			"failoverRoutingPolicies": []any{object{"type": "PRIMARY"}}}, object{"failoverRoutingPolicies": []any{object{"type": "SECONDARY"}}}, object{"name": "other"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			made := i.mustRefresh(i.mustCreate(recordKind, "r", test.inputs))
			assert.Equal(t, "DIFF_NONE", i.diff(made, test.inputs).GetChanges().String())
			assert.NotEmpty(t, i.diff(made, with(test.inputs, test.replaces)).GetReplaces())
			changed := with(test.inputs, test.update)
			assert.Empty(t, i.diff(made, changed).GetReplaces())
			updated, err := i.update(made, changed)
			require.NoError(t, err)
			updated = i.mustRefresh(updated)
			assert.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, i.diff(updated, changed).GetChanges())
			require.NoError(t, i.delete(updated))
			sets, err := w.Route53.RecordSets(zone)
			require.NoError(t, err)
			assert.Len(t, sets, 2, "the zone's own")
			assert.Empty(t, i.mustRefresh(updated).id, "gone")
		})
	}
}

func TestARecordsIdAndItsImport(t *testing.T) {
	w := newWorld(t, Options{})
	zone, i := w.zone(), w.in(primary)
	made := i.mustCreate(recordKind, "r", latencyRecord(zone, "us-east-1", "192.0.2.1"))
	assert.Equal(t, zone+"_api_A_us-east-1", made.id)
	assert.Equal(t, "api.example.com", made.outputs["fqdn"])
	imported := i.mustRefresh(stateOf{kind: recordKind, name: "r", id: zone + "_api.example.com_A_us-east-1"})
	assert.Equal(t, []any{"192.0.2.1"}, imported.outputs["records"])
	assert.Empty(t, i.mustRefresh(stateOf{kind: recordKind, name: "r", id: zone + "_none.example.com_A"}).id)
}

func TestARecordThatIsThereIsNotOverwrittenUnlessAllowed(t *testing.T) {
	w := newWorld(t, Options{})
	zone, i := w.zone(), w.in(primary)
	ttl := int64(60)
	_, err := w.Route53.ChangeRecordSets(zone, "", []route53.Change{{Action: route53.Create,
		Set: route53.RecordSet{Name: "www.example.com", Type: "A", TTL: &ttl, Values: []string{"192.0.2.9"}}}})
	require.NoError(t, err)
	inputs := object{"zoneId": zone, "name": "www", "type": "A", "ttl": 60, "records": []any{"192.0.2.1"}}
	_, err = i.create(recordKind, "r", inputs)
	assert.ErrorContains(t, err, "creating Route 53 Record (r): InvalidChangeBatch: [Tried to create resource record set "+
		"[name='www.example.com.', type='A'] but it already exists]")
	made := i.mustCreate(recordKind, "r", with(inputs, object{"allowOverwrite": true}))
	answer, _ := w.Route53.Resolve("www.example.com", "A", primary)
	assert.Equal(t, "192.0.2.1", answer.Records[0].Value)
	assert.Equal(t, "DIFF_NONE", i.diff(i.mustRefresh(made), with(inputs, object{"allowOverwrite": true})).GetChanges().String())
	_, err = i.create(recordKind, "geo", with(inputs, object{"geolocationRoutingPolicies": []any{object{"country": "*"}}}))
	assert.ErrorContains(t, err, `the sandbox does not model this: unknown field "geolocationRoutingPolicies"`)
}

// Of an alarm that has changed a health check knows only when its triggers have.
func TestTheTriggersOfAHealthCheckReadTheAlarmAgain(t *testing.T) {
	w := newWorld(t, Options{})
	i := w.in(primary)
	put := func(threshold float64) {
		_, err := w.Region(secondary).CloudWatch.PutMetricAlarm(cloudwatch.MetricAlarm{Name: "down", ComparisonOperator: "GreaterThanThreshold",
			Threshold: &threshold, EvaluationPeriods: 1, Namespace: "App", MetricName: "Down", Statistic: "Maximum", Period: 60})
		require.NoError(t, err)
	}
	put(1)
	inputs := object{"type": "CLOUDWATCH_METRIC", "cloudwatchAlarmName": "down", "cloudwatchAlarmRegion": secondary, "insufficientDataHealthStatus": "Healthy",
		"triggers": object{"threshold": "1"}, "tags": object{"Name": "down", "old": "x"}}
	made := i.mustCreate(checkKind, "down", inputs)
	assert.Equal(t, "DIFF_NONE", i.diff(i.mustRefresh(made), inputs).GetChanges().String())
	knows := func() float64 {
		hc, err := w.Route53.HealthCheck(made.id)
		require.NoError(t, err)
		return *hc.Alarm.Threshold
	}
	put(2)
	retagged := with(inputs, object{"invertHealthcheck": true, "tags": object{"Name": "down"}})
	made, err := i.update(made, retagged)
	require.NoError(t, err)
	assert.InDelta(t, 1, knows(), 0, "the old settings")
	tags, err := w.Route53.Tags(route53.HealthChecks, made.id)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"Name": "down"}, tags)
	made, err = i.update(made, with(retagged, object{"triggers": object{"threshold": "2"}}))
	require.NoError(t, err)
	assert.InDelta(t, 2, knows(), 0)
	require.NoError(t, i.delete(made))
	assert.Empty(t, i.mustRefresh(made).id)
}

func TestHealthChecksLiveAsOnAWS(t *testing.T) {
	w := newWorld(t, Options{})
	i := w.in(primary)
	endpoint := object{"type": "HTTPS", "fqdn": "api.example.com", "port": 443, "resourcePath": "/health", "requestInterval": 30,
		"regions": []any{"us-west-2", "us-east-1", "eu-west-1"}}
	made := i.mustCreate(checkKind, "endpoint", endpoint)
	assert.Equal(t, "arn:aws:route53:::healthcheck/"+made.id, made.outputs["arn"])
	assert.EqualValues(t, 3, made.outputs["failureThreshold"])
	made = i.mustRefresh(made)
	assert.Equal(t, "DIFF_NONE", i.diff(made, endpoint).GetChanges().String())
	assert.NotEmpty(t, i.diff(made, with(endpoint, object{"requestInterval": 10})).GetReplaces())
	changed := with(endpoint, object{"failureThreshold": 2, "disabled": true})
	assert.Empty(t, i.diff(made, changed).GetReplaces())
	made, err := i.update(made, changed)
	require.NoError(t, err)
	hc, err := w.Route53.HealthCheck(made.id)
	require.NoError(t, err)
	assert.Equal(t, 2, hc.Config.FailureThreshold)
	assert.True(t, hc.Config.Disabled)

	calculated := object{"type": "CALCULATED", "childHealthThreshold": 1, "childHealthchecks": []any{made.id}}
	parent := i.mustCreate(checkKind, "parent", calculated)
	assert.Equal(t, "DIFF_NONE", i.diff(i.mustRefresh(parent), calculated).GetChanges().String())
	_, err = i.create(checkKind, "zero", with(calculated, object{"childHealthThreshold": 0}))
	assert.ErrorContains(t, err, "creating Route 53 Health Check (zero): InvalidInput: Invalid parameter : Calculated health checks must have a health threshold specified.",
		"a threshold of zero never leaves the provider")
	_, err = i.create(checkKind, "fast", with(calculated, object{"requestInterval": 10}))
	assert.ErrorContains(t, err, "Calculated health checks must not have a request interval specified.")
	_, err = i.create(checkKind, "slow", with(endpoint, object{"measureLatency": true}))
	assert.ErrorContains(t, err, "does not model this: measureLatency")

	w.Region(primary).SetDown(true)
	_, err = w.in(secondary, object{"maxRetries": 1}).create(checkKind, "late", calculated)
	assert.ErrorContains(t, err, "region us-east-1 is unavailable", "the API is there, and nowhere else")
}
