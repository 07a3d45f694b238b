package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/api"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

const (
	primary   = "us-east-1"
	secondary = "us-east-2"
)

// world is an account behind the sandbox's AWS face whose jobs take no time, and a pulumi with the outputs and the
// state of a stack that has backups in it.
type world struct {
	*testing.T
	account *aws.Account
	pair    []dsql.Cluster // the primary's first
	role    string
	outputs map[string]any
	said    bytes.Buffer
	typed   string // what the person at the terminal answers
	files   string // where the pulumi has output.json and state.json
}

// script is a pulumi that has a stack in two files.
const script = `#!/bin/sh
case "$1 $2" in
"stack output") cat FILES/output.json ;;
"stack export") cat FILES/state.json ;;
*) echo "pulumi $*: not expected" >&2; exit 1 ;;
esac
`

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, files: t.TempDir()}
	instant := backup.Durations{
		Start:   time.Millisecond,
		Backup:  time.Millisecond,
		Copy:    time.Millisecond,
		Restore: time.Millisecond,
	}
	w.account = aws.NewAccount(aws.Options{
		Clock:        clock.New(1),
		Regions:      []string{primary, secondary},
		ClusterDelay: time.Millisecond,
		Backup:       instant,
	})
	t.Cleanup(func() { assert.NoError(t, w.account.Close()) })
	endpoint, stop, err := api.New(api.Config{Account: w.account}).Listen("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(stop)
	admin := w.account.IAM.Admin()
	t.Setenv("AWS_ENDPOINT_URL", endpoint)
	t.Setenv("AWS_ACCESS_KEY_ID", admin.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", admin.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", admin.SessionToken)
	program := strings.ReplaceAll(script, "FILES", w.files)
	require.NoError(t, os.WriteFile(filepath.Join(w.files, "pulumi"), []byte(program), 0o700))
	t.Setenv("PATH", w.files+string(os.PathListSeparator)+os.Getenv("PATH"))
	w.role = w.roleOf("backup", "dsql:*", "backup:*", "kms:*")
	w.deploy()
	return w
}

// roleOf makes a role of a service.
func (w *world) roleOf(service string, actions ...string) string {
	w.Helper()
	role, err := w.account.IAM.CreateRole(iam.Role{Name: service, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"` + service + `.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	require.NoError(w, err)
	list, err := json.Marshal(actions)
	require.NoError(w, err)
	_, err = w.account.IAM.PutRolePolicy(iam.RolePolicy{Role: role.Name, Name: "p", Policy: `{"Version":"2012-10-17",
		"Statement":[{"Effect":"Allow","Action":` + string(list) + `,"Resource":"*"}]}`})
	require.NoError(w, err)
	return role.Arn
}

// deploy makes a pair, vaults and plans, and writes them down as the stack's.
func (w *world) deploy() {
	w.Helper()
	var err error
	w.pair, err = w.account.DSQL.Restore(dsql.RestoreInput{
		Witness:  "us-west-2",
		Clusters: []dsql.RestoredCluster{{Region: primary}, {Region: secondary}},
	})
	require.NoError(w, err)
	w.account.DSQL.Restored(w.pair[0].ARN, w.pair[1].ARN)
	both := func(of func(i int, region string) string) map[string]string {
		return map[string]string{primary: of(0, primary), secondary: of(1, secondary)}
	}
	constant := func(value string) map[string]string { return both(func(int, string) string { return value }) }
	w.outputs = map[string]any{
		"regions":                map[string]string{"primary": primary, "secondary": secondary, "witness": "us-west-2"},
		"clusterIdentifiers":     both(func(i int, _ string) string { return w.pair[i].Identifier }),
		"clusterArns":            both(func(i int, _ string) string { return w.pair[i].ARN }),
		"clusterEndpoints":       both(func(i int, _ string) string { return w.pair[i].Identifier + ".example" }),
		"alertTopicArns":         constant("topic"),
		"alarmNames":             map[string][]string{},
		"dashboardUrl":           constant("url"),
		"monitorFunctionNames":   constant("monitor"),
		"backupVaultNames":       constant("vault"),
		"backupPlanIds":          both(w.plan),
		"backupRoleArns":         constant(w.role),
		"recoveryRoleArns":       constant(w.role),
		"restoreTestMachineArns": both(w.machine),
	}
	w.write("state.json", map[string]any{"version": 3, "deployment": map[string]any{"resources": w.resources()}})
}

// plan makes a region's vault and its plan.
func (w *world) plan(_ int, region string) string {
	w.Helper()
	r := w.account.Region(region)
	key, err := r.KMS.CreateKey(kms.Key{})
	require.NoError(w, err)
	_, err = r.Backup.CreateVault(backup.Vault{Name: "vault", KMSKeyArn: key.Arn})
	require.NoError(w, err)
	plan, err := r.Backup.CreatePlan(backup.Plan{Name: "plan", Rules: []backup.Rule{
		rule("monthly", "cron(0 3 1 * ? *)", 365),
		rule("daily", "cron(0 3 * * ? *)", 35),
	}})
	require.NoError(w, err)
	return plan.ID
}

func rule(name, schedule string, days int) backup.Rule {
	return backup.Rule{
		Name:      name,
		VaultName: "vault",
		Schedule:  schedule,
		Lifecycle: &backup.Lifecycle{DeleteAfter: days},
	}
}

// machine makes a region's state machine, which does what the function "restoretest" says.
func (w *world) machine(i int, region string) string {
	w.Helper()
	if i == 0 {
		w.roleOf("states", "lambda:InvokeFunction")
		w.roleOf("lambda", "logs:*")
	}
	made, err := w.account.Region(region).StepFunctions.CreateMachine(stepfunctions.Machine{
		Name:    "restore-test",
		RoleArn: "arn:aws:iam::123456789012:role/states",
		Definition: `{"StartAt":"Test","States":{
			"Test":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","OutputPath":"$.Payload","Next":"Passed?",
				"Parameters":{"FunctionName":"restoretest","Payload.$":"$"}},
			"Passed?":{"Type":"Choice","Choices":[{"Variable":"$.result","StringEquals":"passed","Next":"Passed"}],
				"Default":"Failed"},
			"Passed":{"Type":"Succeed"},"Failed":{"Type":"Fail","Error":"RestoreTestFailed","Cause":"see the evidence"}}}`,
	})
	require.NoError(w, err)
	return made.Arn
}

// function gives a region a function.
func (w *world) function(name string, does func(payload []byte) ([]byte, error)) {
	w.Helper()
	_, err := w.account.Region(primary).Lambda.CreateFunction(lambda.Function{
		Name:    name,
		Role:    "arn:aws:iam::123456789012:role/lambda",
		Runtime: "provided.al2023",
		Handler: "bootstrap",
		Timeout: 900,
		Stub:    func(_ context.Context, payload []byte) ([]byte, error) { return does(payload) },
	})
	require.NoError(w, err)
}

// resources are the part of the stack's state that is looked at.
func (w *world) resources() []any {
	of := func(kind, name, id string, more map[string]any) map[string]any {
		r := map[string]any{"urn": "urn:pulumi:prod::p::a$" + kind + "::" + name, "type": kind, "id": id}
		for key, value := range more {
			r[key] = value
		}
		return r
	}
	own, other := w.pair[0], w.pair[1]
	arn := func(arn string) map[string]any { return map[string]any{"outputs": map[string]any{"arn": arn}} }
	vault := func(region string) map[string]any {
		return arn("arn:aws:backup:" + region + ":123456789012:backup-vault:vault")
	}
	return []any{
		of("aws:dsql/cluster:Cluster", "database-primary-cluster", own.Identifier, arn(own.ARN)),
		of("aws:dsql/cluster:Cluster", "database-secondary-cluster", other.Identifier, nil),
		of(typeVault, "primary-backups", "vault", vault(primary)),
		of(typeVault, "secondary-backups", "vault", vault(secondary)),
	}
}

func (w *world) write(file string, value any) {
	w.Helper()
	text, err := json.Marshal(value)
	require.NoError(w, err)
	require.NoError(w, os.WriteFile(filepath.Join(w.files, file), text, 0o600))
}

// run runs the command with a stack named prod.
func (w *world) run(act string, flags ...string) error {
	w.Helper()
	w.write("output.json", w.outputs)
	w.said.Reset()
	c := command{in: strings.NewReader(w.typed), out: &w.said, interval: time.Millisecond}
	return c.run(w.Context(), append([]string{act, "-stack", "prod"}, flags...))
}

// points are those of a region's vault, the newest first.
func (w *world) points(region string) []backup.RecoveryPoint {
	w.Helper()
	points, err := w.account.Region(region).Backup.PointsOfVault("vault")
	require.NoError(w, err)
	return points
}

// backedUp is a recovery point that has a twin.
func (w *world) backedUp() backup.RecoveryPoint {
	w.Helper()
	require.NoError(w, w.run("backup"))
	return w.points(primary)[0]
}

// replace gives a function other code.
func (w *world) replace(name string, does func(payload []byte) ([]byte, error)) {
	w.Helper()
	require.NoError(w, w.account.Region(primary).Lambda.DeleteFunction(name))
	w.function(name, does)
}

// await waits until a cluster has a status.
func (w *world) await(arn string, status dsql.Status) {
	for {
		changed := w.account.DSQL.Changed()
		if c, _ := w.account.DSQL.Cluster(arn); c.Status == status {
			return
		}
		<-changed
	}
}

// iamRole is a role of AWS Backup that may do nothing.
func iamRole(name string) iam.Role {
	return iam.Role{Name: name, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"Service":"backup.amazonaws.com"},"Action":"sts:AssumeRole"}]}`}
}
