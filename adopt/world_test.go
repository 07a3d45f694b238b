package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	sdk "github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/pair"
	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/sandbox/api"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/provider"
)

const (
	virginia = "us-east-1"
	ohio     = "us-east-2"
	oregon   = "us-west-2"
	montreal = "ca-central-1"
)

// world is an account behind both faces of the sandbox, and a project that the real pulumi keeps stacks of.
type world struct {
	*testing.T
	account *aws.Account
	dir     string // the project's
	policy  string // docs/deployer-policy.json
	said    bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir()}
	w.account = aws.NewAccount(aws.Options{
		Clock:        clock.New(1),
		Regions:      []string{virginia, ohio, oregon, montreal},
		ClusterDelay: time.Millisecond,
	})
	t.Cleanup(func() { assert.NoError(t, w.account.Close()) })
	w.makeProject()
	w.serveAPI()
	w.serveProviders()
	return w
}

// makeProject makes a project of this program, with functions as far as a preview looks at them.
func (w *world) makeProject() {
	w.Helper()
	root, err := filepath.Abs("..")
	require.NoError(w, err)
	w.Setenv("PATH", os.Getenv("PATH")+string(os.PathListSeparator)+filepath.Join(root, "build", "bin"))
	settings, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	require.NoError(w, err)
	policy, err := os.ReadFile(filepath.Join(root, "docs", "deployer-policy.json"))
	require.NoError(w, err)
	w.policy = string(policy)
	w.Chdir(w.dir)
	w.write("Pulumi.yaml", string(settings))
	for _, file := range components.FunctionFiles(components.ArchitectureARM) {
		w.write(file, "built")
	}
}

func (w *world) write(file, text string) {
	w.Helper()
	require.NoError(w, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(w, os.WriteFile(file, []byte(text), 0o600))
}

func (w *world) serveAPI() {
	w.Helper()
	endpoint, stop, err := api.New(api.Config{Account: w.account}).Listen("127.0.0.1:0")
	require.NoError(w, err)
	w.Cleanup(stop)
	deployer := w.deployer()
	w.Setenv("AWS_ENDPOINT_URL", endpoint)
	w.Setenv("AWS_ACCESS_KEY_ID", deployer.AccessKeyID)
	w.Setenv("AWS_SECRET_ACCESS_KEY", deployer.SecretAccessKey)
	w.Setenv("AWS_SESSION_TOKEN", deployer.SessionToken)
}

// deployer is somebody with the permissions that docs/deploying.md gives whoever deploys.
func (w *world) deployer() iam.Credentials {
	w.Helper()
	role, err := w.account.IAM.CreateRole(iam.Role{Name: "deployer", AssumeRolePolicy: `{"Version":"2012-10-17",
		"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	require.NoError(w, err)
	_, err = w.account.IAM.PutRolePolicy(iam.RolePolicy{Role: role.Name, Name: "deployer", Policy: w.policy})
	require.NoError(w, err)
	credentials, err := w.account.IAM.AssumeRole("ec2.amazonaws.com", role.Arn, "me")
	require.NoError(w, err)
	return credentials
}

func (w *world) serveProviders() {
	w.Helper()
	server, err := provider.Start(provider.Options{Account: w.account, Dir: w.dir})
	require.NoError(w, err)
	w.Cleanup(server.Close)
	var attached []string
	for name, address := range server.Addresses() {
		attached = append(attached, name+":"+address[strings.LastIndex(address, ":")+1:])
	}
	require.NoError(w, os.Mkdir("state", 0o700))
	w.Setenv("PULUMI_HOME", filepath.Join(w.TempDir(), "home"))
	w.Setenv("PULUMI_BACKEND_URL", "file://"+filepath.Join(w.dir, "state"))
	w.Setenv("PULUMI_CONFIG_PASSPHRASE", "for this test only")
	w.Setenv("PULUMI_DEBUG_PROVIDERS", strings.Join(attached, ","))
	w.Setenv("PULUMI_SKIP_UPDATE_CHECK", "true")
}

// moveSettings has the settings elsewhere than in the project's directory, as a sandbox has its own.
func (w *world) moveSettings() {
	w.Helper()
	dir := w.TempDir()
	project, err := os.ReadFile("Pulumi.yaml")
	require.NoError(w, err)
	require.NoError(w, os.Remove("Pulumi.yaml"))
	w.write(filepath.Join(dir, "Pulumi.yaml"), string(project)+"main: "+w.dir+"\n")
	w.Setenv("STACK_DIR", dir)
}

// pulumi runs the CLI.
func (w *world) pulumi(args ...string) string {
	w.Helper()
	command := exec.CommandContext(w.Context(), "pulumi", args...)
	command.Dir = pulumi.Dir()
	out, err := command.Output()
	require.NoError(w, err, "%v: %s", args, out)
	return string(out)
}

// adopt runs the command with a stack named prod.
func (w *world) adopt(clusters string, more ...string) error {
	w.said.Reset()
	return run(w.Context(), append([]string{"-stack", "prod", "-clusters", clusters}, more...), &w.said)
}

// tags are a pair's, as people spell them.
var tags = map[string]string{"Environment": "prod", "owner": "shop", "cost-center": "1234"}

// create makes a cluster by the API, with a witness and the tags unless there are others.
func (w *world) create(region string, in sdk.CreateClusterInput) pair.Cluster {
	w.Helper()
	if in.MultiRegionProperties == nil {
		in.MultiRegionProperties = witness(oregon)
	}
	if in.Tags == nil {
		in.Tags = tags
	}
	made, err := w.dsql(region).CreateCluster(w.Context(), &in)
	require.NoError(w, err)
	c, err := pair.Parse(*made.Arn)
	require.NoError(w, err)
	w.await(c, dsql.PendingSetup)
	return c
}

func witness(region string, peers ...string) *types.MultiRegionProperties {
	return &types.MultiRegionProperties{WitnessRegion: &region, Clusters: peers}
}

// peer has a cluster name its peer.
func (w *world) peer(c, with pair.Cluster) {
	w.Helper()
	_, err := w.dsql(c.Region).UpdateCluster(w.Context(), &sdk.UpdateClusterInput{
		Identifier:            &c.ID,
		MultiRegionProperties: witness(oregon, with.ARN),
	})
	require.NoError(w, err)
}

// make makes a whole pair, and answers its ARNs.
func (w *world) make(of func(region string) sdk.CreateClusterInput) (own, other pair.Cluster) {
	w.Helper()
	own, other = w.create(virginia, of(virginia)), w.create(ohio, of(ohio))
	w.peer(own, other)
	w.peer(other, own)
	w.await(own, dsql.Active)
	w.await(other, dsql.Active)
	return own, other
}

// plain is a cluster as the API makes it if nothing is asked for.
func plain(string) sdk.CreateClusterInput { return sdk.CreateClusterInput{} }

// await waits until a cluster has a status.
func (w *world) await(c pair.Cluster, status dsql.Status) {
	for {
		changed := w.account.DSQL.Changed()
		if is, _ := w.account.DSQL.Cluster(c.ARN); is.Status == status {
			return
		}
		<-changed
	}
}

// key makes a customer managed key that Aurora DSQL may use.
func (w *world) key(region string, k kms.Key) *string {
	w.Helper()
	k.Policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*",
		"Principal":{"AWS":"arn:aws:iam::123456789012:root","Service":"dsql.amazonaws.com"}}]}`
	made, err := w.account.Region(region).KMS.CreateKey(k)
	require.NoError(w, err)
	return &made.Arn
}

// dsql is the API of a region.
func (w *world) dsql(region string) *sdk.Client {
	w.Helper()
	cfg, err := config.LoadDefaultConfig(w.Context(), config.WithRegion(region))
	require.NoError(w, err)
	return sdk.NewFromConfig(cfg)
}

// untouched holds that there is neither a stack nor a file, and AWS is as it was.
func (w *world) untouched(before []dsql.Cluster) {
	w.Helper()
	w.unwritten()
	assert.Equal(w, before, w.account.DSQL.Clusters())
}

// unwritten holds that there is neither a stack nor a file.
func (w *world) unwritten() {
	w.Helper()
	assert.NoFileExists(w, "Pulumi.prod.yaml")
	assert.JSONEq(w, "[]", w.pulumi("stack", "ls", "--json"))
}
