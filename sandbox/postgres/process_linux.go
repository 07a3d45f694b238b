package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strconv"
	"syscall"
)

// process is a child that cannot outlive its owner.
type process struct {
	pid    int
	handle *os.Process
	exited chan error // receives the result of Wait once
}

// spawn starts cmd as another user (nil: the current one), to be ended by the kernel should this process end first.
//
// The parent-death signal is sent when the *thread* that started the child ends (prctl(2), PR_SET_PDEATHSIG), and Go
// ends threads as it likes, so the thread is held until the child has exited. The child gets a process group of its
// own, so that Ctrl-C in a terminal reaches only the owner, which stops its children in order.
func spawn(cmd *exec.Cmd, as *syscall.Credential) (*process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT, Setpgid: true, Credential: as}
	started := make(chan error)
	child := &process{exited: make(chan error, 1)}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		child.handle, child.pid = cmd.Process, cmd.Process.Pid
		started <- nil
		child.exited <- cmd.Wait()
	}()
	return child, <-started
}

// signal sends a signal; a child that has ended needs none.
func (p *process) signal(signal syscall.Signal) { _ = p.handle.Signal(signal) }

// unprivileged is the user the server runs as when the owner is root, because PostgreSQL refuses to run as root: its
// package's own user, else nobody. nil when the owner is not root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	var failed error
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		return credential(account)
	}
	return nil, fmt.Errorf("PostgreSQL does not run as root and there is no other user to run it as: %w", failed)
}

func credential(account *user.User) (*syscall.Credential, error) {
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, fmt.Errorf("user %s: %w", account.Username, err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil // no supplementary groups
}
