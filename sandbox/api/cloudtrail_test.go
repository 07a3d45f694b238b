package api_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudtrail "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/cloudtrail"
)

const trailARN = "arn:aws:cloudtrail:us-east-1:123456789012:trail/" + cloudtrail.FirstTrail

func TestAnAccountBeginsWithATrailOfAllRegions(t *testing.T) {
	w := newWorld(t, nil)
	for _, region := range []string{"us-east-1", "us-east-2"} {
		client := awscloudtrail.NewFromConfig(w.admin(region))
		all, err := client.DescribeTrails(t.Context(), nil)
		require.NoError(t, err)
		require.Len(t, all.TrailList, 1, region)
		assert.Equal(t, trailARN, *all.TrailList[0].TrailARN)
		assert.Equal(t, "us-east-1", *all.TrailList[0].HomeRegion)
		assert.True(t, *all.TrailList[0].IsMultiRegionTrail)
		status, err := client.GetTrailStatus(t.Context(), &awscloudtrail.GetTrailStatusInput{Name: aws.String(trailARN)})
		require.NoError(t, err)
		assert.True(t, *status.IsLogging)
		assert.NotNil(t, status.StartLoggingTime)
		selectors, err := client.GetEventSelectors(t.Context(), &awscloudtrail.GetEventSelectorsInput{TrailName: aws.String(trailARN)})
		require.NoError(t, err)
		require.Len(t, selectors.EventSelectors, 1)
		assert.True(t, *selectors.EventSelectors[0].IncludeManagementEvents)
		assert.Equal(t, trailtypes.ReadWriteTypeAll, selectors.EventSelectors[0].ReadWriteType)
		own, err := client.DescribeTrails(t.Context(), &awscloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(false)})
		require.NoError(t, err)
		assert.Equal(t, region == "us-east-1", len(own.TrailList) == 1, "elsewhere it is a shadow")
		named, err := client.DescribeTrails(t.Context(),
			&awscloudtrail.DescribeTrailsInput{TrailNameList: []string{cloudtrail.FirstTrail, "other"}})
		require.NoError(t, err)
		assert.Equal(t, region == "us-east-1", len(named.TrailList) == 1, "names are those of the region's own")
	}
}

func TestATrailIsStoppedSelectedAndDeletedAtHome(t *testing.T) {
	w := newWorld(t, nil)
	away := awscloudtrail.NewFromConfig(w.admin("us-east-2"))
	_, err := away.StopLogging(t.Context(), &awscloudtrail.StopLoggingInput{Name: aws.String(trailARN)})
	var elsewhere *trailtypes.InvalidHomeRegionException
	require.ErrorAs(t, err, &elsewhere)
	_, err = away.StopLogging(t.Context(), &awscloudtrail.StopLoggingInput{Name: aws.String(cloudtrail.FirstTrail)})
	var unknown *trailtypes.TrailNotFoundException
	require.ErrorAs(t, err, &unknown)
	assert.Contains(t, unknown.ErrorMessage(), "Unknown trail: arn:aws:cloudtrail:us-east-2:123456789012:trail/")

	client := awscloudtrail.NewFromConfig(w.admin("us-east-1"))
	name := aws.String(cloudtrail.FirstTrail)
	_, err = client.StopLogging(t.Context(), &awscloudtrail.StopLoggingInput{Name: name})
	require.NoError(t, err)
	status, err := client.GetTrailStatus(t.Context(), &awscloudtrail.GetTrailStatusInput{Name: name})
	require.NoError(t, err)
	assert.False(t, *status.IsLogging)
	assert.NotNil(t, status.StopLoggingTime)
	_, err = client.StartLogging(t.Context(), &awscloudtrail.StartLoggingInput{Name: name})
	require.NoError(t, err)

	writes := []trailtypes.AdvancedEventSelector{{Name: aws.String("writes"), FieldSelectors: []trailtypes.AdvancedFieldSelector{
		{Field: aws.String("eventCategory"), Equals: []string{"Management"}}, {Field: aws.String("readOnly"), Equals: []string{"false"}}}}}
	_, err = client.PutEventSelectors(t.Context(), &awscloudtrail.PutEventSelectorsInput{TrailName: name, AdvancedEventSelectors: writes})
	require.NoError(t, err)
	put, err := client.GetEventSelectors(t.Context(), &awscloudtrail.GetEventSelectorsInput{TrailName: name})
	require.NoError(t, err)
	assert.Equal(t, writes, put.AdvancedEventSelectors)
	assert.Empty(t, put.EventSelectors)
	described, err := client.DescribeTrails(t.Context(), nil)
	require.NoError(t, err)
	assert.True(t, *described.TrailList[0].HasCustomEventSelectors)
	_, err = client.PutEventSelectors(t.Context(), &awscloudtrail.PutEventSelectorsInput{TrailName: name})
	var invalid *trailtypes.InvalidEventSelectorsException
	require.ErrorAs(t, err, &invalid)

	_, err = client.DeleteTrail(t.Context(), &awscloudtrail.DeleteTrailInput{Name: name})
	require.NoError(t, err)
	described, err = client.DescribeTrails(t.Context(), nil)
	require.NoError(t, err)
	assert.Empty(t, described.TrailList)
}

func TestTrailsNeedPermission(t *testing.T) {
	w := newWorld(t, nil)
	client := awscloudtrail.NewFromConfig(w.function(t, "us-east-1"))
	_, err := client.DescribeTrails(t.Context(), nil)
	requireCode(t, err, "AccessDeniedException", "cloudtrail:DescribeTrails on resource: *")
	w.allow(t, "cloudtrail:DescribeTrails", "*", "")
	_, err = client.DescribeTrails(t.Context(), nil)
	require.NoError(t, err)
	name := aws.String(cloudtrail.FirstTrail)
	for action, call := range map[string]func() error{
		"GetTrailStatus": func() error {
			_, err := client.GetTrailStatus(t.Context(), &awscloudtrail.GetTrailStatusInput{Name: name})
			return err
		},
		"GetEventSelectors": func() error {
			_, err := client.GetEventSelectors(t.Context(), &awscloudtrail.GetEventSelectorsInput{TrailName: name})
			return err
		},
		"StopLogging": func() error {
			_, err := client.StopLogging(t.Context(), &awscloudtrail.StopLoggingInput{Name: name})
			return err
		},
		"StartLogging": func() error {
			_, err := client.StartLogging(t.Context(), &awscloudtrail.StartLoggingInput{Name: name})
			return err
		},
		"PutEventSelectors": func() error {
			_, err := client.PutEventSelectors(t.Context(), &awscloudtrail.PutEventSelectorsInput{TrailName: name,
				EventSelectors: []trailtypes.EventSelector{{}}})
			return err
		},
		"DeleteTrail": func() error {
			_, err := client.DeleteTrail(t.Context(), &awscloudtrail.DeleteTrailInput{Name: name})
			return err
		},
	} {
		requireCode(t, call(), "AccessDeniedException", "cloudtrail:"+action+" on resource: "+trailARN)
	}
}
