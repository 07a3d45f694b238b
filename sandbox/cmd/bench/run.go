package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// patience is how long a function may take for anything.
const patience = time.Minute

// measurement is what a function costs: medians, and the peak of its resident memory in bytes.
type measurement struct {
	firstPoll, startCPU, call, callCPU time.Duration
	peak                               int64
}

func measure(ctx context.Context, s subject) (measurement, error) {
	var polls, cpu []time.Duration
	for range starts {
		l, err := live(ctx, s, 0)
		if err != nil {
			return measurement{}, err
		}
		polls, cpu = append(polls, l.firstPoll), append(cpu, l.cpu)
	}
	l, err := live(ctx, s, calls)
	if err != nil {
		return measurement{}, err
	}
	start := median(cpu)
	return measurement{
		firstPoll: median(polls), startCPU: start, call: median(l.calls), callCPU: max(0, l.cpu-start) / calls, peak: l.peak,
	}, nil
}

func median(d []time.Duration) time.Duration { return slices.Sorted(slices.Values(d))[len(d)/2] }

// life is one process of a function, from its start to its end after some calls.
type life struct {
	firstPoll time.Duration
	calls     []time.Duration
	cpu       time.Duration
	peak      int64
}

func live(ctx context.Context, s subject, calls int) (l life, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	api, err := serve()
	if err != nil {
		return l, err
	}
	defer api.close()
	var output bytes.Buffer
	cmd := exec.Command(s.bootstrap)
	cmd.Dir, cmd.Env = filepath.Dir(s.bootstrap), slices.Concat(s.environment, []string{"AWS_LAMBDA_RUNTIME_API=" + api.address})
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return l, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // says that it was killed
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
		began := time.Now()
		if err := api.call(ctx, s.event); err != nil {
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

// runtimeAPI is the Lambda Runtime API of one function ("Using the Lambda runtime API", Lambda Developer Guide).
type runtimeAPI struct {
	address string
	server  *http.Server
	polled  chan struct{}
	events  chan []byte
	replies chan error
}

func serve() (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &runtimeAPI{address: listener.Addr().String(), polled: make(chan struct{}, 1), events: make(chan []byte), replies: make(chan error, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", a.reply(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", a.reply(true))
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	go func() { _ = a.server.Serve(listener) }() // ends with close
	return a, nil
}

func (a *runtimeAPI) close() { _ = a.server.Close() }

func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	select {
	case a.polled <- struct{}{}:
	default: // nobody waits for a later poll
	}
	select {
	case event := <-a.events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "bench")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(patience).UnixMilli(), 10))
		_, _ = w.Write(event)
	case <-r.Context().Done():
	}
}

func (a *runtimeAPI) reply(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if failed {
			err = fmt.Errorf("the function failed: %s", body)
		}
		a.replies <- err
		w.WriteHeader(http.StatusAccepted)
	}
}

func (a *runtimeAPI) awaitPoll(ctx context.Context) error {
	select {
	case <-a.polled:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the function never asked for work: %w", ctx.Err())
	}
}

// call gives the function an event and waits for its answer.
func (a *runtimeAPI) call(ctx context.Context, event []byte) error {
	select {
	case a.events <- event:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-a.replies:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the function does not answer: %w", ctx.Err())
	}
}
