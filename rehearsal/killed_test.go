package rehearsal

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/rehearsal/workload"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/dsql"
)

// toBeKilled makes this test binary a rehearsal that is to be killed half-way.
const toBeKilled = "REHEARSAL_TO_BE_KILLED"

func TestMain(m *testing.M) {
	if os.Getenv(toBeKilled) != "" {
		beKilled()
		return
	}
	os.Exit(m.Run())
}

// clusters makes a pair: a cluster in each data region, peered.
func clusters(ctx context.Context, s *sandbox.Sandbox) error {
	p := stack.Places()
	witness := p["witness"]
	var made []dsql.Cluster
	for _, place := range []string{"primary", "secondary"} {
		c, err := s.Account.Region(p[place]).DSQL.CreateCluster(dsql.CreateClusterInput{
			MultiRegionProperties: &dsql.MultiRegionProperties{WitnessRegion: witness},
		})
		if err != nil {
			return err
		}
		made = append(made, c)
	}
	if err := await(ctx, s, dsql.PendingSetup); err != nil {
		return err
	}
	for i, c := range made {
		if _, err := s.Account.Region(c.Region).DSQL.UpdateCluster(dsql.UpdateClusterInput{
			Identifier:            c.Identifier,
			MultiRegionProperties: &dsql.MultiRegionProperties{WitnessRegion: witness, Clusters: []string{made[1-i].ARN}},
		}); err != nil {
			return err
		}
	}
	return await(ctx, s, dsql.Active)
}

// await waits until every cluster has the status.
func await(ctx context.Context, s *sandbox.Sandbox, status dsql.Status) error {
	for {
		changed := s.Account.DSQL.Changed()
		if !slices.ContainsFunc(s.Account.DSQL.Clusters(), func(c dsql.Cluster) bool { return c.Status != status }) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// beKilled is in the middle of an outage, with a workload, when it says so.
func beKilled() {
	ctx := context.Background()
	s, err := stack.Start(ctx, sandbox.Options{})
	check(err)
	check(clusters(ctx, s))
	database, err := workload.PrepareDatabase(ctx, s)
	check(err)
	load := workload.Start(workload.Options{
		Clock:   s.Clock,
		Dial:    database.Dial,
		Regions: [2]string{stack.Places()["primary"], stack.Places()["secondary"]},
	})
	check(load.AwaitAcknowledged(ctx, 1))
	_, err = fault.NewInjector(s, stack.Places()).Inject(fault.Spec{
		Name: "region-lost",
		With: map[string]string{"region": "primary"},
	})
	check(err)
	check(os.WriteFile(os.Getenv(toBeKilled), []byte("now"), 0o600))
	select {}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A rehearsal that is killed half-way leaves no process, and what it leaves on disk the next start removes.
func TestAKilledRehearsalLeavesNothing(t *testing.T) {
	temp := reachable(t)
	t.Setenv("TMPDIR", temp)
	ready := filepath.Join(temp, "ready")
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), toBeKilled+"="+ready)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { _, err := os.Stat(ready); return err == nil }, time.Minute, 20*time.Millisecond)
	assert.NotEmpty(t, using(t, temp), "its PostgreSQL works in its directory")

	require.NoError(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL))
	assert.Error(t, cmd.Wait())
	assert.Eventually(
		t,
		func() bool { return len(using(t, temp)) == 0 },
		10*time.Second,
		20*time.Millisecond,
		"processes are left",
	)

	s, err := stack.Start(t.Context(), sandbox.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	left, err := filepath.Glob(filepath.Join(temp, "aurora-dsql-dr-sandbox-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// A stage that stays up sees one rehearsal after the other: a workload leaves nothing that the next would stumble over.
func TestAWorkloadLeavesNothing(t *testing.T) {
	s, err := stack.Start(t.Context(), sandbox.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, clusters(t.Context(), s))
	for range 2 {
		database, err := workload.PrepareDatabase(t.Context(), s)
		require.NoError(t, err)
		require.NoError(t, database.Remove(t.Context()))
	}
	assert.Empty(t, s.Account.IAM.Roles())
}

// using are the processes that have something of the directory in their command line or as their working directory.
func using(t *testing.T, dir string) (pids []int) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	require.NoError(t, err)
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		line, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline") // it may have ended meanwhile
		cwd, _ := os.Readlink("/proc/" + e.Name() + "/cwd")
		if strings.Contains(string(line), dir) || strings.HasPrefix(cwd, dir) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// reachable is a temporary directory that PostgreSQL's own user can reach too.
func reachable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "rehearsal-") //nolint:usetesting // t.TempDir is this user's alone
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}
