package postgres

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ownerVariable makes the test binary the owner of a server that a test then kills: see TestTheServerDiesWithItsOwner.
const ownerVariable = "POSTGRES_TEST_OWNER_DIRECTORY"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerVariable); dir != "" {
		own(dir)
	}
	os.Exit(m.Run())
}

// own starts a server, says its process id and waits to be killed.
func own(dir string) {
	server, err := Start(context.Background(), Options{Dir: dir})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(server.PID())
	select {}
}

// reachable is an empty directory that the server's user can reach, which t.TempDir is not when root runs the tests.
func reachable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgtest-") //nolint:usetesting // as the comment says
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func query(t *testing.T, s *Server, sql string) string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), s.ConnString(Superuser))
	require.NoError(t, err)
	defer conn.Close(context.Background())
	results, err := conn.Exec(t.Context(), sql).ReadAll()
	require.NoError(t, err)
	return string(results[len(results)-1].Rows[0][0])
}

// alive reports whether a process exists and is not a zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !bytes.Contains(stat, []byte(") Z "))
}

func TestAServerIsPrivateUnprivilegedAndLeavesNothing(t *testing.T) {
	dir := reachable(t)
	s, err := Start(t.Context(), Options{Dir: dir})
	require.NoError(t, err)

	assert.Equal(t, "repeatable read", query(t, s, "SHOW transaction_isolation"))
	assert.Equal(t, "UTC", query(t, s, "SHOW timezone"))
	assert.Empty(t, query(t, s, "SHOW listen_addresses"), "no TCP")
	private, err := os.Stat(filepath.Dir(s.Socket()))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), private.Mode().Perm())
	status, err := os.ReadFile("/proc/" + strconv.Itoa(s.PID()) + "/status")
	require.NoError(t, err)
	assert.NotContains(t, string(status), "\nUid:\t0\t", "never root")

	require.NoError(t, s.Close())
	<-s.Done()
	assert.NoError(t, s.Err(), "a server that was closed did not fail")
	assert.False(t, alive(s.PID()))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
	assert.NoError(t, s.Close(), "closing again does nothing")
}

func TestAKilledServerIsReported(t *testing.T) {
	s, err := Start(t.Context(), Options{})
	require.NoError(t, err)
	assert.NoError(t, s.Err())
	require.NoError(t, syscall.Kill(s.PID(), syscall.SIGKILL))
	<-s.Done()
	assert.ErrorContains(t, s.Err(), fmt.Sprintf("PostgreSQL (process %d) ended although nobody stopped it: signal: killed", s.PID()))
	assert.NoError(t, s.Close())
	assert.NoDirExists(t, filepath.Dir(s.Socket()))
}

func TestTwoServersCoexist(t *testing.T) {
	template, err := NewTemplate(t.Context())
	require.NoError(t, err)
	servers := make(chan *Server)
	for range 2 {
		go func() {
			s, err := Start(t.Context(), Options{Template: template})
			assert.NoError(t, err)
			servers <- s
		}()
	}
	a, b := <-servers, <-servers
	require.NotNil(t, a)
	require.NotNil(t, b)
	assert.Equal(t, "1", query(t, a, "CREATE TABLE only_in_a (); SELECT count(*) FROM pg_class WHERE relname = 'only_in_a'"))
	assert.Equal(t, "0", query(t, b, "SELECT count(*) FROM pg_class WHERE relname = 'only_in_a'"))
	assert.NoError(t, a.Close())
	assert.Equal(t, "1", query(t, b, "SELECT 1"), "closing one leaves the other")
	assert.NoError(t, b.Close())
}

func TestTheServerDiesWithItsOwner(t *testing.T) {
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), ownerVariable+"="+reachable(t))
	output, err := owner.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, owner.Start())
	line := make([]byte, 32)
	n, err := output.Read(line)
	require.NoError(t, err)
	server, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	require.NoError(t, err, "the owner said %q", line[:n])
	require.True(t, alive(server))

	require.NoError(t, owner.Process.Kill())
	_ = owner.Wait() // "signal: killed"
	assert.Eventually(t, func() bool { return !alive(server) }, 10*time.Second, 10*time.Millisecond)
}

func TestACancelledStartLeavesNothing(t *testing.T) {
	dir := reachable(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Start(ctx, Options{Dir: dir})
	assert.ErrorIs(t, err, context.Canceled)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestADirectoryTooLongForASocketIsRefusedBeforeAnythingStarts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", 100))
	require.NoError(t, os.Mkdir(dir, 0o700))
	_, err := Start(t.Context(), Options{Dir: dir})
	assert.ErrorContains(t, err, "choose a shorter directory")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestAMissingPostgreSQLSaysHowToGetIt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Start(t.Context(), Options{debian: t.TempDir()})
	assert.ErrorIs(t, err, ErrMissing)

	for _, test := range []struct {
		who            string
		root, onDebian bool
		advice         string
	}{
		{"root on Debian", true, true, "run `make deps`, which installs it"},
		{"anyone else on Debian", false, true, "run `sudo apt-get install -y --no-install-recommends postgresql`"},
		{"another distribution", true, false, "install PostgreSQL 15 or later, so that `postgres` and `initdb` are on PATH"},
	} {
		t.Run(test.who, func(t *testing.T) {
			assert.EqualError(t, missing("/usr/lib/postgresql", test.root, test.onDebian),
				"PostgreSQL is not installed: no `postgres` on PATH nor in /usr/lib/postgresql/*/bin; "+test.advice)
		})
	}
}

func TestTheInstallationIsFoundOnPathFirstThenByTheHighestVersion(t *testing.T) {
	install := func(dir string) string {
		require.NoError(t, os.MkdirAll(dir, 0o755))
		for _, program := range []string{"postgres", "initdb"} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"), 0o755))
		}
		return filepath.Join(dir, "postgres")
	}
	debian, path := t.TempDir(), t.TempDir()
	install(filepath.Join(debian, "9", "bin"))
	highest := install(filepath.Join(debian, "17", "bin"))
	install(filepath.Join(debian, "15", "bin"))

	t.Setenv("PATH", path)
	found, err := find(debian)
	require.NoError(t, err)
	assert.Equal(t, highest, found.postgres)

	linked := install(filepath.Join(t.TempDir(), "bin"))
	require.NoError(t, os.Symlink(linked, filepath.Join(path, "postgres")))
	found, err = find(debian)
	require.NoError(t, err)
	assert.Equal(t, linked, found.postgres, "a link on PATH leads to the directory that has initdb too")
	assert.Equal(t, filepath.Join(filepath.Dir(linked), "initdb"), found.initdb)
}
