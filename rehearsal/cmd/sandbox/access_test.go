package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal"
	"aurora-dsql-dr/rehearsal/control"
	"aurora-dsql-dr/rehearsal/routing/routingtest"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
)

// elsewhere runs a line in a terminal that has none of this one's variables, and returns what it prints.
func elsewhere(t *testing.T, line string) (said string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", line)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	text, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(text)), err
}

// newCluster is a cluster that can be connected to.
func newCluster(t *testing.T, region *dsql.Region) dsql.Cluster {
	t.Helper()
	cluster, err := region.CreateCluster(dsql.CreateClusterInput{})
	for err == nil && cluster.Status != dsql.Active {
		changed := region.Changed()
		if cluster, err = region.GetCluster(cluster.Identifier); cluster.Status != dsql.Active {
			<-changed
		}
	}
	require.NoError(t, err)
	return cluster
}

// Each line that serve prints is complete: pasted anywhere, as often as one likes, it opens a prompt in its region.
func TestThePrintedLineOpensAPromptAtTheRegionsEndpoint(t *testing.T) {
	t.Setenv("TMPDIR", postgrestest.ReachableDir(t))
	s, err := stack.Start(t.Context(), sandbox.Options{Template: postgrestest.Template(t)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	stop, err := control.Serve(s, nil)
	require.NoError(t, err)
	t.Cleanup(stop)
	hosts := map[string]string{}
	for _, region := range []string{"us-east-1", "us-east-2"} {
		hosts[region] = newCluster(t, s.Account.Region(region).DSQL).Endpoint
	}
	ways, err := accessTo(rehearsal.Stage{Sandbox: s, Outputs: stack.Outputs{ClusterEndpoints: hosts}}, "")
	require.NoError(t, err)
	require.Len(t, ways.SQL, 2)
	for region, line := range ways.SQL {
		assert.NotContains(t, line, "\n")
		said, err := elsewhere(t, line+` -Atc "CREATE TABLE here (region TEXT)" -c "INSERT INTO here VALUES ('`+region+`')"`)
		require.NoError(t, err, said)
		said, err = elsewhere(t, line+` -Atc "SELECT current_user, region FROM here"`)
		require.NoError(t, err, said)
		assert.Equal(t, "admin|"+region, said)
	}

	said, err := elsewhere(t, strings.ReplaceAll(ways.SQL["us-east-1"], hosts["us-east-1"], "typo.dsql.us-east-1.on.aws"))
	require.Error(t, err)
	assert.Contains(t, said, `failed: host is "typo.dsql.us-east-1.on.aws": want pay.example.com, or a cluster's, one of [`)
	assert.Contains(t, said, hosts["us-east-2"])
	stop()
	require.NoError(t, s.Close())
	said, err = elsewhere(t, ways.SQL["us-east-1"])
	require.Error(t, err)
	assert.Contains(t, said, "the sandbox of this line has ended: `make sandbox` starts one and prints its own")
}

// What serve prints of the name is complete as well, and follows it where it leads.
func TestThePrintedLinesCallWhatTheNameLeadsTo(t *testing.T) {
	for _, tool := range []string{"dig", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is missing")
		}
	}
	t.Setenv("TMPDIR", postgrestest.ReachableDir(t))
	s, err := stack.Start(t.Context(), sandbox.Options{Template: postgrestest.Template(t)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	stop, err := control.Serve(s, nil)
	require.NoError(t, err)
	t.Cleanup(stop)
	w := routingtest.In(t, s.Account)
	outputs := stack.Outputs{TrafficDomain: routingtest.Domain, TrafficRegionalDomains: map[string]string{}}
	for _, region := range []string{"us-east-1", "us-east-2"} {
		outputs.TrafficRegionalDomains[region] = region + "." + routingtest.Domain
	}
	ways, err := accessTo(rehearsal.Stage{Sandbox: s, Outputs: outputs}, "")
	require.NoError(t, err)
	require.Len(t, ways.Name, 2)
	address := func(region string) string {
		at, _ := s.Account.Region(region).APIGateway.Front()
		return at.Addr().String()
	}
	tries := func(line string) string {
		t.Helper()
		said, err := elsewhere(t, line)
		require.NoError(t, err, said)
		return said
	}
	for region, lines := range ways.Name {
		assert.Contains(t, tries(lines[0]), address(region))
		assert.Contains(t, tries(lines[1]+" -sS"), "served")
	}
	w.Turn(t, w.Leaf["us-east-1"])
	assert.Contains(t, tries(ways.Name["us-east-1"][0]), address("us-east-2"))
	s.Account.Region("us-east-1").SetDown(true)
	assert.Contains(t, tries(ways.Name["us-east-1"][1]+" -sS"), "served", "by the other one")
	token := regexp.MustCompile(`\$\(([^()]+ token [^()]+)\)`).FindStringSubmatch(ways.Name["us-east-1"][1])[1]
	assert.Len(t, strings.Split(tries(token), "."), 3, "a JWT")
}

// docs/aws-cli.md shows the line with the variables that it has.
func TestThePageOfTheAWSCLIShowsThePrintedLine(t *testing.T) {
	t.Setenv("TMPDIR", postgrestest.ReachableDir(t))
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "aws-cli.md"))
	require.NoError(t, err)
	_, shown, found := strings.Cut(string(page), "$ PGHOST=")
	require.True(t, found)
	shown, _, _ = strings.Cut("PGHOST="+shown, " psql")
	s, err := stack.Start(t.Context(), sandbox.Options{Template: postgrestest.Template(t)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	printed, err := psql("sandbox", s, "us-east-1", "host")
	require.NoError(t, err)
	variables := regexp.MustCompile("PG[A-Z_]+=")
	assert.Equal(t, variables.FindAllString(printed, -1), variables.FindAllString(shown, -1))
}

func TestWordsAreQuotedForTheShell(t *testing.T) {
	for word, want := range map[string]string{
		"/usr/bin/psql":  "/usr/bin/psql",
		"":               "''",
		"/my files/$x":   "'/my files/$x'",
		"/it's/build":    `'/it'\''s/build'`,
		"~root;`reboot`": "'~root;`reboot`'",
	} {
		assert.Equal(t, want, quoted(word))
		said, err := elsewhere(t, "printf %s "+quoted(word))
		require.NoError(t, err)
		assert.Equal(t, word, said)
	}
}
