package console

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal"
	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/report"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/logs"
)

const (
	east = "us-east-1"
	ohio = "us-east-2"
	west = "us-west-2"
)

// scene is an account with three observers, two clusters and a console.
type scene struct {
	*Console
	account *aws.Account
	faults  *recorder
	calm    chan error // ends the rehearsal that runs
}

func newScene(t *testing.T) *scene {
	t.Helper()
	return newSceneWith(t, briefly)
}

// newSceneWith is one whose AWS Backup takes its time.
func newSceneWith(t *testing.T, jobs backup.Durations) *scene {
	t.Helper()
	clk := clock.New(1)
	account := aws.NewAccount(aws.Options{Clock: clk, Regions: []string{east, ohio, west}, Backup: jobs})
	t.Cleanup(func() { assert.NoError(t, account.Close()) })
	clusters := map[string]string{}
	for _, region := range []string{east, ohio} {
		cluster, err := account.Region(region).DSQL.CreateCluster(dsql.CreateClusterInput{})
		require.NoError(t, err)
		clusters[region] = cluster.ARN
	}
	role, err := account.IAM.CreateRole(iam.Role{Name: "monitor",
		AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	require.NoError(t, err)
	monitors := map[string]string{}
	for _, r := range account.Regions() {
		monitors[r.Name] = "monitor-" + r.Name
		_, err := r.Logs.CreateGroup(logs.Group{Name: group(r.Name)})
		require.NoError(t, err)
		for _, name := range []string{"another", monitors[r.Name]} {
			_, err = r.Lambda.CreateFunction(lambda.Function{
				Name:        name,
				Role:        role.Arn,
				Runtime:     "provided.al2023",
				Handler:     "bootstrap",
				Code:        emptyPackage(t),
				Environment: &lambda.Environment{Variables: map[string]string{"SCHEDULE": "1m", "PROBE_INTERVAL": "15s"}},
				Logging:     &lambda.LoggingConfig{LogGroup: group(r.Name), LogFormat: "JSON"},
			})
			require.NoError(t, err)
		}
	}
	s := &scene{account: account, faults: &recorder{now: clk.Now}, calm: make(chan error)}
	s.Console, err = Start(Config{
		Account:  account,
		Regions:  [3]string{east, ohio, west},
		Monitors: monitors,
		Clusters: clusters,
		Faults:   s.faults,
		Rehearsals: []*script.Rehearsal{
			{
				Name:          "calm",
				Title:         "Nothing happens",
				ProbeInterval: 15 * time.Second,
			}, {Name: "hasty", Title: "For others", ProbeInterval: 5 * time.Second}},
		Hold: s.holdCalm,
	}, "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// holdCalm is a rehearsal that lasts until it is told to end.
func (s *scene) holdCalm(ctx context.Context, r *script.Rehearsal, opts rehearsal.Options) (*report.Report, error) {
	for _, source := range []chronicle.Source{chronicle.Rehearsal, chronicle.Told, chronicle.Client} {
		text := "by " + string(source)
		opts.Progress(chronicle.Remark(s.account.Clock.Now(), source, chronicle.Note, text))
	}
	select {
	case err := <-s.calm:
		check := report.Check{
			Name:   "detect",
			Want:   "within 40s",
			Got:    "31s",
			Passed: true,
		}
		return &report.Report{
			Rehearsal: r,
			Passed:    true,
			Score:     93,
			Checks:    []report.Check{check},
		}, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func group(region string) string { return "/functions/" + region }

func emptyPackage(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	header := &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	_, err := w.CreateHeader(header)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// log writes a line as an observer's function does.
func (s *scene) log(t *testing.T, region string, record map[string]any) {
	t.Helper()
	line, err := json.Marshal(record)
	require.NoError(t, err)
	require.NoError(
		t,
		s.account.Region(region).Logs.Write(
			s.account.IAM.Admin().Principal,
			group(region),
			"s",
			s.account.Clock.Now(),
			string(line),
		),
	)
}

// token is the page's token, as its script reads it.
func (s *scene) pageToken(t *testing.T) string {
	t.Helper()
	_, _, page := s.get(t, "")
	form := regexp.MustCompile(`<meta name="console-token" content="(\w+)" data-header="X-Console-Token">`)
	m := form.FindStringSubmatch(page)
	require.NotNil(t, m, "the page holds its token")
	return m[1]
}

func (s *scene) get(t *testing.T, path string) (status int, header http.Header, text string) {
	t.Helper()
	response, err := http.Get(s.URL + path)
	require.NoError(t, err)
	defer response.Body.Close()
	return response.StatusCode, response.Header, body(t, response)
}

// post sends a request as the page does, changed by edit.
func (s *scene) post(t *testing.T, path, request string, edit func(*http.Request)) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(request))
	require.NoError(t, err)
	r.Header.Set("Origin", strings.TrimSuffix(s.URL, "/"))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(tokenHeader, s.pageToken(t))
	if edit != nil {
		edit(r)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	return response.StatusCode, body(t, response)
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(text)
}

// recorder injects nothing and remembers what it was asked for.
type recorder struct {
	now func() time.Time

	mu     sync.Mutex
	last   int
	active []fault.Active
}

var errNoSuchFault = errors.New(`fault "meteor" is unknown: want one of region-lost`)

func (r *recorder) Active() []fault.Active {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]fault.Active{}, r.active...)
}

func (r *recorder) Inject(spec fault.Spec) (func() error, error) {
	if spec.Name == "meteor" {
		return nil, errNoSuchFault
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	r.active = append(r.active, fault.Active{ID: r.last, Spec: spec, Since: r.now()})
	return func() error { return nil }, nil
}

func (r *recorder) Undo(id int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active = slices.DeleteFunc(r.active, func(f fault.Active) bool { return f.ID == id })
	return nil
}

func (r *recorder) UndoAll() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active = nil
	return nil
}
