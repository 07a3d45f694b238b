package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// statePrefix begins the names of state directories, in the system's temporary directory.
const statePrefix = "aurora-dsql-dr-sandbox-"

// lockName is the file in a state directory that its owner holds locked for as long as it lives.
const lockName = "lock"

// state is the private directory of one sandbox: everything it writes.
type state struct {
	dir  string
	lock *os.File
}

// newState makes a state directory, after it has removed those that killed sandboxes have left behind.
func newState() (*state, error) {
	if err := removeStale(os.TempDir()); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", statePrefix)
	if err != nil {
		return nil, err
	}
	// PostgreSQL may run as another user and must reach its own directory in here; it cannot list this one.
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // as the comment says
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	lock, err := lockDir(dir, os.O_CREATE)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &state{dir: dir, lock: lock}, nil
}

// path is a file in the directory.
func (s *state) path(name string) string { return filepath.Join(s.dir, name) }

// remove removes the directory and gives up its lock.
func (s *state) remove() error { return errors.Join(os.RemoveAll(s.dir), s.lock.Close()) }

// errLocked says that the owner of a state directory lives.
var errLocked = errors.New("in use")

// lockDir takes the lock of a state directory. The kernel releases it with the process, whatever ends that.
func lockDir(dir string, create int) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, lockName), create|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, errLocked
	}
	return lock, nil
}

// removeStale removes this user's state directories whose owner is gone.
func removeStale(parent string) error {
	dirs, err := filepath.Glob(filepath.Join(parent, statePrefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if !ownDirectory(dir) {
			continue
		}
		if err := removeDead(dir); err != nil {
			return fmt.Errorf("remove the state directory of a former sandbox: %w", err)
		}
	}
	return nil
}

// makingTime is more than a sandbox needs between making its directory and locking it.
const makingTime = time.Minute

// removeDead removes a state directory unless its owner lives.
func removeDead(dir string) error {
	lock, err := lockDir(dir, 0)
	if errors.Is(err, errLocked) {
		return nil
	}
	if errors.Is(err, os.ErrNotExist) { // just being made, or its owner was killed while it made it
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) >= makingTime {
			return os.RemoveAll(dir)
		}
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(dir), lock.Close())
}

// ownDirectory reports whether a path is a directory of this user, and not a link to one.
func ownDirectory(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return false
	}
	status, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(status.Uid) == os.Geteuid()
}

// Path is a file in the sandbox's private directory, which goes with it.
func (s *Sandbox) Path(name string) string { return s.state.path(name) }

// Running are the private directories of this user's sandboxes that are alive.
func Running() ([]string, error) {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), statePrefix+"*"))
	if err != nil {
		return nil, err
	}
	var alive []string
	for _, dir := range dirs {
		if !ownDirectory(dir) {
			continue
		}
		lock, err := lockDir(dir, 0)
		if errors.Is(err, errLocked) {
			alive = append(alive, dir)
		}
		if err == nil {
			_ = lock.Close() // nobody's: the next start removes it
		}
	}
	return alive, nil
}
