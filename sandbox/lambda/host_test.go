package lambda_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/logs"
)

func TestAnEnvironmentIsStartedOnceAndUsedAgain(t *testing.T) {
	w := newWorld(t, 1)
	f := w.create(t, nil)
	first, cold := w.invoke(t, `{}`)
	second, warm := w.invoke(t, `{}`)
	assert.Equal(t, []int{1, 2}, []int{cold.Count, warm.Count})
	assert.Equal(t, cold.PID, warm.PID)
	assert.Equal(t, f.ARN, cold.ARN)
	assert.Equal(t, first.RequestID, cold.RequestID)
	assert.NotEqual(t, first.RequestID, second.RequestID)
	assert.InDelta(t, 60, cold.Left.Seconds(), 5, "the context's deadline is the function's timeout")
}

func TestConcurrentInvocationsRunInEnvironmentsOfTheirOwn(t *testing.T) {
	w := newWorld(t, 1)
	w.create(t, nil)
	var both sync.WaitGroup
	var results [2]lambda.Result
	for i := range results {
		both.Go(func() {
			results[i], _ = w.lambda.Invoke(t.Context(), w.iam.Admin().Principal, "health-check", []byte(`{"do":"sleep","for":300000000}`), nil)
		})
	}
	both.Wait()
	var first, second answer
	require.NoError(t, json.Unmarshal(results[0].Payload, &first))
	require.NoError(t, json.Unmarshal(results[1].Payload, &second))
	assert.NotEqual(t, first.PID, second.PID)
	assert.Equal(t, 2, int(w.statistic(t, "ConcurrentExecutions").Maximum))
}

// What a warm process was started with must never be older than what it is to run with.
func TestEnvironmentsAreRecycled(t *testing.T) {
	cases := map[string]func(*testing.T, *world){
		"when the function is updated": func(t *testing.T, w *world) {
			_, err := w.lambda.UpdateFunction(function(func(f *lambda.Function) { f.MemorySize = 256 }))
			require.NoError(t, err)
		},
		"when the sandbox's variables change": func(_ *testing.T, w *world) {
			w.setPlatform(map[string]string{"DSQL_HOSTADDR": "a=127.0.0.1:1"})
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.create(t, nil)
			_, before := w.invoke(t, `{}`)
			change(t, w)
			_, after := w.invoke(t, `{}`)
			assert.NotEqual(t, before.PID, after.PID)
			awaitExit(t, before.PID)
		})
	}
}

func TestAnIdleEnvironmentEndsAfterTenMinutes(t *testing.T) {
	for every, want := range map[time.Duration]int{9 * time.Minute: 1, 11 * time.Minute: 3} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1)
			w.create(t, func(f *lambda.Function) { f.Stub = echo })
			for range 3 {
				_, _ = w.invoke(t, `{}`)
				pass(every)
			}
			assert.Equal(t, want, w.environments(t))
		})
	}
}

func TestCredentialsAboutToExpireAreNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.create(t, func(f *lambda.Function) { f.Stub, f.Timeout = echo, 900 })
		for range 6 { // at 0, 9, … 45 minutes; 15 of the role's 60 are left then, a minute too few
			_, _ = w.invoke(t, `{}`)
			pass(9 * time.Minute)
		}
		assert.Equal(t, 2, w.environments(t))
	})
}

// environments counts those the function has logged from.
func (w *world) environments(t *testing.T) int {
	t.Helper()
	streams := map[string]bool{}
	for _, line := range w.lines(t, logGroup) {
		streams[line.Stream] = true
	}
	return len(streams)
}

// The function sees what Lambda sets, the sandbox's variables and its own; never this process's.
func TestTheFunctionInheritsNothing(t *testing.T) {
	t.Setenv("SECRET_OF_THE_HOST", "x")
	w := newWorld(t, 10)
	w.create(t, func(f *lambda.Function) {
		f.Environment = &lambda.Environment{Variables: map[string]string{"PROBE_INTERVAL": "15s", "REMINDER": "15m"}}
	})
	_, a := w.invoke(t, `{"do":"environ"}`)
	got := map[string]string{}
	for _, pair := range a.Environ {
		name, value, _ := strings.Cut(pair, "=")
		got[name] = value
	}
	assert.Equal(t, []string{"AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
		"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_FORMAT",
		"AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION",
		"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LANG", "LD_LIBRARY_PATH",
		"PATH", "PROBE_INTERVAL", "REMINDER", "TZ", "_HANDLER", "_X_AMZN_TRACE_ID"}, slices.Sorted(maps.Keys(got)),
		"aws-lambda-go itself sets _X_AMZN_TRACE_ID")
	assert.Equal(t, "us-east-1", got["AWS_REGION"])
	assert.Equal(t, "128", got["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
	assert.Equal(t, a.Directory, got["LAMBDA_TASK_ROOT"])
	assert.Equal(t, "1.5s", got["PROBE_INTERVAL"], "a duration the function measures by the wall, at ten times its speed")
	assert.Equal(t, "15m", got["REMINDER"], "not one of the scaled variables")
	credentials, err := w.iam.Lookup(got["AWS_ACCESS_KEY_ID"])
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:sts::"+account+":assumed-role/monitor/health-check", credentials.Principal.ARN)
	assert.Equal(t, credentials.SecretAccessKey, got["AWS_SECRET_ACCESS_KEY"])
}

// Each failure has the payload AWS answers with, counts as an error, and costs the environment only where it does there.
func TestFailures(t *testing.T) {
	cases := []struct {
		name      string
		event     string
		edit      func(*lambda.Function)
		errorType string
		message   string // without the request ID
		survives  bool
	}{
		{name: "the handler returns an error", event: `{"do":"fail"}`, errorType: "errorString", message: "told to fail", survives: true},
		{name: "the handler panics", event: `{"do":"panic"}`, errorType: "string", message: "told to"},
		{name: "the process exits", event: `{"do":"exit"}`, errorType: "Runtime.ExitError",
			message: "Error: Runtime exited with error: exit status 3"},
		{name: "the function takes too long", event: `{"do":"sleep","for":60000000000}`, edit: func(f *lambda.Function) { f.Timeout = 2 },
			errorType: "Sandbox.Timedout", message: "Error: Task timed out after 2.00 seconds"},
		{name: "the function uses too much memory", event: `{"do":"allocate","bytes":314572800}`, errorType: "Runtime.OutOfMemory",
			message: "Error: Runtime exited with error: signal: killed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 2)
			w.create(t, c.edit)
			_, before := w.invoke(t, `{}`)
			result, _ := w.invoke(t, c.event)
			assert.Equal(t, lambda.Unhandled, result.FunctionError)
			assertFailure(t, result, c.errorType, c.message)
			assert.Equal(t, 1, w.sum(t, "Errors"))
			assert.Equal(t, 2, w.sum(t, "Invocations"))
			if c.survives {
				_, after := w.invoke(t, `{}`)
				assert.Equal(t, before.PID, after.PID)
				return
			}
			awaitExit(t, before.PID)
			_, after := w.invoke(t, `{}`)
			assert.Equal(t, 1, after.Count, "a new environment")
		})
	}
}

func TestAFunctionThatCannotStart(t *testing.T) {
	variable := func(value string) func(*lambda.Function) {
		return func(f *lambda.Function) {
			f.Environment = &lambda.Environment{Variables: map[string]string{"INIT": value}}
		}
	}
	cases := []struct {
		name      string
		edit      func(*lambda.Function)
		errorType string
		message   string
	}{
		{"exits before its first poll", variable("exit"), "Runtime.ExitError", "Error: Runtime exited with error: exit status 1"},
		{"reports an error of its init phase", variable("error"), "Config.Missing", "no configuration"},
		{"has no bootstrap", func(f *lambda.Function) { f.Code = packAs("main", program[:64], 0o755) }, "Runtime.InvalidEntrypoint",
			"Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"},
		{"has a bootstrap that is not executable", func(f *lambda.Function) { f.Code = pack(program[:64], 0o644) },
			"Runtime.InvalidEntrypoint", "Error: fork/exec /var/task/bootstrap: permission denied"},
		{"is built for another architecture than it declares", func(f *lambda.Function) { f.Code = pack(foreign()[:64], 0o755) },
			"Runtime.InvalidEntrypoint", "Error: fork/exec /var/task/bootstrap: exec format error"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.create(t, c.edit)
			result, _ := w.invoke(t, `{}`)
			assert.Equal(t, lambda.Unhandled, result.FunctionError)
			assertFailure(t, result, c.errorType, c.message)
		})
	}
}

// assertFailure compares an error payload; Lambda puts the request ID before its own messages.
func assertFailure(t *testing.T, result lambda.Result, errorType, message string) {
	t.Helper()
	var failure struct{ ErrorType, ErrorMessage string }
	require.NoError(t, json.Unmarshal(result.Payload, &failure))
	assert.Equal(t, errorType, failure.ErrorType)
	assert.Equal(t, message, strings.TrimPrefix(failure.ErrorMessage, "RequestId: "+result.RequestID+" "))
}

// foreign is the program with the ELF machine of an architecture this machine does not have.
func foreign() []byte {
	machine := map[string]uint16{"amd64": 183, "arm64": 62}[runtime.GOARCH] // EM_AARCH64, EM_X86_64
	other := slices.Clone(program)
	binary.LittleEndian.PutUint16(other[18:], machine)
	return other
}

func TestAFunctionLogsToItsGroup(t *testing.T) {
	w := newWorld(t, 1)
	w.create(t, nil)
	result, _ := w.invoke(t, `{"do":"print","line":"{\"level\":\"INFO\",\"msg\":\"probed\"}"}`)
	_, _ = w.invoke(t, `{}`)
	lines := w.lines(t, logGroup)
	require.Len(t, lines, 5)
	for _, line := range lines {
		assert.Equal(t, lines[0].Stream, line.Stream, "one stream per environment")
		assert.Regexp(t, `^\d{4}/\d\d/\d\d/health-check\[\$LATEST\][0-9a-f]{32}$`, line.Stream)
	}
	assert.JSONEq(t, `{"level":"INFO","msg":"probed"}`, lines[1].Message)
	cold, warm := parseReport(t, lines[2].Message), parseReport(t, lines[4].Message)
	assert.Equal(t, "platform.report", cold.Type)
	assert.Equal(t, result.RequestID, cold.Record.RequestID)
	assert.Equal(t, "success", cold.Record.Status)
	assert.Positive(t, cold.Record.Metrics.DurationMs)
	assert.Positive(t, cold.Record.Metrics.InitDurationMs)
	assert.Zero(t, warm.Record.Metrics.InitDurationMs)
	assert.Equal(t, 128, cold.Record.Metrics.MemorySizeMB)
	assert.True(t, 1 <= cold.Record.Metrics.MaxMemoryUsedMB && cold.Record.Metrics.MaxMemoryUsedMB < 64, lines[2].Message)
	assert.Equal(t, strings.Join([]string{lines[0].Message, lines[1].Message, lines[2].Message, ""}, "\n"), string(result.LogTail))
}

type report struct {
	Type   string
	Record struct {
		RequestID, Status string
		Metrics           struct {
			DurationMs, InitDurationMs    float64
			MemorySizeMB, MaxMemoryUsedMB int
		}
	}
}

func parseReport(t *testing.T, line string) (r report) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(line), &r), line)
	return r
}

func TestTextLogsHaveLambdasLines(t *testing.T) {
	w := newWorld(t, 1)
	group := "/aws/lambda/health-check" // the default
	_, err := w.logs.CreateGroup(logs.Group{Name: group})
	require.NoError(t, err)
	w.allow(t, "logs:*", w.env.ARN("logs", "log-group:"+group+":*"))
	w.create(t, func(f *lambda.Function) { f.Logging = nil })
	result, _ := w.invoke(t, `{"do":"exit"}`)
	lines := w.lines(t, group)
	require.Len(t, lines, 3)
	assert.Equal(t, "START RequestId: "+result.RequestID+" Version: $LATEST", lines[0].Message)
	assert.Equal(t, "END RequestId: "+result.RequestID, lines[1].Message)
	assert.Regexp(t, `^REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t`+
		`Max Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\tStatus: error\tError Type: Runtime.ExitError$`, lines[2].Message)
}

// Lambda writes with the function's permissions: without them the lines are lost, silently.
func TestARoleThatMayNotLogLosesItsLines(t *testing.T) {
	w := newWorld(t, 1)
	for _, p := range w.iam.RolePolicies("monitor") {
		require.NoError(t, w.iam.DeleteRolePolicy("monitor", p.Name))
	}
	w.create(t, nil)
	result, _ := w.invoke(t, `{"do":"print","line":"hello"}`)
	assert.Empty(t, w.lines(t, logGroup))
	assert.Contains(t, string(result.LogTail), "hello\n")
}

func TestEmbeddedMetricsReachCloudWatch(t *testing.T) {
	w := newWorld(t, 1)
	w.create(t, nil)
	line, err := json.Marshal(map[string]any{"AGE": 7, "Observer": "us-east-1", "_aws": map[string]any{
		"Timestamp": w.env.Now().UnixMilli(), "CloudWatchMetrics": []any{map[string]any{"Namespace": "Test",
			"Dimensions": [][]string{{"Observer"}}, "Metrics": []any{map[string]string{"Name": "AGE", "Unit": "Seconds"}}}}}})
	require.NoError(t, err)
	event, err := json.Marshal(map[string]string{"do": "print", "line": string(line)})
	require.NoError(t, err)
	_, _ = w.invoke(t, string(event))
	assert.Equal(t, []cloudwatch.Metric{{Namespace: "Test", Name: "AGE", Dimensions: map[string]string{"Observer": "us-east-1"}}},
		w.cloudwatch.ListMetrics("Test"))
}

func TestWhatAFunctionPrintsBeforeItDiesIsLogged(t *testing.T) {
	w := newWorld(t, 1)
	w.create(t, func(f *lambda.Function) {
		f.Environment = &lambda.Environment{Variables: map[string]string{"INIT": "exit"}}
	})
	result, _ := w.invoke(t, `{}`)
	assert.Contains(t, string(result.LogTail), "cannot begin\n")
}

func TestCloseLeavesNoProcess(t *testing.T) {
	w := newWorld(t, 1)
	w.create(t, nil)
	_, idle := w.invoke(t, `{"do":"spawn"}`)
	require.True(t, alive(idle.PID) && alive(idle.Child))
	working := make(chan error, 1)
	go func() {
		_, err := w.lambda.Invoke(context.Background(), w.iam.Admin().Principal, "health-check", []byte(`{"do":"sleep","for":60000000000}`), nil)
		working <- err
	}()
	require.Eventually(t, func() bool { return w.statistic(t, "ConcurrentExecutions").SampleCount == 2 }, 10*time.Second, time.Millisecond)
	w.lambda.Close()
	require.Error(t, <-working)
	assert.False(t, alive(idle.PID))
	awaitExit(t, idle.Child) // the grandchild's parent is init now, which reaps it
	_, err := w.lambda.Invoke(context.Background(), w.iam.Admin().Principal, "health-check", nil, nil)
	assert.ErrorContains(t, err, "shut down")
}

const sandboxToKill = "LAMBDA_TEST_SANDBOX_TO_KILL"

// The kernel ends the function processes of a sandbox that is killed and can do nothing itself any more.
func TestAKilledSandboxLeavesNoProcess(t *testing.T) {
	code := t.TempDir() + "/bootstrap"
	require.NoError(t, os.WriteFile(code, program, 0o600))
	require.NoError(t, os.Mkdir(code+".d", 0o700))
	sandbox := exec.Command(os.Args[0])
	sandbox.Env = append(os.Environ(), sandboxToKill+"="+code)
	out, err := sandbox.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, sandbox.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err)
	require.True(t, alive(pid))
	require.NoError(t, sandbox.Process.Signal(syscall.SIGKILL))
	_ = sandbox.Wait() // killed
	awaitExit(t, pid)
}

// beKilled is the sandbox of TestAKilledSandboxLeavesNoProcess: it prints the function's process ID and waits.
func beKilled() {
	var err error
	if program, err = os.ReadFile(os.Getenv(sandboxToKill)); err != nil {
		panic(err)
	}
	var t fatal
	w := newWorld(&t, 1)
	w.create(&t, nil)
	_, a := w.invoke(&t, `{}`)
	fmt.Println(a.PID)
	select {}
}

// fatal stands in for a test outside of one.
type fatal struct{ testing.TB }

func (*fatal) Helper()                           {}
func (*fatal) Cleanup(func())                    {}
func (*fatal) TempDir() string                   { return os.Getenv(sandboxToKill) + ".d" }
func (*fatal) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (*fatal) FailNow()                          { panic("failed") }
