package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/pair"
	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/sandbox/kms"
)

func TestAPairIsAdoptedAndStaysInPlace(t *testing.T) {
	for _, tt := range []struct {
		intent string
		made   func(w *world, region string) sdk.CreateClusterInput
		moved  bool // the settings are elsewhere than the project
		flags  []string
		file   string
		says   []string
		// resources are the pair's in the state, and whether each is protected.
		resources map[string]bool
	}{
		{
			"A pair with AWS's key, unprotected, whose tags say everything.",
			func(*world, string) sdk.CreateClusterInput { return sdk.CreateClusterInput{} },
			false,
			nil,
			`config:
  aurora-dsql-dr:environment: prod
  aurora-dsql-dr:owner: shop
  aurora-dsql-dr:costCenter: "1234"
  aurora-dsql-dr:regions:
    primary: us-east-1
    secondary: us-east-2
    witness: us-west-2
  aurora-dsql-dr:deletionProtection: false
  aurora-dsql-dr:databaseEncryption: aws-owned
`,
			[]string{
				"ACTIVE, deletion protection off, encryption aws-owned",
				"are a pair with the witness us-west-2",
				"importing the pair",
				"A deployment would replace nothing of it, create",
				"  database-primary-cluster\n    tags.CostCenter: none -> 1234\n",
				`    tags["cost-center"]: 1234 -> none`,
				"Their tags do not say what made them",
				"make up STACK=prod",
			},
			map[string]bool{
				"database-primary-cluster": false, "database-secondary-cluster": false,
				"database-primary-peering": false, "database-secondary-peering": false,
			},
		},
		{
			"A pair with keys of its own, protected, made by Terraform, with tags that say nothing.",
			func(w *world, region string) sdk.CreateClusterInput {
				return sdk.CreateClusterInput{
					DeletionProtectionEnabled: aws.Bool(true),
					KmsEncryptionKey:          w.key(region, kms.Key{Description: "by hand"}),
					Tags:                      map[string]string{"ManagedBy": "terraform", "owner": region},
				}
			},
			true,
			[]string{"-environment", "prod", "-owner", "shop", "-cost-center", "yes"},
			`config:
  aurora-dsql-dr:environment: prod
  aurora-dsql-dr:owner: shop
  aurora-dsql-dr:costCenter: "yes"
  aurora-dsql-dr:regions:
    primary: us-east-1
    secondary: us-east-2
    witness: us-west-2
  aurora-dsql-dr:deletionProtection: true
  aurora-dsql-dr:databaseEncryption: customer-managed
`,
			[]string{
				"ACTIVE, deletion protection on, encryption customer-managed, arn:aws:kms:us-east-2:",
				"  database-secondary-key\n    description: by hand -> Encrypts the Aurora DSQL cluster in us-east-2\n",
				"Terraform made them, if the tag ManagedBy=terraform is right",
			},
			map[string]bool{
				"database-primary-cluster": true, "database-secondary-cluster": true,
				"database-primary-peering": false, "database-secondary-peering": false,
				"database-primary-key": true, "database-secondary-key": true,
			},
		},
	} {
		t.Run(tt.intent, func(t *testing.T) {
			w := newWorld(t)
			if tt.moved {
				w.moveSettings()
			}
			own, other := w.make(func(region string) sdk.CreateClusterInput { return tt.made(w, region) })
			require.NoError(t, w.adopt(own.ARN+" "+other.ARN, tt.flags...))
			for _, says := range append(tt.says, "Pulumi.prod.yaml has now:\n\n"+tt.file) {
				assert.Contains(t, w.said.String(), says)
			}
			assert.Equal(t, tt.resources, w.protections())

			assert.ErrorContains(t, w.adopt(own.ARN+" "+other.ARN), "stack prod has this pair already")
			w.deployDatabase()
			assert.Equal(t, tt.resources, w.protections())
			for _, c := range []pair.Cluster{own, other} {
				is, there := w.account.DSQL.Cluster(c.ARN)
				require.True(t, there, "it has stayed")
				assert.Equal(t, "AuroraDsqlDr", is.Tags["Project"])
			}
			assert.Len(t, w.account.DSQL.Clusters(), 2)
		})
	}
}

// protections are the pair's resources in the state, with their protection.
func (w *world) protections() map[string]bool {
	w.Helper()
	all := map[string]bool{}
	for _, r := range w.state().Deployment.Resources {
		if strings.HasPrefix(r.Type, "aws:") {
			all[r.Name()] = r.Protect
		}
	}
	return all
}

func (w *world) state() pulumi.State {
	w.Helper()
	var s pulumi.State
	require.NoError(w, json.Unmarshal([]byte(w.pulumi("stack", "export", "--stack", "prod")), &s))
	return s
}

// deployDatabase has the program deploy the pair's resources, and holds that a preview after that changes none of them.
func (w *world) deployDatabase() {
	w.Helper()
	e, err := open(w.Context(), "prod", true)
	require.NoError(w, err)
	var parts []part
	var targets []string
	for _, r := range w.state().Deployment.Resources {
		if strings.HasPrefix(r.Type, "aws:") {
			parts = append(parts, part{kind: r.Type, name: r.Name()})
			targets = append(targets, r.URN)
		}
	}
	seen, err := e.preview(w.Context()) // sets the program, too
	require.NoError(w, err)
	require.NoError(w, planned(seen, parts).inPlace(), "a second preview")
	_, err = e.Up(w.Context(), optup.Target(targets), optup.SuppressProgress())
	require.NoError(w, err)
	seen, err = e.preview(w.Context())
	require.NoError(w, err)
	assert.Empty(w, planned(seen, parts).changes())
}

func TestWhatIsNoWholePairIsRefusedAndNothingIsWritten(t *testing.T) {
	w := newWorld(t)
	own, other := w.make(plain)
	third := w.create(virginia, sdk.CreateClusterInput{DeletionProtectionEnabled: aws.Bool(true)})
	elsewhere := w.create(ohio, sdk.CreateClusterInput{
		MultiRegionProperties: witness(montreal),
		KmsEncryptionKey:      w.key(ohio, kms.Key{}),
	})
	gone := pair.Cluster{ARN: strings.Replace(other.ARN, other.ID, strings.Repeat("a", 26), 1)}
	before := w.account.DSQL.Clusters()
	for _, tt := range []struct {
		intent, clusters string
		says             []string
	}{
		{"One cluster.", own.ARN, []string{`CLUSTERS is "` + own.ARN + `": want the ARNs of the two clusters`}},
		{"No ARNs, both at once.", "a b", []string{
			`CLUSTERS is "a": want the ARN of a cluster, arn:aws:dsql:`, `CLUSTERS is "b"`,
		}},
		{"One of them twice.", own.ARN + " " + own.ARN, []string{"want two clusters, and not one twice"}},
		{"One that is gone.", own.ARN + " " + gone.ARN, []string{
			"the cluster " + gone.ARN + ":", "ResourceNotFoundException",
		}},
		{"One that has another peer.", third.ARN + " " + other.ARN, []string{
			`the status of ` + third.ARN + ` is "PENDING_SETUP": want ACTIVE, IDLE or INACTIVE`,
			`the peer of ` + third.ARN + ` is "": want ` + other.ARN,
			`the peer of ` + other.ARN + ` is "` + own.ARN + `": want ` + third.ARN,
			`deletion protection is "on" in us-east-1 and "off" in us-east-2: want the same in both`,
		}},
		{"Two that were never peered, with two witnesses, and one key.", third.ARN + " " + elsewhere.ARN, []string{
			`the witness is "us-west-2" in us-east-1 and "ca-central-1" in us-east-2`,
			`encryption is "aws-owned" in us-east-1 and "customer-managed" in us-east-2`,
		}},
	} {
		t.Run(tt.intent, func(t *testing.T) {
			err := w.adopt(tt.clusters)
			for _, says := range tt.says {
				assert.ErrorContains(t, err, says)
			}
		})
	}
	w.untouched(before)
}
