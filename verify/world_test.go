package verify

import (
	"bytes"
	"context"
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

	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/api"
	"aurora-dsql-dr/sandbox/authority"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
	"aurora-dsql-dr/sandbox/route53"
	"aurora-dsql-dr/sandbox/scheduler"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
	"aurora-dsql-dr/sandbox/stepfunctions"
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

// newWorld is one whose clusters have no endpoints.
func newWorld(t *testing.T) *world {
	t.Helper()
	return pointedAt(t, aws.NewAccount(options()))
}

// newWorldWithSQL is one in which every claim can be asked.
func newWorldWithSQL(t *testing.T) *world {
	t.Helper()
	account, err := aws.Open(t.Context(), options(), postgrestest.Start(t), trusted)
	require.NoError(t, err)
	return pointedAt(t, account)
}

// options are of an account whose clusters are CREATING for a second of the wall's, so that it can be seen.
func options() aws.Options {
	return aws.Options{Clock: clock.New(speed), Regions: regions, ClusterDelay: speed * time.Second}
}

func pointedAt(t *testing.T, account *aws.Account) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), account: account}
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
func (w *world) run(args ...string) int { return w.command().Run(w.Context(), w.confirmed(args...)) }

// confirmed are arguments with the account's number, and where SQL is answered.
func (w *world) confirmed(args ...string) []string {
	var addresses []string
	for _, r := range w.account.Regions() {
		if r.SQL != nil {
			addresses = append(addresses, r.Name+"="+r.SQL.Addr())
		}
	}
	return append([]string{"-confirm", w.account.ID, "-sql", strings.Join(addresses, ",")}, args...)
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

// plant makes one of everything that claims make, as a run of this name would have left it.
func (w *world) plant(name string) {
	w.Helper()
	r := w.account.Region("us-east-2")
	threshold := 1.0
	_, errRole := w.account.IAM.CreateRole(iam.Role{Name: "left", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Service":["scheduler.amazonaws.com","states.amazonaws.com","lambda.amazonaws.com"]},
		"Action":"sts:AssumeRole"}}`})
	for what, leave := range map[string]func() error{
		"role": func() error { return errRole },
		"hosted zone": func() error {
			_, _, err := w.account.Route53.CreateZone("left.example.com", name, "")
			return err
		},
		"schedule": func() error {
			_, err := r.Scheduler.CreateSchedule(scheduler.Schedule{
				Name:               name,
				ScheduleExpression: "rate(1 day)",
				FlexibleTimeWindow: &scheduler.FlexibleTimeWindow{Mode: "OFF"},
				Target: scheduler.Target{
					Arn:     r.ARN("lambda", "function:none"),
					RoleArn: "arn:aws:iam::123456789012:role/left",
				},
			})
			return err
		},
		"schedule group": func() error {
			_, err := r.Scheduler.CreateGroup(scheduler.Group{Name: name})
			return err
		},
		"certificate": func() error {
			_, err := r.ACM.Request(acm.Certificate{
				DomainName:       name + ".example.com",
				ValidationMethod: "DNS",
				Tags:             map[string]string{"verify-aws": name},
			}, "")
			return err
		},
		"cluster": func() error {
			_, err := r.DSQL.CreateCluster(dsql.CreateClusterInput{
				Tags:                      map[string]string{"verify-aws": name},
				DeletionProtectionEnabled: new(true),
			})
			return err
		},
		"key": func() error {
			_, err := r.KMS.CreateKey(kms.Key{Description: name, Tags: map[string]string{"verify-aws": name}})
			return err
		},
		"function": func() error {
			_, err := r.Lambda.CreateFunction(lambda.Function{
				Name:    name,
				Role:    "arn:aws:iam::123456789012:role/left",
				Runtime: "provided.al2023",
				Handler: "bootstrap",
				Stub:    func(context.Context, []byte) ([]byte, error) { return nil, nil },
			})
			return err
		},
		"state machine": func() error {
			_, err := r.StepFunctions.CreateMachine(stepfunctions.Machine{
				Name:       name,
				RoleArn:    "arn:aws:iam::123456789012:role/left",
				Definition: `{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`,
			})
			return err
		},
		"health check": func() error {
			_, err := w.account.Route53.CreateHealthCheck(name, route53.Config{Type: "HTTPS", FQDN: "left.example.com"})
			return err
		},
		"backup vault": func() error {
			key, err := r.KMS.CreateKey(kms.Key{})
			if err == nil {
				_, err = r.Backup.CreateVault(backup.Vault{Name: name, KMSKeyArn: key.Arn})
			}
			return errors.Join(err, r.KMS.DeleteKey(key.KeyID))
		},
		"backup plan": func() error {
			_, err := r.Backup.CreatePlan(backup.Plan{Name: name, Rules: []backup.Rule{{Name: "r", VaultName: "Default"}}})
			return err
		},
		"topic": func() error {
			_, err := r.SNS.CreateTopic(sns.Topic{Name: name})
			return err
		},
		"queue": func() error {
			_, err := r.SQS.CreateQueue(sqs.Queue{Name: name})
			return err
		},
		"rule": func() error {
			_, err := r.Events.PutRule(events.Rule{Name: name, EventPattern: `{"source":["left"]}`})
			return err
		},
		"dashboard": func() error {
			// The account's on AWS, and here the region's that is asked for them.
			_, err := w.account.Region("us-east-1").CloudWatch.PutDashboard(cloudwatch.Dashboard{
				DashboardName: name,
				DashboardBody: `{"widgets":[]}`,
			})
			return err
		},
		"alarms": func() error {
			_, err := r.CloudWatch.PutMetricAlarm(cloudwatch.MetricAlarm{
				Name:               name + "-child",
				ComparisonOperator: "GreaterThanThreshold",
				Threshold:          &threshold,
				EvaluationPeriods:  1,
				Namespace:          "Left",
				MetricName:         "Silent",
				Statistic:          "Sum",
				Period:             60,
			})
			if err == nil {
				_, err = r.CloudWatch.PutCompositeAlarm(cloudwatch.CompositeAlarm{
					AlarmName: name,
					AlarmRule: "ALARM(" + name + "-child)",
				})
			}
			return err
		},
	} {
		require.NoError(w, leave(), what)
	}
}

// isEmpty wants nothing in the account but what every account has.
func (w *world) isEmpty() {
	w.Helper()
	assert.Empty(w, w.account.Route53.Zones())
	assert.Empty(w, w.account.Route53.HealthChecks())
	for _, c := range w.account.DSQL.Clusters() {
		assert.Equal(w, dsql.Deleting, c.Status, "%v", c.Tags)
	}
	for _, r := range w.account.Regions() {
		assert.Len(w, r.Scheduler.Groups(), 1, "the default group")
		schedules, err := r.Scheduler.Schedules("")
		assert.NoError(w, err)
		assert.Empty(w, schedules)
		assert.Empty(w, r.ACM.Certificates())
		assert.Empty(w, r.Lambda.Functions())
		assert.Empty(w, r.StepFunctions.Machines())
		assert.Empty(w, r.Backup.Vaults())
		assert.Empty(w, r.Backup.Plans())
		assert.Empty(w, r.SNS.Topics())
		assert.Empty(w, r.SQS.Queues())
		assert.Empty(w, r.CloudWatch.MetricAlarms())
		assert.Empty(w, r.CloudWatch.CompositeAlarms())
		assert.Empty(w, r.CloudWatch.Dashboards())
		rules, err := r.Events.Rules("")
		assert.NoError(w, err)
		assert.Empty(w, rules)
		for _, key := range r.KMS.Keys() {
			assert.True(w, key.Deleting() || r.KMS.Managed(key), key.Description)
		}
	}
}
