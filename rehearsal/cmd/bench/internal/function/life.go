package function

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// patience is how long a life may take.
const patience = time.Minute

// life is one process of a function, from its start to its end after some calls.
type life struct {
	firstPoll time.Duration
	calls     []time.Duration
	cpu       time.Duration
	peak      int64
}

func live(ctx context.Context, s Subject, calls int) (l life, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	api, err := serve()
	if err != nil {
		return l, err
	}
	defer api.close()
	var output bytes.Buffer
	cmd := exec.Command(s.Bootstrap)
	cmd.Dir, cmd.Env = filepath.Dir(s.Bootstrap), slices.Concat(
		s.Environment,
		[]string{"AWS_LAMBDA_RUNTIME_API=" + api.address},
	)
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return l, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // the state says how
		end(fmt.Errorf("the process has ended: %s", cmd.ProcessState))
	}()
	defer func() {
		_ = cmd.Process.Kill()
		<-ended
		l.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, output.Bytes())
		}
	}()
	if err := api.awaitPoll(ctx); err != nil {
		return l, err
	}
	l.firstPoll = time.Since(began)
	for range calls {
		event, err := s.Event(ctx)
		if err != nil {
			return l, err
		}
		began := time.Now()
		if err := api.call(ctx, event); err != nil {
			return l, err
		}
		l.calls = append(l.calls, time.Since(began))
	}
	l.peak, err = peakMemory(cmd.Process.Pid)
	return l, err
}

// peakMemory is the highest resident memory of a process. The kernel's rusage will not do: it begins with the parent's.
func peakMemory(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, after, found := bytes.Cut(status, []byte("VmHWM:"))
	kibibytes, _, _ := bytes.Cut(bytes.TrimSpace(after), []byte(" kB"))
	if !found {
		return 0, errors.New("the kernel does not tell the process's peak memory")
	}
	n, err := strconv.ParseInt(string(kibibytes), 10, 64)
	return n << 10, err
}
