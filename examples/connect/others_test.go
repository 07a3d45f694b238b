//go:build examples

package connect

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// python is the one that has psycopg: that on PATH, or the system's.
func python(t *testing.T) string {
	t.Helper()
	for _, candidate := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), candidate, "-c", "import psycopg").Run() == nil {
			return candidate
		}
	}
	require.Fail(t, "no Python has psycopg: `make test-examples` installs one")
	return ""
}

// Signing is left to a stand-in for boto3, since that of Debian 12 does not know Aurora DSQL.
func TestTheExampleInPython(t *testing.T) {
	stand, err := filepath.Abs(filepath.Join("testdata", "python"))
	require.NoError(t, err)
	t.Setenv("PYTHONPATH", stand)
	t.Setenv("PYTHONDONTWRITEBYTECODE", "1")
	hold(t, python(t), filepath.Join("python", "connect.py"))
}

// Signing is left to stand-ins for the AWS SDK, which Debian does not have, and the host's name to a file, since Java's
// driver knows no PGHOSTADDR.
func TestTheExampleInJava(t *testing.T) {
	const driver = "/usr/share/java/postgresql.jar"
	classes := t.TempDir()
	compile := exec.CommandContext(t.Context(), "javac", "-Xlint:all", "-Werror", "-d", classes,
		"-sourcepath", filepath.Join("testdata", "java"), filepath.Join("java", "Connect.java"))
	said, err := compile.CombinedOutput()
	require.NoError(t, err, "%s", said)
	hosts := filepath.Join(classes, "hosts")
	script := filepath.Join(classes, "run")
	require.NoError(t, os.WriteFile(script, []byte(`#!/bin/sh
echo "$PGHOSTADDR $PGHOST" >`+hosts+`
exec java -Djdk.net.hosts.file=`+hosts+` -cp `+classes+`:`+driver+` Connect
`), 0o700)) //nolint:gosec // to be run by this user
	hold(t, script)
}
