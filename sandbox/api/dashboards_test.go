package api_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

func TestDashboards(t *testing.T) {
	w := newWorld(t, nil)
	for _, name := range []string{"dr-a", "dr-b", "other"} {
		_, err := w.account.Region("us-east-1").CloudWatch.PutDashboard(cloudwatch.Dashboard{DashboardName: name, DashboardBody: `{"widgets":[]}`})
		require.NoError(t, err)
	}
	w.inEveryProtocol(t, func(t *testing.T, client *awscloudwatch.Client) {
		out, err := client.GetDashboard(t.Context(), &awscloudwatch.GetDashboardInput{DashboardName: aws.String("dr-a")})
		require.NoError(t, err)
		assert.JSONEq(t, `{"widgets":[]}`, *out.DashboardBody)
		assert.Equal(t, "arn:aws:cloudwatch::"+w.account.ID+":dashboard/dr-a", *out.DashboardArn)
		list, err := client.ListDashboards(t.Context(), &awscloudwatch.ListDashboardsInput{DashboardNamePrefix: aws.String("dr-")})
		require.NoError(t, err)
		require.Len(t, list.DashboardEntries, 2)
		assert.Equal(t, "dr-b", *list.DashboardEntries[1].DashboardName)
		assert.EqualValues(t, len(`{"widgets":[]}`), *list.DashboardEntries[1].Size)
		_, err = client.GetDashboard(t.Context(), &awscloudwatch.GetDashboardInput{DashboardName: aws.String("none")})
		requireKind(t, err, "ResourceNotFound", "Dashboard none does not exist")
	})
	_, err := awscloudwatch.NewFromConfig(w.admin("us-east-1")).GetDashboard(t.Context(), &awscloudwatch.GetDashboardInput{DashboardName: aws.String("none")})
	var missing *types.DashboardNotFoundError
	require.ErrorAs(t, err, &missing, "the protocols that name shapes name the operation's own")
}
