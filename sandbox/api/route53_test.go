package api_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsroute53 "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

// makeZone makes a hosted zone by the SDK.
func makeZone(t *testing.T, client *awsroute53.Client) string {
	t.Helper()
	made, err := client.CreateHostedZone(t.Context(), &awsroute53.CreateHostedZoneInput{
		Name: aws.String("example.com"), CallerReference: aws.String(t.Name()), HostedZoneConfig: &types.HostedZoneConfig{Comment: aws.String("a & b")}})
	require.NoError(t, err)
	assert.Equal(t, "example.com.", *made.HostedZone.Name)
	assert.Equal(t, "a & b", *made.HostedZone.Config.Comment)
	assert.Len(t, made.DelegationSet.NameServers, 4)
	assert.Contains(t, *made.Location, "/2013-04-01"+*made.HostedZone.Id)
	return *made.HostedZone.Id
}

func upsert(zone string, sets ...types.ResourceRecordSet) *awsroute53.ChangeResourceRecordSetsInput {
	in := &awsroute53.ChangeResourceRecordSetsInput{HostedZoneId: &zone, ChangeBatch: &types.ChangeBatch{Comment: aws.String("c")}}
	for _, set := range sets {
		in.ChangeBatch.Changes = append(in.ChangeBatch.Changes, types.Change{Action: types.ChangeActionUpsert, ResourceRecordSet: &set})
	}
	return in
}

func text(name string) types.ResourceRecordSet {
	return types.ResourceRecordSet{Name: &name, Type: types.RRTypeTxt, TTL: aws.Int64(60), ResourceRecords: []types.ResourceRecord{{Value: aws.String(`"<a> & b"`)}}}
}

func TestRecordsOfAHostedZone(t *testing.T) {
	w := newWorld(t, nil)
	client := awsroute53.NewFromConfig(w.admin("us-east-2"))
	zone := makeZone(t, client)
	weighted := func(id string, weight int64) types.ResourceRecordSet {
		set := text("*.w.example.com")
		set.SetIdentifier, set.Weight = &id, &weight
		return set
	}
	alias := types.ResourceRecordSet{Name: aws.String("alias.example.com"), Type: types.RRTypeTxt,
		AliasTarget: &types.AliasTarget{DNSName: aws.String("text.example.com"), HostedZoneId: aws.String(zone[len("/hostedzone/"):]), EvaluateTargetHealth: true}}
	submitted, err := client.ChangeResourceRecordSets(t.Context(), upsert(zone, text("text.example.com"), weighted("a", 0), weighted("b", 255), alias))
	require.NoError(t, err)
	assert.Equal(t, types.ChangeStatusPending, submitted.ChangeInfo.Status)
	assert.Equal(t, "c", *submitted.ChangeInfo.Comment)
	require.NoError(t, awsroute53.NewResourceRecordSetsChangedWaiter(client).Wait(t.Context(), &awsroute53.GetChangeInput{Id: submitted.ChangeInfo.Id}, 1e9))

	var names []string
	var sets []types.ResourceRecordSet
	for p := awsroute53.NewListResourceRecordSetsPaginator(client, &awsroute53.ListResourceRecordSetsInput{HostedZoneId: &zone, MaxItems: aws.Int32(2)}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		require.NoError(t, err)
		for _, set := range page.ResourceRecordSets {
			names = append(names, *set.Name+" "+string(set.Type)+aws.ToString(set.SetIdentifier))
			sets = append(sets, set)
		}
	}
	assert.Equal(t, []string{"example.com. NS", "example.com. SOA", "alias.example.com. TXT", "text.example.com. TXT",
		`\052.w.example.com. TXTa`, `\052.w.example.com. TXTb`}, names)
	assert.Equal(t, `"<a> & b"`, *sets[3].ResourceRecords[0].Value)
	assert.Equal(t, int64(60), *sets[3].TTL)
	assert.Equal(t, int64(0), *sets[4].Weight)
	assert.True(t, sets[2].AliasTarget.EvaluateTargetHealth)
	assert.Equal(t, "text.example.com.", *sets[2].AliasTarget.DNSName)

	zones, err := client.ListHostedZones(t.Context(), &awsroute53.ListHostedZonesInput{})
	require.NoError(t, err)
	require.Len(t, zones.HostedZones, 1)
	assert.Equal(t, int64(6), *zones.HostedZones[0].ResourceRecordSetCount)
	_, err = client.DeleteHostedZone(t.Context(), &awsroute53.DeleteHostedZoneInput{Id: &zone})
	var full *types.HostedZoneNotEmpty
	require.ErrorAs(t, err, &full)
}

func TestRefusalsOfRoute53HaveTheirTypes(t *testing.T) {
	w := newWorld(t, nil)
	client := awsroute53.NewFromConfig(w.admin("us-east-1"))
	zone := makeZone(t, client)
	_, err := client.ChangeResourceRecordSets(t.Context(), upsert(zone, text("text.example.org")))
	var batch *types.InvalidChangeBatch
	require.ErrorAs(t, err, &batch)
	assert.Contains(t, batch.ErrorMessage(), "RRSet with DNS name text.example.org. is not permitted in zone example.com.")
	_, err = client.ChangeResourceRecordSets(t.Context(), upsert("ZNONE", text("text.example.com")))
	var noZone *types.NoSuchHostedZone
	require.ErrorAs(t, err, &noZone)
	checked := text("text.example.com")
	checked.HealthCheckId = aws.String("none")
	_, err = client.ChangeResourceRecordSets(t.Context(), upsert(zone, checked))
	var noCheck *types.NoSuchHealthCheck
	require.ErrorAs(t, err, &noCheck)
	unnamed := text("text.example.com")
	unnamed.Weight = aws.Int64(1)
	_, err = client.ChangeResourceRecordSets(t.Context(), upsert(zone, unnamed))
	var invalid *types.InvalidInput
	require.ErrorAs(t, err, &invalid)
	_, err = client.GetChange(t.Context(), &awsroute53.GetChangeInput{Id: aws.String("CNONE")})
	var noChange *types.NoSuchChange
	require.ErrorAs(t, err, &noChange)
	located := text("text.example.com")
	located.GeoLocation = &types.GeoLocation{CountryCode: aws.String("*")}
	_, err = client.ChangeResourceRecordSets(t.Context(), upsert(zone, located))
	requireCode(t, err, "NotImplemented", "GeoLocation is not modelled by the sandbox")
	_, err = client.ListHostedZones(t.Context(), &awsroute53.ListHostedZonesInput{Marker: aws.String("made up")})
	require.ErrorAs(t, err, &invalid)
	_, err = client.ListHealthChecks(t.Context(), &awsroute53.ListHealthChecksInput{MaxItems: aws.Int32(0)})
	require.ErrorAs(t, err, &invalid)
}

func TestHealthChecksByTheSDK(t *testing.T) {
	w := newWorld(t, nil)
	threshold := 0.5
	_, err := w.account.Region("us-east-2").CloudWatch.PutMetricAlarm(cloudwatch.MetricAlarm{Name: "down", ComparisonOperator: "GreaterThanThreshold", Threshold: &threshold,
		EvaluationPeriods: 2, Namespace: "App", MetricName: "Down", Dimensions: map[string]string{"Region": "us-east-1"}, Statistic: "Maximum", Period: 60})
	require.NoError(t, err)
	client := awsroute53.NewFromConfig(w.admin("us-east-1"))
	create := func(reference string, config types.HealthCheckConfig) *types.HealthCheck {
		out, err := client.CreateHealthCheck(t.Context(), &awsroute53.CreateHealthCheckInput{CallerReference: &reference, HealthCheckConfig: &config})
		require.NoError(t, err)
		assert.Contains(t, *out.Location, "/2013-04-01/healthcheck/"+*out.HealthCheck.Id)
		return out.HealthCheck
	}
	alarm := create("alarm", types.HealthCheckConfig{Type: types.HealthCheckTypeCloudwatchMetric, InsufficientDataHealthStatus: types.InsufficientDataHealthStatusHealthy,
		AlarmIdentifier: &types.AlarmIdentifier{Name: aws.String("down"), Region: types.CloudWatchRegionUsEast2}})
	assert.Equal(t, &types.CloudWatchAlarmConfiguration{Namespace: aws.String("App"), MetricName: aws.String("Down"), Statistic: types.StatisticMaximum,
		ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold, Threshold: &threshold, EvaluationPeriods: aws.Int32(2), Period: aws.Int32(60),
		Dimensions: []types.Dimension{{Name: aws.String("Region"), Value: aws.String("us-east-1")}}}, alarm.CloudWatchAlarmConfiguration)
	endpoint := create("endpoint", types.HealthCheckConfig{Type: types.HealthCheckTypeHttps, FullyQualifiedDomainName: aws.String("api.example.com"),
		Regions: []types.HealthCheckRegion{"us-east-1", "eu-west-1", "us-west-2"}})
	assert.Equal(t, int32(443), *endpoint.HealthCheckConfig.Port)
	assert.Len(t, endpoint.HealthCheckConfig.Regions, 3)
	both := create("both", types.HealthCheckConfig{Type: types.HealthCheckTypeCalculated, HealthThreshold: aws.Int32(0), ChildHealthChecks: []string{*alarm.Id, *endpoint.Id}})
	assert.Len(t, both.HealthCheckConfig.ChildHealthChecks, 2)

	updated, err := client.UpdateHealthCheck(t.Context(), &awsroute53.UpdateHealthCheckInput{HealthCheckId: both.Id, HealthCheckVersion: both.HealthCheckVersion,
		Inverted: aws.Bool(true), HealthThreshold: aws.Int32(2)})
	require.NoError(t, err)
	assert.Equal(t, int64(2), *updated.HealthCheck.HealthCheckVersion)
	_, err = client.UpdateHealthCheck(t.Context(), &awsroute53.UpdateHealthCheckInput{HealthCheckId: both.Id, HealthCheckVersion: both.HealthCheckVersion})
	var stale *types.HealthCheckVersionMismatch
	require.ErrorAs(t, err, &stale)
	read, err := client.GetHealthCheck(t.Context(), &awsroute53.GetHealthCheckInput{HealthCheckId: both.Id})
	require.NoError(t, err)
	assert.True(t, *read.HealthCheck.HealthCheckConfig.Inverted)
	assert.Equal(t, int32(2), *read.HealthCheck.HealthCheckConfig.HealthThreshold)

	require.Eventually(t, func() bool {
		status, err := client.GetHealthCheckStatus(t.Context(), &awsroute53.GetHealthCheckStatusInput{HealthCheckId: endpoint.Id})
		require.NoError(t, err)
		for _, o := range status.HealthCheckObservations {
			require.Contains(t, *o.StatusReport.Status, "Failure: DNS resolution failed")
			require.WithinDuration(t, w.account.Clock.Now(), *o.StatusReport.CheckedTime, 1e11)
		}
		return len(status.HealthCheckObservations) == 3
	}, 1e10, 1e7)
	_, err = client.GetHealthCheckStatus(t.Context(), &awsroute53.GetHealthCheckStatusInput{HealthCheckId: both.Id})
	var invalid *types.InvalidInput
	require.ErrorAs(t, err, &invalid)

	tags := &awsroute53.ChangeTagsForResourceInput{ResourceType: types.TagResourceTypeHealthcheck, ResourceId: both.Id, AddTags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("both")}}}
	_, err = client.ChangeTagsForResource(t.Context(), tags)
	require.NoError(t, err)
	listed, err := client.ListTagsForResource(t.Context(), &awsroute53.ListTagsForResourceInput{ResourceType: tags.ResourceType, ResourceId: both.Id})
	require.NoError(t, err)
	assert.Equal(t, tags.AddTags, listed.ResourceTagSet.Tags)

	seen := 0
	for p := awsroute53.NewListHealthChecksPaginator(client, &awsroute53.ListHealthChecksInput{MaxItems: aws.Int32(2)}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		require.NoError(t, err)
		seen += len(page.HealthChecks)
	}
	assert.Equal(t, 3, seen)
	_, err = client.DeleteHealthCheck(t.Context(), &awsroute53.DeleteHealthCheckInput{HealthCheckId: both.Id})
	require.NoError(t, err)
	_, err = client.GetHealthCheck(t.Context(), &awsroute53.GetHealthCheckInput{HealthCheckId: both.Id})
	var gone *types.NoSuchHealthCheck
	require.ErrorAs(t, err, &gone)
}

func TestRoute53NeedsPermissionAndItsRegion(t *testing.T) {
	w := newWorld(t, nil)
	zone := makeZone(t, awsroute53.NewFromConfig(w.admin("us-east-1")))
	client := awsroute53.NewFromConfig(w.function(t, "us-east-2"))
	list := func() error {
		_, err := client.ListResourceRecordSets(t.Context(), &awsroute53.ListResourceRecordSetsInput{HostedZoneId: &zone})
		return err
	}
	arn := "arn:aws:route53:::" + zone[1:]
	requireCode(t, list(), "AccessDenied", "not authorized to perform: route53:ListResourceRecordSets on resource: "+arn)
	w.allow(t, "route53:ListResourceRecordSets", arn, "")
	require.NoError(t, list())
	w.account.Region("us-east-2").SetDown(true)
	require.NoError(t, list(), "a client of a lost region, of which there is none any more")
	w.account.Region("us-east-1").SetDown(true)
	requireCode(t, list(), "ServiceUnavailable", "region us-east-1 is unavailable")
}
