package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/sandbox/api"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/route53"
	"aurora-dsql-dr/sandbox/route53/nameserver"
)

const (
	primary   = "us-east-1"
	secondary = "us-east-2"
	witness   = "us-west-2"
)

// world is an account behind the sandbox's AWS face, and a project with a stack "prod" that is not deployed.
type world struct {
	*testing.T
	account *aws.Account
	zone    string
	config  map[string]any
	bin     string // where the pulumi is
}

// script is a pulumi that knows no stack.
const script = `#!/bin/sh
case "$1 $2" in
"version ") echo VERSION ;;
"plugin ls") echo '[]' ;;
*) echo "error: no stack named 'prod' found" >&2; exit 255 ;;
esac
`

func newWorld(t *testing.T, opts aws.Options) *world {
	t.Helper()
	opts.Clock, opts.Regions, opts.ClusterDelay = clock.New(1), []string{primary, secondary, witness}, time.Millisecond
	w := &world{T: t, account: aws.NewAccount(opts)}
	t.Cleanup(func() { assert.NoError(t, w.account.Close()) })
	endpoint, stop, err := api.New(api.Config{Account: w.account}).Listen("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(stop)
	names, err := nameserver.Listen(w.account.Route53, primary)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, names.Close()) })
	zone, _, err := w.account.Route53.CreateZone("example.com", "test", "")
	require.NoError(t, err)
	admin := w.account.IAM.Admin()
	t.Setenv("AWS_ENDPOINT_URL", endpoint)
	t.Setenv("AWS_ACCESS_KEY_ID", admin.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", admin.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", "")
	t.Setenv(resolverVariable, names.Address)
	w.zone = zone.ID
	w.project()
	return w
}

// project makes a committed working tree, in which the functions seem built, and works there.
func (w *world) project() {
	w.Helper()
	root, err := filepath.Abs("..")
	require.NoError(w, err)
	dir := w.TempDir()
	for _, name := range []string{"go.mod", "docs", "Pulumi.yaml"} {
		require.NoError(w, os.Symlink(filepath.Join(root, name), filepath.Join(dir, name)))
	}
	w.config = map[string]any{
		namespace + "environment": "test",
		namespace + "owner":       "us",
		namespace + "costCenter":  "none",
		namespace + "regions":     map[string]string{"primary": primary, "secondary": secondary, "witness": witness},
		namespace + "alerts":      []map[string]string{{"protocol": "email", "endpoint": "oncall@example.com"}},
		namespace + "runbooksUrl": "https://wiki.example.com/runbooks",
		namespace + "application": "enabled",
		namespace + "applicationSettings": map[string]any{
			"jwt": map[string]string{"issuer": "https://i.example.com", "audience": "a"},
		},
		namespace + "traffic": map[string]string{"zoneId": w.zone, "domain": "pay.example.com"},
		namespace + "backups": map[string]string{"dailyAt": "03:00"},
	}
	require.NoError(w, graph.PretendBuilt(dir, components.FunctionFiles(components.ArchitectureARM)))
	w.Chdir(dir)
	w.save()
	w.bin = w.TempDir()
	w.Setenv("PATH", w.bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	w.pulumi("v3.276.0")
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "."},
		{"-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "all"},
	} {
		said, err := exec.CommandContext(w.Context(), "git", args...).CombinedOutput()
		require.NoError(w, err, string(said))
	}
}

// save writes the stack's settings.
func (w *world) save() {
	w.Helper()
	config, err := json.Marshal(map[string]any{"config": w.config})
	require.NoError(w, err)
	require.NoError(w, os.WriteFile("Pulumi.prod.yaml", config, 0o600))
}

// configure changes one of them.
func (w *world) configure(key string, value any) {
	w.Helper()
	w.config[namespace+key] = value
	w.save()
}

// pulumi has the pulumi on PATH say that it is of a version.
func (w *world) pulumi(version string) {
	w.Helper()
	text := strings.ReplaceAll(script, "VERSION", version)
	require.NoError(w, os.WriteFile(filepath.Join(w.bin, "pulumi"), []byte(text), 0o700))
}

// pairs makes clusters that wait for peers.
func (w *world) pairs(count int) {
	w.Helper()
	for range count {
		_, err := w.account.Region(secondary).DSQL.CreateCluster(dsql.CreateClusterInput{
			MultiRegionProperties: &dsql.MultiRegionProperties{WitnessRegion: witness},
		})
		require.NoError(w, err)
	}
}

func (w *world) buses(count int) {
	w.Helper()
	for i := range count {
		_, err := w.account.Region(primary).Events.CreateBus(events.Bus{Name: fmt.Sprintf("bus-%d", i)})
		require.NoError(w, err)
	}
}

func (w *world) rules(count int) {
	w.Helper()
	for i := range count {
		_, err := w.account.Region(witness).Events.PutRule(events.Rule{
			Name:               fmt.Sprintf("rule-%d", i),
			ScheduleExpression: "rate(1 day)",
		})
		require.NoError(w, err)
	}
}

func (w *world) logPolicies(count int) {
	w.Helper()
	for i := range count {
		_, err := w.account.Region(primary).Logs.PutPolicy(logs.ResourcePolicy{
			Name: fmt.Sprintf("policy-%d", i),
			Document: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"es.amazonaws.com"},
				"Action":"logs:PutLogEvents","Resource":"*"}]}`,
		})
		require.NoError(w, err)
	}
}

// record makes or replaces a record of the zone.
func (w *world) record(name, kind, value string) {
	w.Helper()
	ttl := int64(300)
	_, err := w.account.Route53.ChangeRecordSets(w.zone, "", []route53.Change{{
		Action: route53.Upsert,
		Set:    route53.RecordSet{Name: name, Type: kind, TTL: &ttl, Values: []string{value}},
	}})
	require.NoError(w, err)
}

// examined are the findings of the account by id and region.
func (w *world) examined() map[string]Finding {
	w.Helper()
	var out, progress bytes.Buffer
	_, err := run(w.Context(), []string{"-stack", "prod", "-json", "yes"}, &out, &progress)
	require.NoError(w, err)
	var told report
	require.NoError(w, json.Unmarshal(out.Bytes(), &told))
	all := map[string]Finding{}
	for _, f := range told.Findings {
		all[strings.TrimSuffix(f.ID+" "+f.Region, " ")] = f
	}
	return all
}

func TestAnAccountThatIsReady(t *testing.T) {
	for id, f := range newWorld(t, aws.Options{}).examined() {
		want := OK
		if id == deployment.id {
			want = Unasked
		}
		assert.Equal(t, want, f.Status, "%s: %s", id, f.Found)
	}
}

// Each check has something that makes it fail, and one thing makes one check fail.
func TestWhatAnAccountLacksIsFound(t *testing.T) {
	for key, c := range map[string]struct {
		spoil func(w *world)
		found string
	}{
		"configuration": {func(w *world) { w.configure("traffic", map[string]string{"domain": "pay.example.com"}) },
			`traffic.zoneId is ""`},
		"regions ca-west-1": {func(w *world) {
			w.configure("regions", map[string]string{"primary": primary, "secondary": secondary, "witness": "ca-west-1"})
		}, "no, it is DISABLED"},
		"trail us-east-1": {func(w *world) {
			for _, trail := range w.account.CloudTrail.Trails() {
				require.NoError(w, w.account.CloudTrail.SetLogging(primary, trail.Name, false))
			}
		}, "is stopped"},
		"log-policies us-east-1": {func(w *world) { w.logPolicies(10) }, "10 of 10 resource policies are there, and a " +
			"deployment adds 1"},
		"cluster-quota us-east-2": {func(w *world) { w.pairs(5) }, "5 of 5 multi-Region clusters are there, and a " +
			"deployment adds 1"},
		"event-bus-quota us-east-1": {func(w *world) { w.buses(99) },
			"100 of 100 event buses are there, and a deployment adds 1"},
		"rule-quota us-west-2": {func(w *world) { w.rules(300) }, "300 of 300 rules of the default bus are there, " +
			"and a deployment adds 1"},
		"backup-opt-in us-east-2": {func(w *world) { w.account.Region(secondary).Backup.OptIn(false) }, "no"},
		"zone": {func(w *world) { w.record("example.com.", "NS", "ns.elsewhere.example.") },
			"DNS names ns.elsewhere.example"},
		"caa": {func(w *world) { w.record("pay.example.com.", "CAA", `0 issue "letsencrypt.org"`) },
			"those of pay.example.com admit letsencrypt.org only"},
		"pulumi": {func(w *world) { w.pulumi("v3.100.0") }, "it is v3.100.0: want"},
		"aws-plugin": {func(w *world) { w.Setenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true") },
			"is not installed"},
		"functions": {func(w *world) { require.NoError(w, os.Remove("build/lambda/arm64/livez/bootstrap")) },
			`function "livez" is not built`},
	} {
		t.Run(key, func(t *testing.T) {
			w := newWorld(t, aws.Options{})
			c.spoil(w)
			found := w.examined()
			assert.Equal(t, Failed, found[key].Status, found[key].Found)
			assert.Contains(t, found[key].Found, c.found)
		})
	}
}

func TestReservationsLeaveAWSsHundred(t *testing.T) {
	found := newWorld(t, aws.Options{Concurrency: 120}).examined()
	assert.Equal(t, OK, found["concurrency us-west-2"].Status, found["concurrency us-west-2"].Found)
	assert.Equal(t, Failed, found["concurrency us-east-1"].Status)
	assert.Equal(t, "120 are not reserved, and a deployment reserves 30 of them", found["concurrency us-east-1"].Found)
}

// as has the command asked with credentials of a role that has one statement.
func (w *world) as(role, statement string) {
	w.Helper()
	made, err := w.account.IAM.CreateRole(iam.Role{Name: role, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	require.NoError(w, err)
	_, err = w.account.IAM.PutRolePolicy(iam.RolePolicy{
		Role:   role,
		Name:   "p",
		Policy: `{"Version":"2012-10-17","Statement":[` + statement + `]}`,
	})
	require.NoError(w, err)
	c, err := w.account.IAM.AssumeRole("lambda.amazonaws.com", made.Arn, "me")
	require.NoError(w, err)
	w.Setenv("AWS_ACCESS_KEY_ID", c.AccessKeyID)
	w.Setenv("AWS_SECRET_ACCESS_KEY", c.SecretAccessKey)
	w.Setenv("AWS_SESSION_TOKEN", c.SessionToken)
}

func TestAPermissionThatADeployerLacksIsNamed(t *testing.T) {
	w := newWorld(t, aws.Options{})
	w.as("deployer", `{"Effect":"Allow","Action":"*","Resource":"*"},
		{"Effect":"Deny","Action":["kms:CreateKey","iam:CreateServiceLinkedRole"],"Resource":"*"}`)
	found := w.examined()
	assert.Equal(t, Failed, found["permissions"].Status)
	assert.Contains(t, found["permissions"].Found, "kms:CreateKey")
	assert.Equal(t, Failed, found["service-roles"].Status)
	assert.Contains(t, found["service-roles"].Found, "deployer/me may not have it made")
}

// Whatever the account answers, it is a finding.
func TestWhoMayNothingIsToldWhatIsMissing(t *testing.T) {
	w := newWorld(t, aws.Options{})
	w.as("nobody", `{"Effect":"Deny","Action":"*","Resource":"*"}`)
	found := w.examined()
	for id, want := range map[string]string{
		"cluster-quota us-east-1": "Service Quotas GetServiceQuota is not allowed:",
		"trail us-east-1":         "CloudTrail DescribeTrails is not allowed:",
		"permissions":             "IAM SimulatePrincipalPolicy is not allowed:",
		"zone":                    "Route 53 GetHostedZone is not allowed:",
	} {
		assert.Equal(t, Unasked, found[id].Status, id)
		assert.Contains(t, found[id].Found, want)
	}
}

func TestCredentialsThatNobodyKnows(t *testing.T) {
	w := newWorld(t, aws.Options{})
	w.Setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
	found := w.examined()
	assert.Equal(t, Failed, found["credentials"].Status)
	assert.Contains(t, found["credentials"].Found, "nobody: STS GetCallerIdentity does not know the caller")
	assert.Equal(t, Unasked, found["regions"].Status)
	assert.Equal(t, "AWS knows nobody who asks: see credentials", found["regions"].Found)
	assert.Equal(t, OK, found["pulumi"].Status, "what is asked of this machine is answered")
}

func TestALostRegionIsAFindingOfThatRegion(t *testing.T) {
	w := newWorld(t, aws.Options{})
	w.account.Region(primary).SetDown(true)
	assert.Equal(t, OK, w.examined()["credentials"].Status, "another region knows the caller")
	w.account.Region(primary).SetDown(false)
	w.account.Region(secondary).SetDown(true)
	found := w.examined()
	assert.Equal(t, Unasked, found["trail us-east-2"].Status)
	assert.Equal(t, OK, found["trail us-east-1"].Status)
}

func TestAClockThatIsWrongIsFound(t *testing.T) {
	w := newWorld(t, aws.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Date", time.Now().Add(-10*time.Minute).UTC().Format(http.TimeFormat))
		fmt.Fprint(out, "<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>")
	}))
	t.Cleanup(server.Close)
	s := w.asking()
	w.Setenv("AWS_ENDPOINT_URL", server.URL)
	require.NoError(t, s.identify(t.Context()))
	found := callersClock.look(t.Context(), s)[0]
	assert.Equal(t, Failed, found.status)
	assert.Regexp(t, `it is (9m59s|10m0s|10m1s) off AWS's`, found.found)
}

func TestBadInputIsToldTogether(t *testing.T) {
	_, err := parse([]string{"-page", "perhaps", "-json", "no", "-deployer", "nonsense"})
	assert.EqualError(t, err, "JSON is \"no\": want yes, or nothing\nPAGE is \"perhaps\": want yes, or nothing\n"+
		"DEPLOYER is \"nonsense\": want the ARN of a role or a user, such as arn:aws:iam::123456789012:role/deployer, or "+
		"nothing for the caller\n"+
		"usage: make doctor STACK=<stack> [DEPLOYER=<ARN of a role>] [JSON=yes] [PAGE=yes]")
	for _, deployer := range []string{"", "arn:aws:iam::123456789012:role/d", "arn:aws:sts::123456789012:assumed-role/d/me"} {
		_, err := parse([]string{"-stack", "prod", "-deployer", deployer})
		assert.NoError(t, err)
	}
	newWorld(t, aws.Options{})
	var out bytes.Buffer
	_, err = run(t.Context(), []string{"-stack", "other"}, &out, &out)
	assert.ErrorContains(t, err, `no stack "other", there is no Pulumi.other.yaml: want one of ["prod"]`)
}

func TestSecretRecipientsNeedNoPassphrase(t *testing.T) {
	w := newWorld(t, aws.Options{})
	w.configure("alerts", []any{map[string]any{"protocol": "https", "endpoint": map[string]string{"secure": "v1:abc"}}})
	s, err := open(t.Context(), "prod")
	require.NoError(t, err)
	assert.True(t, s.secret)
	assert.Equal(t, OK, w.examined()["configuration"].Status, "that nobody is told is no warning of theirs")
}
