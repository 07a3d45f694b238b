package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/restore"
	"aurora-dsql-dr/sandbox/api"
	sandboxaws "aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

const (
	east, ohio = "us-east-1", "us-east-2"
	// policy is what the package's comment says, for whom it may restore as, and for the stack's clusters.
	policy = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Resource":"*","Action":["backup:ListRecoveryPointsByBackupVault","states:ListExecutions",
			"states:DescribeStateMachine","backup:StartRestoreJob","dsql:UpdateCluster","dsql:AddPeerCluster",
			"dsql:RemovePeerCluster","backup:DescribeRestoreJob","backup:ListRestoreJobs","dsql:GetCluster","dsql:DeleteCluster",
			"sns:Publish","kms:GenerateDataKey*","kms:Decrypt"]},
		{"Effect":"Allow","Resource":"arn:aws:iam::123456789012:role/tests","Action":"iam:PassRole",
			"Condition":{"StringEquals":{"iam:PassedToService":"backup.amazonaws.com"}}},
		{"Effect":"Deny","Resource":["STACK"],"Action":["dsql:UpdateCluster","dsql:DeleteCluster"]}]}`
	waits = `{"StartAt":"Rest","States":{"Rest":{"Type":"Wait","Seconds":3600,"Next":"Done"},"Done":{"Type":"Succeed"}}}`
)

// world is the stack's clusters with a recovery point and its twin, and the function in us-east-1.
type world struct {
	t       *testing.T
	account *sandboxaws.Account
	tester  *restore.Tester
	machine string
	stack   []string // clusters
	point   string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	const moment = time.Millisecond
	w := &world{t: t, account: sandboxaws.NewAccount(sandboxaws.Options{
		Clock:        clock.New(1),
		Regions:      []string{east, ohio},
		ClusterDelay: moment,
		Backup:       backup.Durations{Start: moment, Backup: moment, Copy: moment, Restore: moment},
	})}
	t.Cleanup(func() { assert.NoError(t, w.account.Close()) })
	endpoint, stop, err := api.New(api.Config{Account: w.account}).Listen("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(stop)
	for _, region := range w.account.Regions() {
		key, err := region.KMS.CreateKey(kms.Key{})
		require.NoError(t, err)
		_, err = region.Backup.CreateVault(backup.Vault{Name: "vault", KMSKeyArn: key.Arn})
		require.NoError(t, err)
	}
	made, err := w.account.DSQL.Restore(dsql.RestoreInput{
		Witness:  "us-west-2",
		Clusters: []dsql.RestoredCluster{{Region: east}, {Region: ohio}},
	})
	require.NoError(t, err)
	w.account.DSQL.Restored(made[0].ARN, made[1].ARN)
	w.stack = []string{made[0].ARN, made[1].ARN}
	jobs := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dsql:*","backup:*"],"Resource":"*"}]}`
	w.role("tests", "backup", jobs)
	w.role("byhand", "backup", jobs)
	w.role("states", "states", strings.ReplaceAll(jobs, "backup", "lambda"))
	function := w.role("function", "lambda", strings.ReplaceAll(policy, "STACK", strings.Join(w.stack, `","`)))
	machine, err := w.account.Region(east).StepFunctions.CreateMachine(stepfunctions.Machine{
		Name:       "restore-test",
		Definition: waits,
		RoleArn:    "arn:aws:iam::123456789012:role/states",
	})
	require.NoError(t, err)
	w.machine = machine.Arn
	w.backUp()
	w.wire(endpoint, function)
	return w
}

func (w *world) role(name, service, document string) (arn string) {
	w.t.Helper()
	role, err := w.account.IAM.CreateRole(iam.Role{Name: name, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"` + service + `.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	require.NoError(w.t, err)
	_, err = w.account.IAM.PutRolePolicy(iam.RolePolicy{Role: name, Name: "access", Policy: document})
	require.NoError(w.t, err)
	return role.Arn
}

// backUp makes a recovery point and its twin.
func (w *world) backUp() {
	w.t.Helper()
	service := w.account.Region(east).Backup
	_, err := service.StartBackup(backup.Job{
		VaultName:   "vault",
		ResourceArn: w.stack[0],
		RoleArn:     "arn:aws:iam::123456789012:role/tests",
		Copies:      []backup.CopyAction{{VaultArn: w.account.Region(ohio).ARN("backup", "backup-vault:vault")}},
	}, 0, 0, "")
	require.NoError(w.t, err)
	w.eventually("there is a twin", func() bool {
		twins := w.account.Region(ohio).Backup.PointsOfResource(w.stack[0])
		return len(twins) == 1
	})
	w.point = service.PointsOfResource(w.stack[0])[0].Arn
}

// readers sends bodies by their Read alone: the SDK's WriteTo fails once the SDK has closed them, which as fast as a
// loopback server answers may be too early.
type readers struct{}

func (readers) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r = r.WithContext(r.Context())
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return http.DefaultTransport.RoundTrip(r)
}

// wire makes the function as main does.
func (w *world) wire(endpoint, role string) {
	w.t.Helper()
	topic, err := w.account.Region(east).SNS.CreateTopic(sns.Topic{Name: "alerts"})
	require.NoError(w.t, err)
	session, err := w.account.IAM.AssumeRole("lambda.amazonaws.com", role, "restoretest")
	require.NoError(w.t, err)
	settings, err := json.Marshal(contract.RestoreSettings{
		Clusters:   w.stack,
		Vault:      "vault",
		PeerRegion: ohio,
		PeerVault:  "vault",
		Witness:    "us-west-2",
		RoleARN:    "arn:aws:iam::123456789012:role/tests",
		TopicARN:   topic.Arn,
	})
	require.NoError(w.t, err)
	variables := map[string]string{"AWS_REGION": east, contract.EnvRestore: string(settings)}
	e, err := env.ParseRestoreTest(func(key string) (string, bool) { value, ok := variables[key]; return value, ok })
	require.NoError(w.t, err)
	w.tester = configure(e, aws.Config{
		Region:       east,
		BaseEndpoint: &endpoint,
		HTTPClient:   &http.Client{Transport: readers{}},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{
				AccessKeyID:     session.AccessKeyID,
				SecretAccessKey: session.SecretAccessKey,
				SessionToken:    session.SessionToken,
			}, nil
		}),
	}, slog.New(slog.DiscardHandler))
	w.tester.Metrics = io.Discard
}

func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	require.Eventually(w.t, holds, time.Minute, 5*time.Millisecond, what)
}

// step makes one.
func (w *world) step(step string, test contract.RestoreTest) contract.RestoreTest {
	w.t.Helper()
	after, err := w.tester.Run(w.t.Context(), contract.RestoreTestEvent{Step: step, Test: test})
	require.NoError(w.t, err, step)
	return after
}

// restore goes as far as the completed restore.
func (w *world) restore(name string, pair bool) contract.RestoreTest {
	w.t.Helper()
	test := w.step(contract.StepFind, contract.RestoreTest{
		Machine:   w.machine,
		Execution: name,
		Started:   time.Now(),
		Pair:      pair,
	})
	test = w.step(contract.StepStart, test)
	w.eventually("the restore is completed", func() bool {
		test = w.step(contract.StepPoll, test)
		return test.JobState == contract.RestoreCompleted
	})
	return test
}

// clusters are how many there are in both regions.
func (w *world) clusters() int {
	n := 0
	for _, region := range []string{east, ohio} {
		n += len(w.account.DSQL.Region(region).ListClusters())
	}
	return n
}

func TestARestoreTestInTheSandboxLeavesNothing(t *testing.T) {
	w := newWorld(t)
	for _, pair := range []bool{false, true} {
		test := w.restore(map[bool]string{true: "pair", false: "single"}[pair], pair)
		assert.Equal(t, w.point, test.Point.ARN)
		assert.Len(t, test.Restored, map[bool]int{true: 2, false: 1}[pair])
		again := w.step(contract.StepStart, test)
		assert.Equal(t, test.JobID, again.JobID, "a repeated start finds the restore that runs")
		test.Restored, test.JobID = nil, "" // what a killed step would have told
		w.eventually("everything is gone", func() bool {
			test = w.step(contract.StepCleanUp, test)
			return test.Gone
		})
		assert.Equal(t, 2, w.clusters(), "the stack's own")
		test = w.step(contract.StepReport, test)
		assert.Equal(t, contract.RestoreTestFailed, test.Result, "nothing was verified")
	}
}

func TestTheSweepInTheSandboxTakesLeftoversOfTestsAlone(t *testing.T) {
	w := newWorld(t)
	service := w.account.Region(east).Backup
	byHand, err := service.StartRestore(backup.RestoreJob{
		PointArn: w.point,
		RoleArn:  "arn:aws:iam::123456789012:role/byhand",
		Target:   backup.Target{Clusters: []backup.TargetCluster{{Region: east}}},
	}, "")
	require.NoError(t, err)
	w.eventually("it is restored by hand", func() bool {
		job, err := service.RestoreJob(byHand.ID)
		require.NoError(t, err)
		return job.State == backup.Completed
	})
	test := w.restore("killed", true)
	machines := w.account.Region(east).StepFunctions
	running, err := machines.StartExecution(w.machine, "another", "{}")
	require.NoError(t, err)
	swept := contract.RestoreTest{Machine: w.machine}
	assert.False(t, w.step(contract.StepSweep, swept).Gone, "it may be the running one's")
	assert.Equal(t, 5, w.clusters())
	_, err = w.tester.Run(t.Context(), contract.RestoreTestEvent{Step: contract.StepFind, Test: test})
	assert.EqualError(t, err, "execution another is running: wait for its end, or stop it, and start another")

	_, err = machines.StopExecution(running.Arn, "", "")
	require.NoError(t, err)
	w.eventually("the sweep leaves nothing", func() bool { return w.step(contract.StepSweep, swept).Gone })
	assert.Equal(t, 3, w.clusters(), "the stack's own, and the one that was restored by hand")
}
