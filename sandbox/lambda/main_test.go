package lambda_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

const (
	account  = "111122223333"
	logGroup = "health-check-logs"
	trust    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// program is the built testdata/bootstrap, deployable its deployment package.
var (
	program    []byte
	deployable = sync.OnceValue(func() []byte { return pack(program, 0o755) })
)

func TestMain(m *testing.M) {
	if os.Getenv(sandboxToKill) != "" {
		beKilled()
		return
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bootstrap-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", path, "./testdata/bootstrap")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("go build ./testdata/bootstrap: %v\n%s", err, out))
	}
	if program, err = os.ReadFile(path); err != nil {
		panic(err)
	}
	return m.Run()
}

// world is one region with a Lambda and what it relies on.
type world struct {
	env        *region.Env
	iam        *iam.Service
	logs       *logs.Service
	cloudwatch *cloudwatch.Service
	sqs        *sqs.Service
	lambda     *lambda.Service

	mu       sync.Mutex
	platform map[string]string
}

func newWorld(t testing.TB, speed float64) *world {
	t.Helper()
	clk := clock.New(speed)
	w := &world{env: region.New("us-east-1", account, clk), iam: iam.New(account, clk), platform: map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}}
	keys := kms.New(w.env, w.iam)
	w.sqs = sqs.New(w.env, w.iam)
	w.cloudwatch = cloudwatch.New(w.env, sns.New(w.env, w.iam, keys, w.sqs, &sns.Inbox{}))
	w.logs = logs.New(w.env, w.iam, w.cloudwatch)
	w.lambda = lambda.New(w.env, lambda.Deps{IAM: w.iam, Logs: w.logs, CloudWatch: w.cloudwatch, SQS: w.sqs, Dir: t.TempDir(),
		Platform: w.currentPlatform, ScaledVariables: []string{"PROBE_INTERVAL"}})
	t.Cleanup(w.lambda.Close)
	_, err := w.iam.CreateRole(iam.Role{Name: "monitor", AssumeRolePolicy: trust})
	require.NoError(t, err)
	_, err = w.logs.CreateGroup(logs.Group{Name: logGroup})
	require.NoError(t, err)
	w.allow(t, "logs:*", w.env.ARN("logs", "log-group:"+logGroup+":*"))
	return w
}

func (w *world) currentPlatform() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.platform
}

func (w *world) setPlatform(platform map[string]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.platform = platform
}

// allow gives the function's role an inline policy.
func (w *world) allow(t testing.TB, action, resource string) {
	t.Helper()
	_, err := w.iam.PutRolePolicy(iam.RolePolicy{Role: "monitor", Name: rand.Text(), Policy: fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%q,"Resource":%q}]}`, action, resource)})
	require.NoError(t, err)
}

// function is a valid function of the built program; edit may change it.
func function(edit func(*lambda.Function)) lambda.Function {
	f := lambda.Function{
		Name: "health-check", Role: "arn:aws:iam::" + account + ":role/monitor", Runtime: "provided.al2023", Handler: "bootstrap",
		Architectures: []string{hostArchitecture()}, Timeout: 60, Code: deployable(),
		Logging: &lambda.LoggingConfig{LogFormat: "JSON", LogGroup: logGroup},
	}
	if edit != nil {
		edit(&f)
	}
	return f
}

func (w *world) create(t testing.TB, edit func(*lambda.Function)) lambda.Function {
	t.Helper()
	f, err := w.lambda.CreateFunction(function(edit))
	require.NoError(t, err)
	return f
}

func hostArchitecture() string {
	return map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
}

// pack makes a deployment package with this bootstrap, stored rather than compressed: that is quicker to unpack.
func pack(bootstrap []byte, mode os.FileMode) []byte { return packAs("bootstrap", bootstrap, mode) }

func packAs(name string, body []byte, mode os.FileMode) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	header := &zip.FileHeader{Name: name}
	header.SetMode(mode)
	entry, err := z.CreateHeader(header)
	if err == nil {
		_, err = entry.Write(body)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		panic(err)
	}
	return b.Bytes()
}

// answer is what testdata/bootstrap returns.
type answer struct {
	PID, Child, Count         int
	Environ                   []string
	Left                      time.Duration
	RequestID, ARN, Directory string
}

func (w *world) invoke(t testing.TB, event string) (lambda.Result, answer) {
	t.Helper()
	result, err := w.lambda.Invoke(context.Background(), w.iam.Admin().Principal, "health-check", []byte(event), nil)
	require.NoError(t, err)
	var a answer
	if result.FunctionError == "" {
		require.NoError(t, json.Unmarshal(result.Payload, &a), "payload %s", result.Payload)
	}
	return result, a
}

// lines are what the function has logged to a group.
func (w *world) lines(t testing.TB, group string) []logs.Event {
	t.Helper()
	events, err := w.logs.Events(group, time.Time{})
	require.NoError(t, err)
	return events
}

// sum adds up a metric of the function that counts.
func (w *world) sum(t testing.TB, metric string) int {
	t.Helper()
	return int(w.statistic(t, metric).Sum)
}

func (w *world) statistic(t testing.TB, metric string) cloudwatch.Datapoint {
	t.Helper()
	points, err := w.cloudwatch.GetMetricStatistics(cloudwatch.Metric{Namespace: "AWS/Lambda", Name: metric,
		Dimensions: map[string]string{"FunctionName": "health-check"}},
		w.env.Now().Add(-24*time.Hour).Truncate(24*time.Hour), w.env.Now().Add(24*time.Hour), 48*time.Hour, "")
	require.NoError(t, err)
	total := cloudwatch.Datapoint{}
	for _, p := range points {
		total.Sum += p.Sum
		total.SampleCount += p.SampleCount
		total.Maximum = max(total.Maximum, p.Maximum)
	}
	return total
}

// awaitExit waits until a process is gone.
func awaitExit(t testing.TB, pid int) {
	t.Helper()
	assert.Eventually(t, func() bool { return !alive(pid) }, 10*time.Second, 2*time.Millisecond, "process %d still runs", pid)
}

// alive reports whether a process exists and is no zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	return fields[0] != "Z" && fields[0] != "X"
}
