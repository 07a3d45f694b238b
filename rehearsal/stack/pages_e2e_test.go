//go:build e2e

package stack

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/kms"
)

// Every `aws` command and every `dig` of the pages works in a sandbox with the product, with the AWS CLI that is installed; or it is
// refused as the page says.
func TestTheCommandsOfThePagesWork(t *testing.T) {
	s := newSandbox(t, sandbox.Options{Backup: briefly})
	config, err := WithTraffic(s, WithApplication(Config()))
	require.NoError(t, err)
	config["aurora-dsql-dr:backups"] = map[string]any{"dailyAt": "03:00"}
	stack, err := Prepare(t.Context(), s, config)
	require.NoError(t, err)
	l := life{s, t, stack}
	outputs := l.outputs(l.up())
	// the first page tells the CLI where the sandbox is, and what Aurora DSQL has
	pages := []string{"docs/aws-cli.md"}
	others, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	for _, page := range append(others, "README.md") {
		if !slices.Contains(pages, page) {
			pages = append(pages, page)
		}
	}
	p := practice{s, outputs, startShell(t, s)}
	p.knowsDSQL(t)
	for _, page := range pages {
		body, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, c := range commandsOf(string(body)) {
			if operation := operationOf(c.text); onAWSOnly[operation] == "" {
				p.try(t, fmt.Sprintf("%s:%d", page, c.line), operation, c)
			}
		}
	}
}

// onAWSOnly are the commands that have no place in the sandbox, with why.
var onAWSOnly = map[string]string{
	"configure add-model":                       "for a CLI that does not know Aurora DSQL; see knowsDSQL",
	"dsql generate-db-connect-admin-auth-token": "asks nobody, and older versions of the CLI do not have it",
	"iam attach-role-policy":                    "the deployer's role; a sandbox has its administrator",
	"iam create-policy":                         "the same",
	"lambda add-permission":                     "of a recipient's function, which is not the stack's",
	"sns confirm-subscription":                  "the sandbox confirms at once",
	"sns create-sms-sandbox-phone-number":       "an SMS never leaves the machine",
	"sns get-sms-sandbox-account-status":        "the same",
	"sns set-sms-attributes":                    "the same",
}

// operationOf is the first operation of a command, "dsql get-cluster", or "" if it is none of the CLI's.
func operationOf(text string) string {
	found := regexp.MustCompile(`(?:^|[^a-z-])aws ([a-z0-9]+ [a-z0-9-]+)`).FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	return found[1]
}

// practice is the deployed stack, and somebody who follows the pages.
type practice struct {
	*sandbox.Sandbox
	outputs Outputs
	shell   *shell
}

// knowsDSQL has a CLI that is older than Aurora DSQL know it, as the page on the CLI says.
func (p practice) knowsDSQL(t *testing.T) {
	t.Helper()
	if out, status := p.shell.run(t, "aws dsql list-clusters"); status == 0 || !strings.Contains(out, "nvalid choice") {
		return
	}
	page, err := os.ReadFile("docs/aws-cli.md")
	require.NoError(t, err)
	for _, c := range commandsOf(string(page)) {
		if operationOf(c.text) == "configure add-model" {
			out, status := p.shell.run(t, c.text)
			require.Zero(t, status, out)
		}
	}
}

// try runs a command and holds its answer against the page's.
func (p practice) try(t *testing.T, where, operation string, c command) {
	t.Helper()
	region := here
	if named := regexp.MustCompile(`--region ([a-z]+-[a-z]+-\d)`).FindStringSubmatch(c.text); named != nil {
		region = named[1]
	}
	text, err := p.fill(c.text, region)
	if !assert.NoError(t, err, "%s: %s", where, c.text) {
		return
	}
	require.NoError(t, p.prepare(operation))
	answer, status := p.shell.run(t, text)
	refused := strings.HasPrefix(c.answer, "An error occurred")
	if c.wrong || refused {
		assert.NotZero(t, status, "%s: %s\nworks, though the page says that it does not:\n%s", where, text, answer)
		shown, _, _ := strings.Cut(oneLine(c.answer), "…")
		assert.Contains(t, oneLine(answer), shown, "%s: %s", where, text)
		return
	}
	failed := status != 0 || strings.Contains(answer, "An error occurred (") // in a pipe or in a loop
	if assert.False(t, failed, "%s: %s\nstatus %d\n%s", where, text, status, answer) {
		holdAnswer(t, where, c.answer, answer)
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// prepare brings the stack into the state that a command is for: keys as they were deployed, but for one that waits for
// its deletion if that is to be cancelled.
func (p practice) prepare(operation string) error {
	if !strings.HasPrefix(operation, "kms ") {
		return nil
	}
	for _, r := range p.Account.Regions() {
		for _, k := range r.KMS.Keys() {
			if k.Deleting() {
				if err := r.KMS.CancelDeletion(k.KeyID); err != nil {
					return err
				}
			}
			if err := r.KMS.SetEnabled(k.KeyID, true); err != nil {
				return err
			}
			if operation == "kms cancel-key-deletion" && !r.KMS.Managed(k) {
				if _, err := r.KMS.ScheduleDeletion(k.KeyID, 7); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

var (
	placeholder = regexp.MustCompile(`<([A-Za-z][^<>]*)>`)
	// example is a name, on the pages, of another deployment: seven digits at the end are Pulumi's, and differ.
	example = regexp.MustCompile(`\b([a-z][a-z0-9-]*-)[0-9a-f]{7}\b`)
)

// fill puts what this deployment has in the place of what the reader puts in, and of the names of another deployment.
func (p practice) fill(text, region string) (string, error) {
	var err error
	put := func(what string, value string) string {
		if value == "" {
			err = fmt.Errorf("what to put in for %s in %s is not known: enter it into placeholders, "+
				"or use a placeholder that is there", what, region)
		}
		return value
	}
	filled := example.ReplaceAllStringFunc(text, func(found string) string {
		prefix := example.FindStringSubmatch(found)[1]
		i := slices.IndexFunc(p.names(region), func(name string) bool {
			return example.FindString(name) == name && strings.HasPrefix(name, prefix) && len(name) == len(found)
		})
		if i < 0 {
			return put(found, "")
		}
		return p.names(region)[i]
	})
	filled = placeholder.ReplaceAllStringFunc(filled, func(found string) string {
		return put(found, p.value(found[1:len(found)-1], region))
	})
	ids := p.outputs.ClusterIdentifiers
	return strings.NewReplacer("r37ijigzfq3lpos2f3mlztfbvb", ids[here], "kdi3ghk7qovhj7yigw3zewqa4t", ids[there],
		"r37ijigz", ids[here][:8]).Replace(filled), err
}

// names are those of a region's parts.
func (p practice) names(region string) (names []string) {
	r := p.Account.Region(region)
	for _, f := range r.Lambda.Functions() {
		names = append(names, f.Name)
	}
	for _, b := range r.Events.Buses() {
		names = append(names, b.Name)
		rules, _ := r.Events.Rules(b.Name) // the bus is there
		for _, rule := range rules {
			names = append(names, rule.Name)
		}
	}
	for _, q := range r.SQS.Queues() {
		names = append(names, q.Name)
	}
	for _, topic := range r.SNS.Topics() {
		names = append(names, topic.Name)
	}
	for _, g := range r.Logs.Groups() {
		names = append(names, g.Name)
	}
	for _, v := range r.Backup.Vaults() {
		names = append(names, v.Name)
	}
	for _, m := range r.StepFunctions.Machines() {
		names = append(names, m.Name)
	}
	return append(names, p.outputs.AlarmNames[region]...)
}

// named is the first of a region's names that contains a text.
func (p practice) named(region, text string) string {
	names := p.names(region)
	if i := slices.IndexFunc(names, func(name string) bool { return strings.Contains(name, text) }); i >= 0 {
		return names[i]
	}
	return ""
}

// value is what the reader puts in for a placeholder: an output of the stack, or a member of what an earlier command of
// the page has shown. It is "" for one that is not in this table.
func (p practice) value(name, region string) string {
	r, o := p.Account.Region(region), p.outputs
	other := map[string]string{here: there, there: here}[region]
	queue := r.ARN("sqs", p.named(region, "-monitor-dead-letters-"))
	switch name {
	case "clusterIdentifiers of that region":
		return o.ClusterIdentifiers[region]
	case "clusterArns of the other region":
		return o.ClusterARNs[other]
	case "monitorFunctionNames of that region":
		return o.MonitorFunctionNames[region]
	case "alertTopicArns of that region":
		return o.AlertTopicARNs[region]
	case "alarmNames of that region: …-quorum-other-…":
		return p.named(region, "-quorum-other-")
	case "backupVaultNames of that region":
		return o.BackupVaultNames[region]
	case "backupRoleArns of that region":
		return o.BackupRoleARNs[region]
	case "BackupVaultArn of the other region":
		return p.Account.Region(other).ARN("backup", "backup-vault:"+o.BackupVaultNames[other])
	case "RecoveryPointArn":
		return p.point(region)
	case "restoreTestMachineArns of that region":
		return o.RestoreTestMachineARNs[region]
	case "eventBusNames of that region":
		return o.EventBusNames[region]
	case "name of the topic":
		return p.named(region, "-alerts-topic-")
	case "logGroupName":
		return p.named(region, "-monitor-logs-")
	case "Name": // of a rule
		return p.named(region, "-schedule-rule-")
	case "QueueUrls":
		found, _ := r.SQS.Queue(queue)
		return found.URL
	case "ReceiptHandle":
		return p.received(region, queue)
	case "kmsKeyArn":
		cluster, _ := p.Account.DSQL.Cluster(o.ClusterARNs[region])
		return cluster.EncryptionDetails.KMSKeyARN
	case "KeyId": // of the key that wraps the keyset
		keys := r.KMS.Keys()
		return keys[slices.IndexFunc(keys, func(k kms.Key) bool { return k.MultiRegion })].KeyID
	case "zoneId":
		return p.Account.Route53.Zones()[0].ID
	case "healthCheckIds of the leaf":
		return o.HealthCheckIDs[region+"-leaf"]
	case "CertificateArn":
		return r.ACM.Certificates()[0].Arn
	case "port of us-east-1", "port of us-east-2":
		_, port, _ := net.SplitHostPort(p.DNS[strings.TrimPrefix(name, "port of ")])
		return port
	case "source", "detail-type":
		return "practice"
	case `detail, its quotation marks as \"`:
		return `{\"practice\": true}`
	}
	return ""
}

// point is a new recovery point of a region.
func (p practice) point(region string) string {
	made, err := BackUp(p.shell.t.Context(), p.Sandbox, p.outputs, region)
	if err != nil {
		return ""
	}
	return made
}

// received puts a message into a queue, takes one out and returns its receipt.
func (p practice) received(region, queue string) string {
	service := p.Account.Region(region).SQS
	if _, err := service.Send(p.Account.IAM.Admin().Principal, queue, "practice", nil, nil); err != nil {
		return ""
	}
	messages, err := service.Receive(p.shell.t.Context(), queue, 1, -1, 0)
	if err != nil || len(messages) == 0 {
		return ""
	}
	return messages[0].ReceiptHandle
}

// holdAnswer holds an answer in JSON against the page's: what the page shows is there. Pages leave things out.
func holdAnswer(t *testing.T, where, shown, answer string) {
	t.Helper()
	var want, got any
	if json.NewDecoder(strings.NewReader(shown)).Decode(&want) != nil {
		return // text, or nothing
	}
	if assert.NoError(t, json.NewDecoder(strings.NewReader(answer)).Decode(&got), "%s: %s", where, answer) {
		assert.Empty(t, missing("", want, got), "%s: the page shows more than there is:\n%s", where, answer)
	}
}

// missing are the members of one tree that another does not have. A list is held by its first items: of a stack that has
// just been deployed some are empty.
func missing(path string, want, got any) (paths []string) {
	switch want := want.(type) {
	case map[string]any:
		tree, _ := got.(map[string]any)
		for name, member := range want {
			there, ok := tree[name]
			if !ok {
				paths = append(paths, path+"."+name)
				continue
			}
			paths = append(paths, missing(path+"."+name, member, there)...)
		}
	case []any:
		list, ok := got.([]any)
		if !ok {
			return []string{path + "[]"}
		}
		if len(want) > 0 && len(list) > 0 {
			return missing(path+"[0]", want[0], list[0])
		}
	}
	return paths
}

// shell is a bash that keeps its variables from command to command.
type shell struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

// startShell starts one that finds the sandbox, in a directory of its own.
func startShell(t *testing.T, s *sandbox.Sandbox) *shell {
	t.Helper()
	dir := t.TempDir()
	docs, err := filepath.Abs("docs")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(docs, filepath.Join(dir, "docs")))
	bash := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc")
	bash.Dir = dir
	bash.Env = append(s.Environment(), "PATH="+os.Getenv("PATH"), "HOME="+dir, "AWS_PAGER=")
	in, err := bash.StdinPipe()
	require.NoError(t, err)
	out, err := bash.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, bash.Start())
	t.Cleanup(func() { _ = in.Close(); _ = bash.Wait() })
	return &shell{t, in, bufio.NewReader(out)}
}

// run runs a command and returns what it says and its status. The shell must be able to read it.
func (s *shell) run(t *testing.T, text string) (output string, status int) {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), "bash", "-n", "-c", text).CombinedOutput()
	if err != nil {
		return string(said), 2
	}
	const end = "--- end of the answer "
	_, err = fmt.Fprintf(s.in, "{\n%s\n} 2>&1 </dev/null; printf '\\n%s%%d\\n' $?\n", text, end)
	require.NoError(t, err)
	var all strings.Builder
	for {
		line, err := s.out.ReadString('\n')
		require.NoError(t, err, "%s: %s", text, all.String())
		if code, ended := strings.CutPrefix(line, end); ended {
			status, err = strconv.Atoi(strings.TrimSpace(code))
			require.NoError(t, err)
			return all.String(), status
		}
		all.WriteString(line)
	}
}
