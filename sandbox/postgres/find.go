package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
)

// debianDirectory is where Debian and Ubuntu install the programs of one major version, which are not on PATH there.
const debianDirectory = "/usr/lib/postgresql"

// ErrMissing is wrapped by the error of Start when no PostgreSQL is installed. The error says how to install it.
var ErrMissing = errors.New("PostgreSQL is not installed")

// binaries are the two programs of one installation.
type binaries struct{ postgres, initdb string }

// find looks for postgres on PATH, then for the highest major version below debian.
func find(debian string) (binaries, error) {
	var candidates []string
	if onPath, err := exec.LookPath("postgres"); err == nil {
		candidates = append(candidates, onPath)
	}
	for _, candidate := range append(candidates, byVersion(debian)...) {
		if found, ok := installation(candidate); ok {
			return found, nil
		}
	}
	return binaries{}, missing(debian, os.Geteuid() == 0, isDebian())
}

// byVersion lists <debian>/<major>/bin/postgres, the highest major version first.
func byVersion(debian string) []string {
	paths, _ := filepath.Glob(filepath.Join(debian, "*", "bin", "postgres")) // fails only on a malformed pattern
	slices.SortFunc(paths, func(a, b string) int { return major(b) - major(a) })
	return paths
}

func major(path string) int {
	version, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return version
}

// installation resolves links, since initdb lies beside the real postgres, and reports whether both can be run.
func installation(postgres string) (binaries, bool) {
	resolved, err := filepath.EvalSymlinks(postgres)
	if err != nil {
		return binaries{}, false
	}
	found := binaries{postgres: resolved, initdb: filepath.Join(filepath.Dir(resolved), "initdb")}
	for _, program := range []string{found.postgres, found.initdb} {
		if _, err := exec.LookPath(program); err != nil {
			return binaries{}, false
		}
	}
	return found, true
}

func isDebian() bool {
	_, err := os.Stat("/etc/debian_version")
	return err == nil
}

// missing says what this person, on this machine, types to get a PostgreSQL.
func missing(debian string, root, onDebian bool) error {
	advice := "install PostgreSQL 15 or later, so that `postgres` and `initdb` are on PATH"
	switch {
	case runtime.GOOS != "linux":
		return errNotLinux
	case onDebian && root:
		advice = "run `make deps`, which installs it"
	case onDebian:
		advice = "run `sudo apt-get install -y --no-install-recommends postgresql`"
	}
	return fmt.Errorf("%w: no `postgres` on PATH nor in %s/*/bin; %s", ErrMissing, debian, advice)
}
