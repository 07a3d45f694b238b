//go:build !linux

package postgres

import (
	"os/exec"
	"syscall"
)

type process struct {
	pid    int
	exited chan error
}

func spawn(*exec.Cmd, *syscall.Credential) (*process, error) { return nil, errNotLinux }

func (*process) signal(syscall.Signal) {}

func unprivileged() (*syscall.Credential, error) { return nil, errNotLinux }
