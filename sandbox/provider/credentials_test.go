package provider

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
)

// A lost region stops whoever is asked there who he is: pulumi-aws in CheckConfig, terraform-provider-aws in Configure.
func TestALostRegionsSTSStopsTheProvidersThatAskIt(t *testing.T) {
	const asked, unknown = "operation error STS in us-east-1", "AWS account ID not previously found"
	for name, test := range map[string]struct {
		config           object
		check, configure string // what the refusal says; "" is none
	}{
		"by default it asks twice":           {object{}, asked, asked},
		"stsRegion alone is not enough":      {object{"stsRegion": secondary}, asked, ""},
		"skipping alone is not enough":       {object{"skipCredentialsValidation": true}, "", unknown},
		"both together":                      {object{"skipCredentialsValidation": true, "stsRegion": secondary}, "", ""},
		"a region that is not the sandbox's": {object{"skipCredentialsValidation": true, "stsRegion": "eu-west-1"}, "", `"eu-west-1"; the sandbox has`},
		"not asking for the account at all":  {object{"skipCredentialsValidation": true, "skipRequestingAccountId": true}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Options{})
			w.Account.Region(primary).SetDown(true)
			config := object{"region": primary, "maxRetries": 1}
			for key, value := range test.config {
				config[key] = value
			}
			i := w.connect("aws")
			checked, err := i.client.CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: rpc(t, config)})
			require.NoError(t, err)
			if test.check == "" {
				assert.Empty(t, checked.GetFailures())
			} else {
				require.Len(t, checked.GetFailures(), 1)
				assert.Contains(t, checked.GetFailures()[0].GetReason(), "unable to validate AWS credentials")
				assert.Contains(t, checked.GetFailures()[0].GetReason(), test.check)
			}
			_, err = i.client.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: rpc(t, config)})
			if test.configure == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, test.configure)
			}
		})
	}
}

func TestCredentialsAreCheckedOnceInTheLifeOfAPlugin(t *testing.T) {
	w := newWorld(t, Options{})
	i := w.connect("aws")
	for _, down := range []bool{false, true} {
		w.Account.Region(primary).SetDown(down)
		checked, err := i.client.CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: rpc(t, object{"region": primary})})
		require.NoError(t, err)
		assert.Empty(t, checked.GetFailures())
	}
}

func TestWhoTheCallerIsIsAskedWhereSTSIs(t *testing.T) {
	w := newWorld(t, Options{})
	w.Account.Region(primary).SetDown(true)
	i := w.in(primary, object{"skipCredentialsValidation": true, "stsRegion": secondary})
	caller, _, err := i.invoke("aws:index/getCallerIdentity:getCallerIdentity", object{})
	require.NoError(t, err)
	assert.Equal(t, w.ID, caller["accountId"])
	partition, _, err := i.invoke("aws:index/getPartition:getPartition", object{})
	require.NoError(t, err)
	assert.Equal(t, "aws", partition["partition"])
}

func TestTheAccountThatWasNotAskedForIsMissingInTheARNsOfAnAPI(t *testing.T) {
	w := newWorld(t, Options{})
	for account, config := range map[string]object{
		w.ID: {}, "": {"skipCredentialsValidation": true, "skipRequestingAccountId": true},
	} {
		i := w.in(secondary, config)
		api := i.mustCreate("aws:apigatewayv2/api:Api", "api", object{"protocolType": "HTTP"})
		assert.Equal(t, "arn:aws:execute-api:us-east-2:"+account+":"+api.id, api.outputs["executionArn"])
		assert.Equal(t, api.outputs["executionArn"], i.mustRefresh(api).outputs["executionArn"])
		stage := i.mustCreate("aws:apigatewayv2/stage:Stage", "stage", object{"apiId": api.id, "name": "$default", "autoDeploy": true})
		assert.Equal(t, api.outputs["executionArn"].(string)+"/$default", stage.outputs["executionArn"])
	}
}

func TestNobodyDeploysIntoADisabledRegion(t *testing.T) {
	const spain = "eu-south-2"
	account := aws.NewAccount(aws.Options{Clock: clock.New(1), Regions: []string{"eu-west-1", spain}})
	t.Cleanup(func() { assert.NoError(t, account.Close()) })
	require.NoError(t, account.Management.SetEnabled(spain, false))
	server, err := Start(Options{Account: account})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	w := &world{Account: account, t: t, server: server}
	checked, err := w.connect("aws").client.CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: rpc(t, object{"region": spain})})
	require.NoError(t, err)
	require.Len(t, checked.GetFailures(), 1)
	assert.Contains(t, checked.GetFailures()[0].GetReason(), "The security token included in the request is invalid")
}
