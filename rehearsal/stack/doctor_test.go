package stack

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/route53"
	"aurora-dsql-dr/sandbox/sns"
)

// doctor is the command, asked about a stack in a sandbox.
type doctor struct {
	*sandbox.Sandbox
	t           *testing.T
	program     string
	environment []string
}

// diagnosis is what the command says, by check and region.
type diagnosis map[string]struct{ ID, Region, Status, Found string }

func newDoctor(l life) doctor {
	l.t.Helper()
	program := filepath.Join(l.t.TempDir(), "doctor")
	said, err := exec.CommandContext(l.t.Context(), "go", "build", "-o", program, "./doctor").CombinedOutput()
	require.NoError(l.t, err, string(said))
	environment := slices.Concat(os.Environ(), l.Environment(), l.stack.Environment(), []string{
		"PATH=" + filepath.Dir(l.stack.CLI()) + string(os.PathListSeparator) + os.Getenv("PATH"),
		"STACK_DIR=" + l.stack.SettingsDir(),
		"RESOLVER=" + l.DNS["us-east-1"],
	})
	return doctor{l.Sandbox, l.t, program, environment}
}

// examine runs the command with further variables.
func (d doctor) examine(variables ...string) diagnosis {
	d.t.Helper()
	return d.ask(variables)
}

// ask runs the command with further variables and flags.
func (d doctor) ask(variables []string, flags ...string) diagnosis {
	d.t.Helper()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(d.t.Context(), d.program, append([]string{"-stack", Name, "-json", "yes"}, flags...)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(slices.Clone(d.environment), variables...), &out, &said
	err := cmd.Run()
	var told struct {
		Findings []struct{ ID, Region, Status, Found string }
	}
	require.NoError(d.t, json.Unmarshal(out.Bytes(), &told), said.String())
	found, failed := diagnosis{}, false
	for _, f := range told.Findings {
		key := strings.TrimSpace(f.ID + " " + f.Region)
		if before, several := found[key]; several {
			f.Found = before.Found + "; " + f.Found
			if before.Status != "ok" {
				f.Status = before.Status
			}
		}
		found[key] = f
		failed = failed || f.Status == "failed"
		assert.NotContains(d.t, f.Found, "goroutine", "no stack trace")
	}
	assert.Equal(d.t, failed, err != nil, "it fails if something has failed")
	return found
}

// preview is what make prints at a second terminal, which has the sandbox's environment.
func (d doctor) preview() string {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), "make", "-s", "-o", "lambda", "preview", "STACK="+Name)
	cmd.Env = d.environment
	said, err := cmd.CombinedOutput()
	require.NoError(d.t, err, string(said))
	return string(said)
}

// as are the variables of a role with a policy of docs/.
func (d doctor) as(name, policy string) []string {
	d.t.Helper()
	role, err := d.Account.IAM.CreateRole(iam.Role{Name: name, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	require.NoError(d.t, err)
	_, err = d.Account.IAM.PutRolePolicy(iam.RolePolicy{Role: name, Name: "p", Policy: policy})
	require.NoError(d.t, err)
	c, err := d.Account.IAM.AssumeRole("lambda.amazonaws.com", role.Arn, "me")
	require.NoError(d.t, err)
	return []string{"AWS_ACCESS_KEY_ID=" + c.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey,
		"AWS_SESSION_TOKEN=" + c.SessionToken}
}

// never are the checks whose answer depends on where the tests run: on a working tree, and on when schedules first ran.
var never = []string{"functions"}

func (found diagnosis) sound(t *testing.T) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(found)) {
		if f := found[key]; !slices.Contains(never, f.ID) {
			assert.Equal(t, "ok", f.Status, "%s: %s", key, f.Found)
		}
	}
}

func TestADeployedStackIsExamined(t *testing.T) {
	t.Parallel()
	// What is published at the end of a minute is waited for.
	s := newSandbox(t, sandbox.Options{Speed: 2})
	config, err := WithTraffic(s, WithBackups(WithApplication(Config())))
	require.NoError(t, err)
	stack, err := Prepare(t.Context(), s, config)
	require.NoError(t, err)
	l := life{s, t, stack}
	out := l.outputs(l.up())
	d := newDoctor(l)
	d.awaitRuns().sound(t)
	t.Run("an auditor may ask everything", func(t *testing.T) {
		found := d.examine(d.as("auditor", policy(t, "auditor-policy.json"))...)
		assert.Contains(t, found["permissions"].Found, "is denied", "an auditor is no deployer")
		delete(found, "permissions")
		found.sound(t)
	})
	t.Run("who may page reaches every topic", func(t *testing.T) {
		pager := d.as("pager", policy(t, "doctor-page-policy.json"))
		found := d.ask(pager, "-page", "yes")
		for region := range out.AlertTopicARNs {
			assert.Equal(t, "ok", found["page "+region].Status, found["page "+region].Found)
		}
		assert.True(t, d.toldOf("Test: please answer"), "no test message has arrived")
	})
	t.Run("who may nothing is told so", func(t *testing.T) {
		nobody := d.as("nobody", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`)
		for key, f := range d.examine(nobody...) {
			assert.NotContains(t, f.Found, "panic", key)
		}
	})
	t.Run("a preview from elsewhere sees what would change", func(t *testing.T) {
		settings := maps.Clone(config["aurora-dsql-dr:monitor"].(map[string]any))
		settings["reminder"] = "20m"
		require.NoError(t, stack.SetConfig(t.Context(), "aurora-dsql-dr:monitor", settings))
		assert.Contains(t, d.preview(), "~ 3 to update\n")
	})
	d.withdraw("us-east-1", out)
	withdrawn := d.examine()["withdrawals us-east-1"]
	assert.Equal(t, "warning", withdrawn.Status)
	assert.Regexp(t, "withdrawn since .* UTC until .* UTC, by somebody: a test$", withdrawn.Found)
	back := d.lose("us-east-2", out)
	found := d.examine()
	for key, f := range found {
		if f.Region == "us-east-2" && f.ID != "regions" { // Account Management is in us-east-1
			ongoing := f.ID == "incidents" || f.ID == "withdrawals" // others tell of it
			assert.True(t, f.Status == "unasked" || ongoing, "%s: %s %s", key, f.Status, f.Found)
		}
	}
	lost := found["incidents us-east-2"]
	assert.Equal(t, "warning", lost.Status)
	assert.Regexp(t, `^incident \d+ is open since .* UTC, for .*: \w+; `+
		`told by the observer in us-.*, confirmed by that in us-`, lost.Found)
	assert.Equal(t, "ok", found["withdrawals us-east-1"].Status, "a loss of the other region ends it")
	require.NoError(t, back())
	d.breakEverything(out)
	found = d.examine()
	for key, want := range map[string]string{
		"subscriptions us-east-1":      "oncall@example.com (email) has not confirmed",
		"alarms us-east-2":             "is gone",
		"alarms-quiet us-west-2":       "witness-alerts-alarms",
		"schedules us-east-1":          "is disabled",
		"deployed-functions us-west-2": "is another",
		"names":                        "has no address",
		"drift":                        "differ",
	} {
		assert.Equal(t, "failed", found[key].Status, "%s: %s", key, found[key].Found)
		assert.Contains(t, found[key].Found, want)
	}
}

// withdraw takes a region out of traffic, and has every observer read so.
func (d doctor) withdraw(region string, out Outputs) {
	d.t.Helper()
	require.NoError(d.t, Act(d.t.Context(), d.Sandbox, out.MonitorFunctionNames, contract.CheckEvent{
		Withdraw: &contract.Withdraw{
			Region: region,
			Until:  d.Clock.Now().Add(time.Hour),
			Reason: "a test",
			By:     "somebody",
		},
	}))
	_, err := Observe(d.t.Context(), d.Sandbox, out.MonitorFunctionNames)
	require.NoError(d.t, err)
}

// lose has a region lost, somebody told, and every other observer read so. back ends it.
func (d doctor) lose(region string, out Outputs) (back func() error) {
	d.t.Helper()
	back, err := fault.NewInjector(d.Sandbox, Places()).Inject(fault.Spec{
		Name: "region-lost",
		With: map[string]string{"region": region},
	})
	require.NoError(d.t, err)
	deadline := time.Now().Add(3 * time.Minute)
	for !d.toldOf("DSQL LOST in " + region) {
		require.True(d.t, time.Now().Before(deadline), "nobody is told of the loss")
		require.NoError(d.t, d.Clock.Sleep(d.t.Context(), time.Second))
	}
	others := maps.Clone(out.MonitorFunctionNames)
	delete(others, region)
	_, err = Observe(d.t.Context(), d.Sandbox, others)
	require.NoError(d.t, err)
	return back
}

func (d doctor) toldOf(subject string) bool {
	return slices.ContainsFunc(d.Account.Inbox.Messages(), func(m sns.Message) bool {
		return strings.HasPrefix(m.Subject, subject)
	})
}

// policy is a document of docs/, for any hosted zone.
func policy(t *testing.T, file string) string {
	t.Helper()
	document, err := os.ReadFile(filepath.Join("docs", file))
	require.NoError(t, err)
	return strings.ReplaceAll(string(document), "Z0123456789ABCDEFGHIJ", "*")
}

// awaitRuns asks when a minute has ended in which schedules have run: its metrics are published then.
func (d doctor) awaitRuns() diagnosis {
	d.t.Helper()
	deadline := time.Now().Add(4 * time.Minute)
	for {
		d.awaitMinute()
		if found := d.examine(); !found.failed() || time.Now().After(deadline) {
			return found
		}
	}
}

// awaitMinute waits for the next minute's end and a second more.
func (d doctor) awaitMinute() {
	d.t.Helper()
	now := d.Clock.Now()
	end := now.Truncate(time.Minute).Add(time.Minute + time.Second)
	require.NoError(d.t, d.Clock.Sleep(d.t.Context(), end.Sub(now)))
}

// failed tells whether anything that the deployment decides is not as it should be.
func (found diagnosis) failed() bool {
	for f := range maps.Values(found) {
		if f.Status != "ok" && !slices.Contains(never, f.ID) {
			return true
		}
	}
	return false
}

// breakEverything does one thing for each check that can be made to fail in a moment.
func (d doctor) breakEverything(out Outputs) {
	d.t.Helper()
	east, west, witness := d.Account.Region("us-east-1"), d.Account.Region("us-east-2"), d.Account.Region("us-west-2")
	for _, sub := range east.SNS.Subscriptions(out.AlertTopicARNs["us-east-1"]) {
		require.NoError(d.t, east.SNS.Unsubscribe(sub.Arn))
		d.Account.Inbox.SetConfirming(false)
		_, err := east.SNS.Subscribe(sns.Subscription{Topic: sub.Topic, Protocol: sub.Protocol, Endpoint: sub.Endpoint})
		require.NoError(d.t, err)
	}
	require.NoError(d.t, west.CloudWatch.DeleteAlarms(out.AlarmNames["us-east-2"][0]))
	require.NoError(d.t, witness.CloudWatch.SetAlarmState(out.AlarmNames["us-west-2"][0], cloudwatch.StateAlarm, "a test"))
	rules, err := east.Events.Rules("")
	require.NoError(d.t, err)
	require.NoError(d.t, east.Events.SetRuleState("", rules[0].Name, "DISABLED"))
	function, err := witness.Lambda.Function(out.MonitorFunctionNames["us-west-2"])
	require.NoError(d.t, err)
	other, err := east.Lambda.Function(out.TransactionFunctionNames["us-east-1"])
	require.NoError(d.t, err)
	function.Code = other.Code
	_, err = witness.Lambda.UpdateFunction(function)
	require.NoError(d.t, err)
	zone := d.Account.Route53.Zones()[0].ID
	sets, err := d.Account.Route53.RecordSets(zone)
	require.NoError(d.t, err)
	var gone []route53.Change
	for _, set := range sets {
		if set.Name == Domain+"." && set.Type == "A" {
			gone = append(gone, route53.Change{Action: route53.Delete, Set: set})
		}
	}
	_, err = d.Account.Route53.ChangeRecordSets(zone, "", gone)
	require.NoError(d.t, err)
}
