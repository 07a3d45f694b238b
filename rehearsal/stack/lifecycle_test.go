package stack

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
	"aurora-dsql-dr/sandbox/sns"
)

// childKey makes this test binary a sandbox that waits to be killed, or with briefKey one that starts and ends.
const (
	childKey = "SANDBOX_TEST_CHILD"
	briefKey = "SANDBOX_TEST_BRIEF"
)

func TestMain(m *testing.M) {
	if os.Getenv(childKey) != "" {
		waitToBeKilled()
	}
	// The program's paths are relative to the project, and it deploys functions for this machine.
	if err := os.Chdir(filepath.Join("..", "..")); err != nil {
		panic(err)
	}
	build := exec.Command("make", "-s", "lambda")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		panic(fmt.Sprintf("make lambda: %v", err))
	}
	os.Exit(m.Run())
}

func newSandbox(t *testing.T, opts sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	opts.Template = postgrestest.Template(t)
	s, err := Start(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// changed are the names of what an operation did, but for reading and leaving as it is, as "operation type name".
func changed(r engine.Result) []string {
	var names []string
	for _, step := range r.Steps {
		if step.Op != "same" && step.Op != "refresh" && step.Op != "read" && strings.HasPrefix(step.Type, "aws:") {
			names = append(names, fmt.Sprintf("%s %s %s", step.Op, step.Type[strings.LastIndex(step.Type, ":")+1:], step.Name))
		}
	}
	slices.Sort(names)
	return names
}

// primaryRegion is where a program deploys that is a part of the stack.
func primaryRegion(ctx *pulumi.Context, s *sandbox.Sandbox) (components.Region, error) {
	const name = "us-east-1"
	provider, err := aws.NewProvider(ctx, "primary", &aws.ProviderArgs{Region: pulumi.String(name)})
	return components.Region{Name: name, Provider: provider, Account: s.Account.ID, Partition: "aws"}, err
}

// life is one stack through all that happens to it.
type life struct {
	*sandbox.Sandbox
	t     *testing.T
	stack *engine.Engine
}

func (l life) up() engine.Result {
	l.t.Helper()
	r, err := l.stack.Up(l.t.Context(), engine.Run{})
	require.NoError(l.t, err)
	return r
}

func (l life) set(key string, value any) {
	l.t.Helper()
	require.NoError(l.t, l.stack.SetConfig(l.t.Context(), "aurora-dsql-dr:"+key, value))
}

func (l life) aStackThatTellsNobodyIsWarnedOf() {
	l.t.Helper()
	l.set("alerts", []any{})
	planned, err := l.stack.Preview(l.t.Context(), engine.Run{})
	require.NoError(l.t, err)
	require.Len(l.t, planned.Warnings, 1)
	assert.Contains(l.t, planned.Warnings[0].Message, "nobody will be told")
}

func (l life) outputs(r engine.Result) Outputs {
	l.t.Helper()
	outputs, err := OutputsOf(r)
	require.NoError(l.t, err)
	return outputs
}

func (l life) paged() (subjects []string) {
	for _, m := range l.Account.Inbox.Messages() {
		if chronicle.ReadMessage(m).Pages() {
			subjects = append(subjects, m.Subject)
		}
	}
	return subjects
}

func TestTheLifeOfAStack(t *testing.T) {
	t.Parallel()
	config := Config()
	config["aurora-dsql-dr:deletionProtection"] = true
	s := newSandbox(t, sandbox.Options{})
	stack, err := Prepare(t.Context(), s, config)
	require.NoError(t, err)
	l := life{s, t, stack}

	first := l.up()
	require.NotZero(t, first.Counts["create"])
	l.everyObserverSeesBothEndpointsUp(l.outputs(first))
	assert.Empty(t, l.paged(), "a first deployment pages nobody")
	l.aFirstDeploymentSendsAHandfulOfNotices(l.outputs(first))

	assert.Empty(t, changed(l.up()), "nothing has changed")

	assert.Empty(t, first.Warnings)
	l.aStackThatTellsNobodyIsWarnedOf()

	l.set("alerts", []any{map[string]any{"protocol": "email", "endpoint": "night@example.com"}})
	for _, change := range changed(l.up()) {
		assert.Contains(t, change, "TopicSubscription", "only the recipients have changed")
	}

	l.aSecretRecipientStaysSecret()
	l.driftIsRepaired()
	l.aProtectedStackIsNotTouched()

	l.set("deletionProtection", false)
	assert.Equal(
		t,
		[]string{"update Cluster database-primary-cluster", "update Cluster database-secondary-cluster"},
		changed(l.up()),
	)
	_, err = l.stack.Destroy(t.Context(), engine.Run{})
	require.NoError(t, err)
	assert.Empty(t, l.Leftovers())
	assert.Empty(t, l.paged(), "a destroy pages nobody")
}

// aFirstDeploymentSendsAHandfulOfNotices evaluates the alarms for the next minutes, in which each says OK for the first
// time or never. Only what needs an all-clear tells people so.
func (l life) aFirstDeploymentSendsAHandfulOfNotices(outputs Outputs) {
	l.t.Helper()
	next := l.Account.Clock.Now().Truncate(time.Minute).Add(time.Minute)
	for minute := range 3 {
		for _, r := range l.Account.Regions() {
			r.CloudWatch.Tick(next.Add(time.Duration(minute) * time.Minute))
		}
	}
	notices, recipients := map[string]int{}, map[string]bool{}
	for _, m := range l.Account.Inbox.Messages() {
		recipients[m.Endpoint] = true
		if m.Kind == sns.KindAlarm {
			alarm, _, _ := strings.Cut(strings.TrimPrefix(m.Subject, `OK: "`), `"`)
			notices[regexp.MustCompile(`-[0-9a-f]{7}$`).ReplaceAllString(alarm, "")]++
		}
	}
	want := map[string]int{}
	stack := "aurora-dsql-dr-sandbox-" + outputs.ClusterIdentifiers["us-east-1"][:8]
	for _, alarm := range []string{
		stack + "-us-east-1-lost", stack + "-us-east-1-lost-unconfirmed",
		stack + "-us-east-2-lost", stack + "-us-east-2-lost-unconfirmed",
		"primary-monitor-alarms-silent", "secondary-monitor-alarms-silent", "witness-monitor-alarms-silent",
	} {
		want[alarm] = len(recipients)
	}
	assert.Equal(l.t, want, notices)
	assert.Empty(l.t, l.paged())
}

func (l life) everyObserverSeesBothEndpointsUp(outputs Outputs) {
	l.t.Helper()
	reports, err := Observe(l.t.Context(), l.Sandbox, outputs.MonitorFunctionNames)
	require.NoError(l.t, err)
	assert.ElementsMatch(l.t, []string{"us-east-1", "us-east-2", "us-west-2"}, slices.Collect(maps.Keys(reports)))
	for observer, report := range reports {
		assert.Len(l.t, report.Targets, 2, observer)
		for _, target := range report.Targets {
			assert.Equal(l.t, "up", target.Verdict, "%s of %s: %s %s", observer, target.Region, target.Reason, target.Detail)
		}
	}
}

// aSecretRecipientStaysSecret looks for the address in everything that the engine has written.
func (l life) aSecretRecipientStaysSecret() {
	l.t.Helper()
	const secret = "whistle@example.com"
	require.NoError(l.t, l.stack.SetSecret(l.t.Context(), "aurora-dsql-dr:alerts[0].endpoint", secret))
	for _, change := range changed(l.up()) {
		assert.Contains(l.t, change, "TopicSubscription", "only the recipients have changed")
	}
	for _, r := range l.Account.Regions() {
		require.Len(l.t, r.SNS.Subscriptions(r.SNS.Topics()[0].Arn), 1)
		assert.Equal(l.t, secret, r.SNS.Subscriptions(r.SNS.Topics()[0].Arn)[0].Endpoint)
	}
	searched := 0
	require.NoError(l.t, filepath.WalkDir(filepath.Dir(l.CAFile), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.Contains(path, "/engine-") {
			return err
		}
		content, err := os.ReadFile(path)
		assert.NotContains(l.t, string(content), secret, path)
		searched++
		return err
	}))
	assert.NotZero(l.t, searched)
}

// driftIsRepaired changes one resource and deletes another behind Pulumi's back.
func (l life) driftIsRepaired() {
	l.t.Helper()
	region := l.Account.Region("us-east-1")
	alarm := region.CloudWatch.MetricAlarms()[0]
	alarm.AlarmDescription = "by hand"
	_, err := region.CloudWatch.PutMetricAlarm(alarm)
	require.NoError(l.t, err)
	topic := region.SNS.Topics()[0]
	require.NoError(l.t, region.SNS.Unsubscribe(region.SNS.Subscriptions(topic.Arn)[0].Arn))

	changes := changed(l.up())
	require.Len(l.t, changes, 2)
	assert.Regexp(l.t, "^create TopicSubscription primary-alerts-subscription-[0-9a-f]{8}$", changes[0])
	assert.Contains(l.t, changes[1], "update MetricAlarm")
	repaired, err := region.CloudWatch.MetricAlarm(alarm.Name)
	require.NoError(l.t, err)
	assert.NotEqual(l.t, "by hand", repaired.AlarmDescription)
}

func (l life) aProtectedStackIsNotTouched() {
	l.t.Helper()
	before := l.Leftovers()
	result, err := l.stack.Destroy(l.t.Context(), engine.Run{})
	require.Error(l.t, err)
	assert.ErrorContains(l.t, err, "database-primary-cluster")
	assert.ErrorContains(l.t, err, "protect")
	assert.ErrorContains(l.t, err, "pulumi state unprotect", "the message says how to unprotect")
	assert.Empty(l.t, changed(result))
	assert.Equal(l.t, before, l.Leftovers(), "nothing was touched")
}

// waitToBeKilled deploys until its parent kills it.
func waitToBeKilled() {
	s, err := Start(context.Background(), sandbox.Options{Dir: os.Getenv(childKey)})
	if err != nil {
		panic(err)
	}
	if os.Getenv(briefKey) != "" {
		if err := s.Close(); err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	stack, err := Prepare(context.Background(), s, Config())
	if err != nil {
		panic(err)
	}
	_, err = stack.Up(context.Background(), engine.Run{Progress: func(step engine.Step) {
		if step.Type == "aws:lambda/function:Function" && step.State == engine.Finished {
			fmt.Println("unpacked")
		}
	}})
	panic(fmt.Sprint("the deployment has ended: ", err))
}

func TestAKilledSandboxLeavesNothingToTheNextOne(t *testing.T) {
	t.Parallel()
	root, err := os.Getwd()
	require.NoError(t, err)
	temp := postgrestest.ReachableDir(t)
	killed := child(root, temp)
	out, err := killed.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, killed.Start())
	_, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	states := namesIn(t, temp)
	require.Len(t, states, 1, "everything is in the state directory")
	dir := filepath.Join(temp, states[0])
	unpacked, err := filepath.Glob(filepath.Join(dir, "function-*", "bootstrap"))
	require.NoError(t, err)
	assert.NotEmpty(t, unpacked, "functions are unpacked in the state directory")
	require.NoError(t, killed.Process.Kill())
	require.Error(t, killed.Wait())

	assert.Eventually(t, func() bool { return len(processesIn(dir)) == 0 }, 10*time.Second, 20*time.Millisecond,
		"the kernel ends the children, the database included")
	assert.Equal(t, states, namesIn(t, temp), "nothing is beside the state directory")
	require.NoError(t, child(root, temp, briefKey+"=yes").Run())
	assert.Empty(t, namesIn(t, temp), "the next one removes what the killed one has left, and its own")
}

// child is this test binary as a sandbox of its own.
func child(root, temp string, env ...string) *exec.Cmd {
	child := exec.Command(os.Args[0])
	child.Dir = root
	child.Env = append(os.Environ(), append(env, childKey+"="+root, "TMPDIR="+temp)...)
	child.Stderr = os.Stderr
	return child
}

func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// processesIn are the processes whose command line or environment names a directory: engine and functions.
func processesIn(dir string) (found []string) {
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range processes {
		for _, file := range []string{"cmdline", "environ"} {
			content, err := os.ReadFile(filepath.Join(process, file))
			if err == nil && strings.Contains(string(content), dir) {
				found = append(found, process)
			}
		}
	}
	return found
}
