package verify

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/api"
	"aurora-dsql-dr/sandbox/authority"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
)

var regions = []string{"us-east-1", "us-east-2", "us-west-2"}

// speed makes minutes of the account's pass in seconds.
const speed = 20

// trusted signs the certificates of all sandboxes: a process reads once whom it trusts.
var trusted *authority.CA

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "verify-")
	if err == nil {
		trusted, err = authority.New()
	}
	file := filepath.Join(dir, "ca.pem")
	if err == nil {
		err = errors.Join(os.WriteFile(file, trusted.PEM(), 0o600), os.Setenv("SSL_CERT_FILE", file))
	}
	if err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// world is a second sandbox, at which the command is pointed.
type world struct {
	*testing.T
	account   *aws.Account
	dir       string
	out, errs bytes.Buffer
	forward   http.Handler
	// interfere may answer a request in the sandbox's place.
	mu        sync.Mutex
	interfere func(http.ResponseWriter, *http.Request) bool
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir()}
	var err error
	w.account, err = aws.Open(t.Context(), aws.Options{Clock: clock.New(speed), Regions: regions},
		postgrestest.Start(t), trusted)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, w.account.Close()) })
	endpoint, stop, err := api.New(api.Config{Account: w.account}).Listen("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(stop)
	t.Setenv("AWS_ENDPOINT_URL", w.proxy(endpoint))
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(w.dir, "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(w.dir, "none"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	w.be(w.account.IAM.Admin())
	docs, err := filepath.Abs("../docs")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(docs, filepath.Join(w.dir, "docs")))
	return w
}

// proxy stands before the sandbox, for tests in which it answers otherwise.
func (w *world) proxy(endpoint string) string {
	target, err := url.Parse(endpoint)
	require.NoError(w, err)
	w.forward = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // it is signed
	}}
	server := httptest.NewServer(http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		interfere := w.interfere
		w.mu.Unlock()
		if interfere == nil || !interfere(to, r) {
			w.forward.ServeHTTP(to, r)
		}
	}))
	w.Cleanup(server.Close)
	return server.URL
}

// answering lets a function answer in the sandbox's place.
func (w *world) answering(interfere func(http.ResponseWriter, *http.Request) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.interfere = interfere
}

// be gives the command these credentials.
func (w *world) be(c iam.Credentials) {
	w.Setenv("AWS_ACCESS_KEY_ID", c.AccessKeyID)
	w.Setenv("AWS_SECRET_ACCESS_KEY", c.SecretAccessKey)
	w.Setenv("AWS_SESSION_TOKEN", c.SessionToken)
}

// command is the command with an environment in which nothing is set.
func (w *world) command() Command {
	return Command{
		Dir:      w.dir,
		Env:      func(string) string { return "" },
		Out:      &w.out,
		Err:      &w.errs,
		Interval: 20 * time.Millisecond,
		Revision: "abc",
	}
}

// run runs the command, confirmed.
func (w *world) run(args ...string) int {
	return w.command().Run(w.Context(), append([]string{"-confirm", w.account.ID}, args...))
}

// reported reads the one report that there is.
func (w *world) reported(ending string) string {
	w.Helper()
	found, err := filepath.Glob(filepath.Join(w.dir, "build", "verify-aws", "*"+ending))
	require.NoError(w, err)
	require.Len(w, found, 1)
	body, err := os.ReadFile(found[0])
	require.NoError(w, err)
	return string(body)
}

// line is the line of a text that has these words.
func line(text, words string) string {
	for l := range strings.Lines(text) {
		if strings.Contains(l, words) {
			return l
		}
	}
	return ""
}

// isEmpty wants nothing in the account but what every account has.
func (w *world) isEmpty() {
	w.Helper()
	assert.Empty(w, w.account.Route53.Zones())
	for _, r := range w.account.Regions() {
		assert.Len(w, r.Scheduler.Groups(), 1, "the default group")
		assert.Empty(w, r.ACM.Certificates())
	}
}
