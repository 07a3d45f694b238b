package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// subscription is what the names of the subscriptions begin with.
const subscription = "urn:pulumi:scratch::aurora-dsql-dr::" +
	"aws:sns/topicSubscription:TopicSubscription::primary-alerts-subscription"

// ofBefore is the state of a stack that an earlier version deployed with two recipients.
const ofBefore = `{"version":3,"deployment":{
	"manifest":{"time":"2026-01-01T00:00:00Z","magic":"","version":""},
	"resources":[
		{"urn":"urn:pulumi:scratch::aurora-dsql-dr::pulumi:pulumi:Stack::aurora-dsql-dr-scratch",
		 "custom":false,"type":"pulumi:pulumi:Stack"},
		{"urn":"urn:pulumi:scratch::aurora-dsql-dr::pulumi:providers:aws::primary",
		 "custom":true,"id":"p","type":"pulumi:providers:aws"},
		{"urn":"` + subscription + `-0",
		 "custom":true,"id":"a","type":"aws:sns/topicSubscription:TopicSubscription",
		 "provider":"urn:pulumi:scratch::aurora-dsql-dr::pulumi:providers:aws::primary::p",
		 "inputs":{"protocol":"email","endpoint":"a@example.com"}},
		{"urn":"` + subscription + `-1",
		 "custom":true,"id":"b","type":"aws:sns/topicSubscription:TopicSubscription",
		 "provider":"urn:pulumi:scratch::aurora-dsql-dr::pulumi:providers:aws::primary::p",
		 "inputs":{"protocol":"email","endpoint":"b@example.com"}}]}}`

// project, under a name, is a copy of the project's settings with a stack in a backend of its own, for the pulumi on
// PATH, else in build/bin.
func project(t *testing.T, name string) {
	t.Helper()
	named := func(text string) []byte { return []byte(strings.ReplaceAll(text, "aurora-dsql-dr", name)) }
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	settings, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("Pulumi.yaml", named(string(settings)), 0o600))
	require.NoError(t, os.Mkdir("state", 0o700))
	t.Setenv("PATH", os.Getenv("PATH")+":"+filepath.Join(root, "build", "bin"))
	t.Setenv("PULUMI_HOME", filepath.Join(t.TempDir(), "home"))
	t.Setenv("PULUMI_BACKEND_URL", "file://"+filepath.Join(must(os.Getwd()), "state"))
	t.Setenv("PULUMI_CONFIG_PASSPHRASE", "for this test only")
	t.Setenv("PULUMI_SKIP_UPDATE_CHECK", "true")
	require.NoError(t, os.WriteFile("state.json", named(ofBefore), 0o600))
	run(t, "stack", "init", "scratch")
	run(t, "stack", "import", "--stack", "scratch", "--file", "state.json")
}

func must(dir string, err error) string {
	if err != nil {
		panic(err)
	}
	return dir
}

func run(t *testing.T, arguments ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "pulumi", arguments...).CombinedOutput()
	require.NoError(t, err, string(out))
}

func TestAnUpgradeTakesTheListThatIsDeployedAndNoOther(t *testing.T) {
	project(t, "a-fork")
	set := func(path, value string, flags ...string) {
		run(t, append([]string{"config", "set", "--stack", "scratch", "--path", path, value}, flags...)...)
	}
	set("alerts[0].protocol", "email")
	set("alerts[0].endpoint", "a@example.com", "--secret")
	set("alerts[1].protocol", "email")
	set("alerts[1].endpoint", "b@example.com")
	require.NoError(t, check(t.Context(), "scratch"), "the same list, though it is secret now")

	set("alerts[0].endpoint", "secret@example.com", "--secret")
	err := check(t.Context(), "scratch")
	require.ErrorContains(t, err, "primary-alerts-subscription-0 is not alerts[0] of the configuration")
	require.ErrorContains(t, err, `Put "alerts" back as it was, deploy, then change it`)
	assert.NotContains(t, err.Error(), "secret@example.com")

	set("alerts[0].endpoint", "no-address")
	err = check(t.Context(), "scratch")
	require.ErrorContains(t, err, "alerts[0].endpoint")
	assert.NotContains(t, err.Error(), "deployed by a version", "a mistake in the list is not one of an upgrade")
}

func TestAStackThatIsNotThereIsNamed(t *testing.T) {
	project(t, "aurora-dsql-dr")
	assert.ErrorContains(t, check(t.Context(), "nosuch"), "no stack named 'nosuch' found")
}
