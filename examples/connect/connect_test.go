// Package connect holds the examples of docs/connect.md to what they say: each runs as the page has it, against a real
// endpoint that asks for its token.
package connect

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/sqlendpoint"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

// The role that the page makes, and for whom.
const (
	role    = "shop"
	roleARN = "arn:aws:iam::123456789012:role/shop"
)

// database is one with all that the page's SQL makes.
func database(t *testing.T) *sqlendpointtest.Env {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "connect.md"))
	require.NoError(t, err)
	_, sql, found := strings.Cut(string(page), "```sql\n")
	require.True(t, found)
	sql, _, _ = strings.Cut(sql, "```")
	env := sqlendpointtest.Start(t)
	for statement := range strings.SplitSeq(strings.TrimSpace(sql), ";\n") {
		env.Exec(t, strings.TrimSuffix(statement, ";"))
	}
	return env
}

// variables are those of an application in the primary region: libpq's and AWS's, as the page has them.
func variables(t *testing.T, env *sqlendpointtest.Env, who aws.Credentials) []string {
	t.Helper()
	host := env.Hosts[sqlendpointtest.Primary]
	address, port, err := net.SplitHostPort(env.Endpoints[sqlendpointtest.Primary].Addr())
	require.NoError(t, err)
	return append(os.Environ(),
		"PGHOST="+host,
		"PGHOSTADDR="+address,
		"PGPORT="+port,
		"PGUSER="+role,
		"PGSSLROOTCERT="+env.CAFile,
		"AWS_ACCESS_KEY_ID="+who.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY="+who.SecretAccessKey,
		"AWS_SESSION_TOKEN="+who.SessionToken,
		"AWS_REGION="+sqlendpointtest.Primary,
		"TOKEN="+sqlendpointtest.Token(t, who, sqlendpointtest.Primary, host, sqlendpoint.ActionOf(role), time.Now()),
	)
}

// hold holds an example, a program with its arguments, to the page: it records one order and repeats what may be
// repeated, but is let in by nobody else's credentials.
func hold(t *testing.T, command ...string) {
	t.Helper()
	env := database(t)
	endpoint := env.Endpoints[sqlendpointtest.Primary]
	run := func(who aws.Credentials) (string, error) {
		cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
		cmd.Env = variables(t, env, who)
		said, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(said)), err
	}
	shop := env.Credentials(roleARN)
	for _, tt := range []struct {
		intent    string
		conflicts sqlendpoint.Conflicts
		fault     sqlendpoint.Fault
	}{
		{intent: "the first time"},
		{intent: "again"},
		{intent: "lost against others, twice", conflicts: sqlendpoint.Conflicts{Next: 2}},
		{intent: "the schema changed", conflicts: sqlendpoint.Conflicts{Next: 1, As: sqlendpoint.SchemaConflict}},
		{intent: "the server is often unavailable", fault: sqlendpoint.Fault{UnavailablePercent: 50}},
		{intent: "connections often fail", fault: sqlendpoint.Fault{FailPercent: 50}},
	} {
		env.Exec(t, "DELETE FROM shop.orders WHERE id <> 'order-1'")
		endpoint.InjectConflicts(tt.conflicts)
		require.NoError(t, endpoint.SetFault(tt.fault))
		said, err := run(shop)
		require.NoError(t, endpoint.SetFault(sqlendpoint.Fault{}))
		require.NoError(t, err, "%s: %s", tt.intent, said)
		assert.Equal(t, "order-1 is one of 1", said, tt.intent)
	}

	said, err := run(env.Credentials("arn:aws:iam::123456789012:role/somebody-else"))
	require.Error(t, err, said)
	assert.NotContains(t, said, "is one of")
	conn := env.Connect(t, sqlendpointtest.Secondary, "admin", sqlendpointtest.AdminARN)
	var amount string
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT amount::text FROM shop.orders").Scan(&amount))
	assert.Equal(t, "100.50", amount, "in the other region")
}

func TestTheExampleInGo(t *testing.T) {
	program := filepath.Join(t.TempDir(), "connect")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./go")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as the functions are, whose packages it shares
	built, err := build.CombinedOutput()
	require.NoError(t, err, "%s", built)
	hold(t, program)
}
