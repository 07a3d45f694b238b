package api_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaccount "github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/api"
	sandboxaws "aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
)

// inEurope is a world of three regions, one of which had to be opted in to.
func inEurope(t *testing.T) *world {
	t.Helper()
	return newWorld(t, func(c *api.Config) {
		require.NoError(t, c.Account.Close())
		c.Account = sandboxaws.NewAccount(sandboxaws.Options{
			Clock:   clock.New(1),
			Regions: []string{"eu-central-1", "eu-west-1", "eu-south-2"},
		})
	})
}

func statuses(t *testing.T, client *awsaccount.Client, only ...accounttypes.RegionOptStatus) map[string]string {
	t.Helper()
	all := map[string]string{}
	in := &awsaccount.ListRegionsInput{MaxResults: aws.Int32(20), RegionOptStatusContains: only}
	for p := awsaccount.NewListRegionsPaginator(client, in); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		require.NoError(t, err)
		for _, r := range out.Regions {
			all[*r.RegionName] = string(r.RegionOptStatus)
		}
	}
	return all
}

func TestTheRegionsOfTheSandboxAreEnabled(t *testing.T) {
	client := awsaccount.NewFromConfig(inEurope(t).admin("eu-west-1"))
	all := statuses(t, client)
	assert.Equal(t, "ENABLED_BY_DEFAULT", all["eu-central-1"])
	assert.Equal(t, "ENABLED", all["eu-south-2"])
	assert.Equal(t, "ENABLED_BY_DEFAULT", all["us-east-1"], "as in every account")
	assert.Equal(t, "DISABLED", all["ca-west-1"])
	assert.Equal(t, map[string]string{"eu-south-2": "ENABLED"}, statuses(t, client, accounttypes.RegionOptStatusEnabled))
}

func TestADisabledRegionKnowsNobody(t *testing.T) {
	w := inEurope(t)
	client := awsaccount.NewFromConfig(w.admin("eu-west-1"))
	ask := func() error {
		_, err := awssts.NewFromConfig(w.admin("eu-south-2")).GetCallerIdentity(t.Context(), nil)
		return err
	}
	require.NoError(t, ask())
	spain := aws.String("eu-south-2")
	_, err := client.DisableRegion(t.Context(), &awsaccount.DisableRegionInput{RegionName: spain})
	require.NoError(t, err)
	requireCode(t, ask(), "InvalidClientTokenId", "The security token included in the request is invalid")
	status, err := client.GetRegionOptStatus(t.Context(), &awsaccount.GetRegionOptStatusInput{RegionName: spain})
	require.NoError(t, err)
	assert.Equal(t, accounttypes.RegionOptStatusDisabled, status.RegionOptStatus)
	_, err = client.EnableRegion(t.Context(), &awsaccount.EnableRegionInput{RegionName: spain})
	require.NoError(t, err)
	require.NoError(t, ask())
}

func TestTheStatusOfSomeRegionsCannotBeChanged(t *testing.T) {
	client := awsaccount.NewFromConfig(inEurope(t).admin("eu-west-1"))
	const says = "Unable to switch region status because of its current opt-in status."
	_, err := client.DisableRegion(t.Context(), &awsaccount.DisableRegionInput{RegionName: aws.String("eu-west-1")})
	requireCode(t, err, "ValidationException", says)
	_, err = client.EnableRegion(t.Context(), &awsaccount.EnableRegionInput{RegionName: aws.String("eu-south-2")})
	requireCode(t, err, "ValidationException", says)
	_, err = client.EnableRegion(t.Context(), &awsaccount.EnableRegionInput{RegionName: aws.String("nowhere-1")})
	requireCode(t, err, "ValidationException", `Region name is "nowhere-1"`)
	_, err = client.EnableRegion(t.Context(), &awsaccount.EnableRegionInput{RegionName: aws.String("ca-west-1")})
	requireCode(t, err, "NotImplemented", "the sandbox does not run ca-west-1")
	_, err = client.ListRegions(t.Context(), &awsaccount.ListRegionsInput{AccountId: aws.String("999999999999")})
	requireCode(t, err, "NotImplemented", "AccountId of ListRegions")
}

func TestRegionsNeedPermission(t *testing.T) {
	w := inEurope(t)
	client := awsaccount.NewFromConfig(w.function(t, "eu-west-1"))
	_, err := client.ListRegions(t.Context(), nil)
	requireCode(t, err, "AccessDeniedException", "account:ListRegions on resource: arn:aws:account::123456789012:account")
	w.allow(t, "account:ListRegions", "*", "")
	_, err = client.ListRegions(t.Context(), nil)
	require.NoError(t, err)
	w.allow(t, "account:DisableRegion", "*", `{"StringEquals":{"account:TargetRegion":"eu-south-2"}}`)
	_, err = client.DisableRegion(t.Context(), &awsaccount.DisableRegionInput{RegionName: aws.String("eu-west-1")})
	requireCode(t, err, "AccessDeniedException", "account:DisableRegion")
	_, err = client.DisableRegion(t.Context(), &awsaccount.DisableRegionInput{RegionName: aws.String("eu-south-2")})
	require.NoError(t, err)
}
