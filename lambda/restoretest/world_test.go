package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
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
	// roles is what the ARNs of roles begin with.
	roles = "arn:aws:iam::123456789012:role/"
	// latency is how long a call and its answer are on their way.
	latency = 10 * time.Millisecond
)

// world is the stack's clusters with a recovery point and its twin, and the function in us-east-1 with the permissions
// and the state machine that components/backups gives it. It lives in a bubble of testing/synctest: hours take
// milliseconds, and nothing in it listens.
type world struct {
	*testing.T
	account *sandboxaws.Account
	names   *strings.Replacer // from the names in components/backups' documents to those that are here
	tester  *restore.Tester
	machine string
	stack   []string // clusters
	point   string
	// moment is told of what is about to happen or has just happened, as "before DeleteCluster"; an error keeps it from
	// going on.
	moment func(ctx context.Context, moment string) error
}

// newWorld is one whose machine has a definition.
func newWorld(t *testing.T, definition string) *world {
	t.Helper()
	w := &world{T: t, account: sandboxaws.NewAccount(sandboxaws.Options{
		Clock:        clock.New(1),
		Regions:      []string{east, ohio},
		ClusterDelay: 2 * time.Second,
		Backup: backup.Durations{
			Start:   5 * time.Second,
			Backup:  30 * time.Second,
			Copy:    30 * time.Second,
			Restore: 30 * time.Second,
		},
	})}
	t.Cleanup(func() { assert.NoError(t, w.account.Close()) })
	w.moment = func(context.Context, string) error { return nil }
	w.deploy()
	machine, err := w.account.Region(east).StepFunctions.CreateMachine(stepfunctions.Machine{
		Name:       "m",
		Definition: definition,
		RoleArn:    roles + "states",
	})
	require.NoError(t, err)
	w.machine = machine.Arn
	w.configure()
	w.backUp()
	return w
}

// deploy makes what the stack has, by the names that components/backups' documents give it.
func (w *world) deploy() {
	w.Helper()
	keys := map[string]string{}
	for region, vault := range map[string]string{east: "vault", ohio: "twins"} {
		r := w.account.Region(region)
		key, err := r.KMS.CreateKey(kms.Key{})
		require.NoError(w, err)
		keys[vault] = key.KeyID
		_, err = r.Backup.CreateVault(backup.Vault{Name: vault, KMSKeyArn: key.Arn})
		require.NoError(w, err)
	}
	made, err := w.account.DSQL.Restore(dsql.RestoreInput{
		Witness: "us-west-2",
		Clusters: []dsql.RestoredCluster{
			{Region: east, DeletionProtection: true}, {Region: ohio, DeletionProtection: true},
		},
	})
	require.NoError(w, err)
	w.account.DSQL.Restored(made[0].ARN, made[1].ARN)
	w.stack = []string{made[0].ARN, made[1].ARN}
	w.names = strings.NewReplacer(
		"cluster/own", "cluster/"+made[0].Identifier, "cluster/other", "cluster/"+made[1].Identifier,
		"key/v", "key/"+keys["vault"], "key/t", "key/"+keys["twins"],
	)
	w.role("backups", "backup", "backup")
	w.role("tests", "backup", "restore")
	w.role("byhand", "backup", "restore")
	w.role("states", "states", "run")
	w.role("function", "lambda", "test", "look")
}

// document is one that components/backups renders, as it is held there.
func document(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "components", "backups", "testdata", name+".json"))
	require.NoError(t, err)
	return string(body)
}

// role makes a role of a service with policies.
func (w *world) role(name, service string, policies ...string) {
	w.Helper()
	_, err := w.account.IAM.CreateRole(iam.Role{Name: name, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"` + service + `.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	require.NoError(w, err)
	for _, policy := range policies {
		_, err = w.account.IAM.PutRolePolicy(iam.RolePolicy{
			Role:   name,
			Name:   policy,
			Policy: w.names.Replace(document(w.T, policy)),
		})
		require.NoError(w, err)
	}
}

// configure makes the function as main does.
func (w *world) configure() {
	w.Helper()
	topic, err := w.account.Region(east).SNS.CreateTopic(sns.Topic{Name: "alerts"})
	require.NoError(w, err)
	settings, err := json.Marshal(contract.RestoreSettings{
		Clusters:   w.stack,
		Vault:      "vault",
		PeerRegion: ohio,
		PeerVault:  "twins",
		Witness:    "us-west-2",
		RoleARN:    roles + "tests",
		TopicARN:   topic.Arn,
	})
	require.NoError(w, err)
	variables := map[string]string{"AWS_REGION": east, contract.EnvRestore: string(settings)}
	e, err := env.ParseRestoreTest(func(key string) (string, bool) { value, ok := variables[key]; return value, ok })
	require.NoError(w, err)
	w.tester = configure(e, aws.Config{
		Region:       east,
		BaseEndpoint: aws.String("http://sandbox"),
		HTTPClient:   &http.Client{Transport: network{w, api.New(api.Config{Account: w.account})}},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			session, err := w.account.IAM.AssumeRole("lambda.amazonaws.com", roles+"function", "restoretest")
			return aws.Credentials{
				AccessKeyID:     session.AccessKeyID,
				SecretAccessKey: session.SecretAccessKey,
				SessionToken:    session.SessionToken,
			}, err
		}),
	}, slog.New(slog.DiscardHandler))
	w.tester.Metrics = io.Discard
}

// network takes requests to the account without a socket, which no bubble may wait for.
type network struct {
	*world
	face http.Handler
}

func (n network) RoundTrip(r *http.Request) (*http.Response, error) {
	call := awsmiddleware.GetOperationName(r.Context())
	var sent bytes.Buffer
	if err := r.Write(&sent); err != nil {
		return nil, err
	}
	if err := n.moment(r.Context(), "before "+call); err != nil {
		return nil, err
	}
	received, err := http.ReadRequest(bufio.NewReader(&sent))
	if err != nil {
		return nil, err
	}
	time.Sleep(latency)
	answer := httptest.NewRecorder()
	n.face.ServeHTTP(answer, received)
	time.Sleep(latency)
	if err := n.moment(r.Context(), "after "+call); err != nil {
		return nil, err
	}
	return answer.Result(), nil
}

// backUp makes a recovery point and its twin.
func (w *world) backUp() {
	w.Helper()
	service := w.account.Region(east).Backup
	_, err := service.StartBackup(backup.Job{
		VaultName:   "vault",
		ResourceArn: w.stack[0],
		RoleArn:     roles + "backups",
		Copies:      []backup.CopyAction{{VaultArn: w.account.Region(ohio).ARN("backup", "backup-vault:twins")}},
	}, 0, 0, "")
	require.NoError(w, err)
	w.eventually("there is a twin", func() bool {
		return len(w.account.Region(ohio).Backup.PointsOfResource(w.stack[0])) == 1
	})
	w.point = service.PointsOfResource(w.stack[0])[0].Arn
}

// restoreByHand restores the point as `make restore` does, with a role that is not the tests'.
func (w *world) restoreByHand() {
	w.Helper()
	service := w.account.Region(east).Backup
	job, err := service.StartRestore(backup.RestoreJob{
		PointArn: w.point,
		RoleArn:  roles + "byhand",
		Target:   backup.Target{Clusters: []backup.TargetCluster{{Region: east}}},
	}, "")
	require.NoError(w, err)
	w.eventually("it is restored by hand", func() bool {
		job, err = service.RestoreJob(job.ID)
		require.NoError(w, err)
		return job.State == backup.Completed
	})
}

// eventually looks every second whether something holds.
func (w *world) eventually(what string, holds func() bool) {
	w.Helper()
	for begun := time.Now(); !holds(); time.Sleep(time.Second) {
		require.Less(w, time.Since(begun), time.Hour, what)
	}
}

// clusters are those of both regions.
func (w *world) clusters() []dsql.Cluster { return w.account.DSQL.Clusters() }
