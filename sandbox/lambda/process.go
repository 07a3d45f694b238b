package lambda

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
)

// process is a child in a process group of its own that dies with the sandbox, however the sandbox ends.
type process struct {
	pid    int
	exited chan struct{} // closed after the child was reaped; state is readable then
	state  *os.ProcessState
}

// startProcess starts the command. The kernel sends Pdeathsig when the *thread* that forked ends, so that thread is
// kept for as long as the child lives.
func startProcess(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p := &process{exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err != nil {
			return
		}
		_ = cmd.Wait() // the state says how it ended
		p.state = cmd.ProcessState
		close(p.exited)
	}()
	return p, <-started
}

// kill ends the process group at once, as Lambda ends an execution environment that has no extensions, and waits.
func (p *process) kill() {
	select {
	case <-p.exited: // its id may belong to another process by now
	default:
		_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	}
	<-p.exited
}

// memory returns the resident memory of the process now and at its peak, in bytes; zero when it has ended.
func (p *process) memory() (now, peak int64) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		return 0, 0
	}
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		switch name, value, _ := bytes.Cut(lines.Bytes(), []byte{':'}); string(name) {
		case "VmRSS":
			now = kibibytes(value)
		case "VmHWM":
			peak = kibibytes(value)
		}
	}
	return now, peak
}

func kibibytes(value []byte) int64 {
	n, _ := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(value), []byte(" kB"))), 10, 64)
	return n << 10
}
