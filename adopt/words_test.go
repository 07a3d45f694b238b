package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"aurora-dsql-dr/internal/pair"
	"aurora-dsql-dr/stacks/config"
)

const (
	ownARN   = "arn:aws:dsql:us-east-1:123456789012:cluster/abcdefghijklmnopqrstuvwxyz"
	otherARN = "arn:aws:dsql:us-east-2:123456789012:cluster/zyxwvutsrqponmlkjihgfedcba"
)

// whole is a pair with nothing wrong with it.
func whole(t *testing.T) pairOf {
	t.Helper()
	own, err := pair.Parse(ownARN)
	require.NoError(t, err)
	other, err := pair.Parse(otherARN)
	require.NoError(t, err)
	of := func(c, peer pair.Cluster) side {
		return side{
			Cluster:    c,
			status:     types.ClusterStatusActive,
			witness:    oregon,
			peers:      []string{peer.ARN},
			encryption: types.EncryptionStatusEnabled,
			key:        "arn:aws:kms:" + c.Region + ":123456789012:key/k",
			tags:       map[string]string{},
		}
	}
	return pairOf{sides: [2]side{of(own, other), of(other, own)}, witness: oregon}
}

func TestWhatIsRefusedOfAPair(t *testing.T) {
	const status, key = "the status of ", "the key of "
	for intent, tt := range map[string]struct {
		edit func(own *side)
		says string
	}{
		"nothing":                {func(*side) {}, ""},
		"one that sleeps":        {func(own *side) { own.status = types.ClusterStatusIdle }, ""},
		"one that sleeps deeply": {func(own *side) { own.status = types.ClusterStatusInactive }, ""},
		"one that is being changed": {func(own *side) { own.status = types.ClusterStatusUpdating },
			status + ownARN + ` is "UPDATING": want ACTIVE, IDLE or INACTIVE`},
		"one whose peer is to be deleted": {func(own *side) { own.status = types.ClusterStatusPendingDelete },
			status + ownARN + ` is "PENDING_DELETE"`},
		"one that failed": {func(own *side) { own.status = types.ClusterStatusFailed }, status + ownARN + ` is "FAILED"`},
		"a key that cannot be used": {func(own *side) { own.encryption = types.EncryptionStatusKmsKeyInaccessible },
			`is "KMS_KEY_INACCESSIBLE": want ENABLED`},
		"a key of somebody else": {func(own *side) { own.key = "arn:aws:kms:us-east-1:210987654321:key/k" },
			key + ownARN + ` is "arn:aws:kms:us-east-1:210987654321:key/k": want one of the cluster's own account and region`},
		"clusters of two accounts": {func(own *side) { own.Account = "210987654321" },
			`the account is "210987654321" in us-east-1 and "123456789012" in us-east-2: want the same in both`},
		"a witness that is not said": {func(own *side) { own.witness = "" }, `the witness is "" in us-east-1`},
	} {
		t.Run(intent, func(t *testing.T) {
			p := whole(t)
			tt.edit(&p.sides[primary])
			if tt.says == "" {
				require.NoError(t, p.check())
				return
			}
			assert.ErrorContains(t, p.check(), tt.says)
		})
	}
}

func TestRegionsOfTwoContinentsAreNoConfiguration(t *testing.T) {
	p := whole(t)
	p.witness = "eu-west-1"
	_, err := adoption{pair: p, request: request{environment: "e", owner: "o", costCenter: "c"}}.implied()
	assert.ErrorContains(t, err, "us-east-1, us-east-2, eu-west-1 are not all of one Aurora DSQL region set")
}

func TestATagIsReadHoweverItIsSpelledIfBothClustersHaveIt(t *testing.T) {
	for intent, tt := range map[string]struct {
		own, other map[string]string
		want       string
	}{
		"the same":          {map[string]string{"costCenter": "1"}, map[string]string{"costCenter": "1"}, "1"},
		"spelled twice":     {map[string]string{"Cost Center": "1"}, map[string]string{"cost_center": "1"}, "1"},
		"two values":        {map[string]string{"CostCenter": "1"}, map[string]string{"CostCenter": "2"}, ""},
		"on one side":       {map[string]string{"CostCenter": "1"}, nil, ""},
		"twice on one side": {map[string]string{"CostCenter": "1", "cost-center": "1"}, nil, ""},
		"one like it":       {map[string]string{"costCenters": "1"}, map[string]string{"costCenters": "1"}, ""},
	} {
		p := whole(t)
		p.sides[primary].tags, p.sides[secondary].tags = tt.own, tt.other
		assert.Equal(t, tt.want, p.tag("costCenter"), intent)
	}
}

func TestTheConfigurationIsReadAsItWasWritten(t *testing.T) {
	s := settings{
		environment: "true",
		owner:       "a: b",
		costCenter:  "007",
		regions:     config.Regions{Primary: virginia, Secondary: ohio, Witness: oregon},
	}
	var read struct{ Config map[string]any }
	require.NoError(t, yaml.Unmarshal([]byte(s.text("p")), &read))
	assert.Equal(t, map[string]any{
		"p:environment":        "true",
		"p:owner":              "a: b",
		"p:costCenter":         "007",
		"p:regions":            map[string]any{"primary": virginia, "secondary": ohio, "witness": oregon},
		"p:deletionProtection": false,
		"p:databaseEncryption": "aws-owned",
	}, read.Config)
}

func TestWhoMustLetGoIsGuessedFromTags(t *testing.T) {
	for intent, tt := range map[string]struct {
		tags map[string]string
		says []string
	}{
		"CloudFormation's own tag comes first": {map[string]string{stackTag: "shop", "tool": "terraform"}, []string{
			"CloudFormation made them, in the stack shop in us-east-1 and the stack shop in us-east-2.",
			"DeletionPolicy: Retain",
		}},
		"the CDK by its name": {map[string]string{"ManagedBy": "aws-cdk"}, []string{
			"the CDK made them, if the tag ManagedBy=aws-cdk is right", "RETAIN",
		}},
		"Terraform by its key": {map[string]string{"terraform_workspace": "x"}, []string{
			"Terraform made them, if the tag terraform_workspace=x", "terraform state rm",
		}},
		"OpenTofu": {map[string]string{"via": "OpenTofu"}, []string{"OpenTofu made them", "terraform state rm"}},
		"Pulumi":   {map[string]string{"ManagedBy": "pulumi"}, []string{"Pulumi made them", "pulumi state delete"}},
		"nobody": {map[string]string{"team": "shop"}, []string{
			"do not say what made them. By hand:", "- Terraform: terraform state rm", "- CloudFormation", "- Pulumi",
		}},
	} {
		p := whole(t)
		p.sides[primary].tags, p.sides[secondary].tags = tt.tags, tt.tags
		for _, says := range tt.says {
			assert.Contains(t, p.owner(), says, intent)
		}
	}
}

func TestOnlyAPlanThatLeavesThePairInPlaceIsTaken(t *testing.T) {
	parts := []part{{kind: kindKey, name: "k"}, {kind: kindCluster, name: "c"}, {kind: kindPeering, name: "p"}}
	told := func(op apitype.OpType, kind, name string) apitype.StepEventMetadata {
		return apitype.StepEventMetadata{
			Op: op, Type: kind, URN: "urn:pulumi:s::p::" + kind + "::" + name,
			DetailedDiff: map[string]apitype.PropertyDiff{
				"a":      {Kind: apitype.DiffUpdateReplace},
				"b.c[0]": {Kind: apitype.DiffUpdate},
			},
			Old: &apitype.StepEventStateMetadata{
				Inputs:  map[string]any{"a": "{\n \"long\":  \"" + strings.Repeat("0", 60) + "\"}"},
				Outputs: map[string]any{"b": map[string]any{"c": []any{1}}},
			},
			New: &apitype.StepEventStateMetadata{Inputs: map[string]any{"a": true}},
		}
	}
	for _, tt := range []struct {
		intent                string
		key, cluster, peering apitype.OpType
		says                  []string
	}{
		{"Nothing differs.", apitype.OpSame, apitype.OpSame, apitype.OpSame, nil},
		{"What can be changed is.", apitype.OpUpdate, apitype.OpUpdate, apitype.OpSame, nil},
		{"A peering cannot be changed.", apitype.OpSame, apitype.OpSame, apitype.OpUpdate,
			[]string{
				"a deployment would update p, where (as it is -> as the program has it)\n" +
					"    a: { \"long\": \"" + strings.Repeat("0", 39) + "… -> true\n" +
					"    b.c[0]: 1 -> none",
			}},
		{"Everything else, at once.", apitype.OpReplace, apitype.OpDelete, apitype.OpCreate,
			[]string{"would replace k", "would delete c", "would create p"}},
		{"A replacement in steps.", apitype.OpDeleteReplaced, apitype.OpSame, apitype.OpSame, []string{"would replace k"}},
	} {
		t.Run(tt.intent, func(t *testing.T) {
			h := heard{steps: []apitype.StepEventMetadata{
				told(apitype.OpRefresh, kindKey, "k"), told(tt.key, kindKey, "k"), told(apitype.OpReplace, "other", "k"),
				told(tt.cluster, kindCluster, "c"), told(tt.peering, kindPeering, "p"),
			}}
			err := planned(h, parts).inPlace()
			if tt.says == nil {
				require.NoError(t, err)
			}
			for _, says := range tt.says {
				assert.ErrorContains(t, err, says)
			}
		})
	}
	assert.ErrorContains(t, planned(heard{}, parts).inPlace(), "the preview does not have c")
	only := planned(heard{steps: []apitype.StepEventMetadata{told(apitype.OpReplace, kindKey, "k")}}, parts[:1])
	assert.NotContains(t, only.inPlace().Error(), "b.c", "of a replacement what makes it one")
	only.steps[0].DetailedDiff, only.steps[0].Keys = nil, []string{"a"}
	assert.ErrorContains(t, only.inPlace(), "\n    a: { ", "a provider that gives no details gives the keys")
}

func TestTheStacksNameIsOne(t *testing.T) {
	for _, name := range []string{"", "../prod", "acme/prod", "a b"} {
		_, err := parse([]string{"-stack", name})
		assert.ErrorContains(t, err, `STACK is "`+name+`": want the name of a stack`)
	}
	_, err := parse([]string{"-region", "us-east-1"})
	assert.ErrorContains(t, err, "flag provided but not defined")
}

// The automation API puts exit code, standard output and standard error into one text.
func TestWhyPulumiRefusedIsToldWithoutAllThatItPrinted(t *testing.T) {
	said := errors.New("failed to create stack: exit status 255\ncode: 255\nstdout: Created stack\nstderr: error: passphrase " +
		"must be set with PULUMI_CONFIG_PASSPHRASE\n\n")
	assert.EqualError(t, refused("stack select --create shop", said), "pulumi wants the passphrase of the stack's secrets: "+
		"export PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE\n"+
		"pulumi stack select --create shop: passphrase must be set with PULUMI_CONFIG_PASSPHRASE")
	silent := errors.New("failed to run update: exit status 1\ncode: 1\nstdout: it is late\nstderr: ")
	assert.Equal(t, silent, refused("up", silent), "where standard error is empty, all is told")
	own := errors.New("a mistake of ours")
	assert.Equal(t, own, refused("up", own))
	assert.NoError(t, refused("up", nil))
}
